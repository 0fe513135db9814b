"""Means of the target by an input's value: a table that is looked up, in training and in the served graph alike."""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto
from onnx.numpy_helper import from_array
from relevo_contract.columns import Column
from relevo_problems.problem import Statistic
from skl2onnx import update_registered_converter
from skl2onnx.common.data_types import FloatTensorType
from sklearn.base import BaseEstimator, TransformerMixin

Floats = NDArray[np.float64]
Features = NDArray[np.float32]

_FOLDS = 5


class LookUp(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Appends a column for each table: its entry for the row's value of the input at `places`, from `firsts` on.

    A value beyond the ends of a table gets the entry at that end.
    """

    def __init__(self, places: Sequence[int], firsts: Sequence[int], tables: Sequence[Features]) -> None:
        self.places = places
        self.firsts = firsts
        self.tables = tables

    @classmethod
    def of(
        cls,
        inputs: Sequence[Column],
        statistics: Sequence[Statistic],
        features: NDArray[np.floating],
        learnt: Floats,
    ) -> Self:
        """The tables that rows of shape (rows, inputs) give."""
        names = [column.name for column in inputs]
        places = [names.index(statistic.column) for statistic in statistics]
        tables = [
            _means(statistic, inputs[place], features[:, place].astype(np.int64), learnt)
            for statistic, place in zip(statistics, places, strict=True)
        ]
        return cls(places, [int(inputs[place].minimum or 0) for place in places], tables)

    def fit(self, *_: Any) -> Self:
        """Nothing more to learn."""
        return self

    def transform(self, features: NDArray[np.floating]) -> Features:
        """Features of shape (rows, columns) to (rows, columns and tables)."""
        found = [
            table[np.clip(features[:, place].astype(np.int64) - first, 0, len(table) - 1)]
            for place, first, table in zip(self.places, self.firsts, self.tables, strict=True)
        ]
        return np.column_stack([features, *found]).astype(np.float32, copy=False)

    def __sklearn_is_fitted__(self) -> bool:
        return True


def looked_up(
    inputs: Sequence[Column], statistics: Sequence[Statistic], features: NDArray[np.floating], learnt: Floats
) -> tuple[LookUp, Features]:
    """The tables of all training rows, and the training rows with what the *other* rows say of them.

    A row that helped to make its own entry would teach the trees to trust it more than a new row can. So a fifth of
    the rows is looked up in tables of the other four. Rows are in the order of their keys: every fifth is a random
    sample, and always the same.
    """
    folds = np.arange(len(features)) % _FOLDS
    extended = np.empty((len(features), features.shape[1] + len(statistics)), dtype=np.float32)
    for fold in range(_FOLDS):
        here = folds == fold
        others = LookUp.of(inputs, statistics, features[~here], learnt[~here])
        extended[here] = others.transform(features[here])
    return LookUp.of(inputs, statistics, features, learnt), extended


def _means(statistic: Statistic, column: Column, values: NDArray[np.int64], learnt: Floats) -> Features:
    """The entry of every value that the column may have."""
    first, last = int(column.minimum or 0), int(column.maximum or 0)
    every, coarsest = np.arange(first, last + 1), first // statistic.coarser
    overall = np.full(last // statistic.coarser - coarsest + 1, learnt.mean() if len(learnt) else 0.0)
    coarse = _drawn(values // statistic.coarser - coarsest, learnt, overall, statistic.weight)
    around = coarse[every // statistic.coarser - coarsest]
    return _drawn(values - first, learnt, around, statistic.weight).astype(np.float32)


def _drawn(values: NDArray[np.int64], learnt: Floats, to: Floats, weight: float) -> Floats:
    """The mean of each value's rows, with `weight` rows more that have what it is drawn to."""
    sums = np.bincount(values, weights=learnt, minlength=len(to))
    counts = np.bincount(values, minlength=len(to))
    drawn: Floats = (sums + weight * to) / (counts + weight)
    return drawn


def _shape(operator: Any) -> None:
    rows = operator.inputs[0].get_first_dimension()
    columns = operator.inputs[0].type.shape[1] + len(operator.raw_operator.tables)
    operator.outputs[0].type = FloatTensorType([rows, columns])


def _convert(scope: Any, operator: Any, container: Any) -> None:
    def constant(value: Any) -> str:
        initializer = from_array(np.asarray(value), scope.get_unique_variable_name("constant"))
        container.initializers.append(initializer)
        return str(initializer.name)

    def node(kind: str, *inputs: str, output: str = "", **attributes: Any) -> str:
        made = output or str(scope.get_unique_variable_name(kind))
        container.add_node(kind, list(inputs), [made], name=scope.get_unique_operator_name(kind), **attributes)
        return made

    step, features = operator.raw_operator, operator.inputs[0].full_name
    found = []
    for place, first, table in zip(step.places, step.firsts, step.tables, strict=True):
        value = node("Cast", node("Gather", features, constant([place]), axis=1), to=TensorProto.INT64)
        position = node("Clip", node("Sub", value, constant(first)), constant(0), constant(len(table) - 1))
        found.append(node("Gather", constant(table), position, axis=0))
    node("Concat", features, *found, output=operator.outputs[0].full_name, axis=1)


update_registered_converter(LookUp, "RelevoLookUp", _shape, _convert)
