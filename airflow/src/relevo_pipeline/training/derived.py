"""Derived columns as the first step of a model: one matrix product, in training and in the served graph alike."""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from onnx.numpy_helper import from_array
from relevo_contract.columns import Column
from relevo_problems.problem import Derived
from skl2onnx import update_registered_converter
from skl2onnx.common.data_types import FloatTensorType
from sklearn.base import BaseEstimator, TransformerMixin


class Derive(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Appends derived columns: `features @ weights`, with `weights` of shape (inputs, outputs).

    Its first columns are the identity. Exact in float32, since all terms are whole numbers (below 2^24).
    """

    def __init__(self, weights: NDArray[np.float32]) -> None:
        self.weights = weights

    @classmethod
    def of(cls, inputs: Sequence[Column], derived: Sequence[Derived]) -> Self:
        """All inputs in their order, then the derived columns in theirs."""
        sums = [[one.terms.get(column.name, 0) for one in derived] for column in inputs]
        rows = np.array(sums, dtype=np.float32).reshape(len(inputs), len(derived))
        return cls(np.hstack([np.eye(len(inputs), dtype=np.float32), rows]))

    def fit(self, *_: Any) -> Self:
        """Nothing to learn."""
        return self

    def transform(self, features: NDArray[np.floating]) -> NDArray[np.float32]:
        """Features of shape (rows, inputs) to (rows, outputs)."""
        return features.astype(np.float32, copy=False) @ self.weights

    def __sklearn_is_fitted__(self) -> bool:
        return True


def _shape(operator: Any) -> None:
    rows = operator.inputs[0].get_first_dimension()
    operator.outputs[0].type = FloatTensorType([rows, operator.raw_operator.weights.shape[1]])


def _convert(scope: Any, operator: Any, container: Any) -> None:
    weights = from_array(operator.raw_operator.weights, scope.get_unique_variable_name("weights"))
    container.initializers.append(weights)
    container.add_node(
        "MatMul",
        [operator.inputs[0].full_name, weights.name],
        [operator.outputs[0].full_name],
        name=scope.get_unique_operator_name("Derive"),
    )


update_registered_converter(Derive, "RelevoDerive", _shape, _convert)
