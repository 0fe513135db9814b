"""The served form of a trained model: an ONNX graph from encoded rows to probabilities."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnxmltools.convert.xgboost.operator_converters.XGBoost import convert_xgboost
from relevo_contract.registry import GRAPH_INPUT
from skl2onnx import to_onnx, update_registered_converter
from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType
from skl2onnx.common.shape_calculator import (
    calculate_linear_classifier_output_shapes,
    calculate_linear_regressor_output_shapes,
)
from sklearn.base import is_classifier
from xgboost import XGBClassifier, XGBRegressor

from relevo_pipeline.served_model import answered
from relevo_pipeline.training.fitting import Fitted

# The newest operator set that skl2onnx, onnxmltools and the installed ONNX Runtime all speak.
_OPSETS = {"": 21, "ai.onnx.ml": 3}

update_registered_converter(
    XGBClassifier,
    "XGBoostXGBClassifier",
    calculate_linear_classifier_output_shapes,
    convert_xgboost,
    options={"nocl": [True, False], "zipmap": [True, False, "columns"]},
)
update_registered_converter(
    XGBRegressor, "XGBoostXGBRegressor", calculate_linear_regressor_output_shapes, convert_xgboost
)


# The rounding of a sum of float32 votes.
_TIE = 1e-6


@dataclass(frozen=True)
class Parity:
    """How far the served form is from the trained one on the same rows.

    `different_labels` does not count ties: rows on which the trained model holds both labels equally likely,
    as a forest with few votes does, and rounding picks one.
    `max_difference` is of probabilities, and of values as a share of the value.
    """

    rows: int
    different_labels: int
    max_difference: float


def to_graph(fitted: Fitted, inputs: int) -> onnx.ModelProto:
    """The ONNX graph of a fitted model: `features` (rows, inputs) to probabilities (rows, classes) or values."""
    tensor = DoubleTensorType if fitted.precision is np.float64 else FloatTensorType
    last = _last(fitted.estimator)
    graph: onnx.ModelProto = to_onnx(
        fitted.estimator,
        initial_types=[(GRAPH_INPUT, tensor([None, inputs]))],
        target_opset=_OPSETS,
        options={id(last): {"zipmap": False}} if is_classifier(last) else None,
    )
    if fitted.ending is not None:
        fitted.ending.append(graph)
    return graph


def _last(estimator: Any) -> Any:
    return estimator.steps[-1][1] if hasattr(estimator, "steps") else estimator


def parity(fitted: Fitted, graph: onnx.ModelProto, features: NDArray[np.float64]) -> Parity:
    """Compare the graph with the estimator it was made from, on every given row."""
    trained = fitted.answers_to(features)
    session = onnxruntime.InferenceSession(graph.SerializeToString(), providers=["CPUExecutionProvider"])
    served = answered(session, features.astype(fitted.precision))
    return compare(trained, served)


def compare(trained: NDArray[np.floating], served: NDArray[np.floating]) -> Parity:
    """How far two models' answers to the same rows are apart: probabilities (rows, classes), or values (rows,)."""
    if trained.ndim == 1:
        apart = np.abs(trained - served) / np.maximum(np.abs(trained), np.finfo(np.float32).tiny)
        return Parity(len(trained), 0, float(apart.max(initial=0.0)))
    of_served_label = np.take_along_axis(trained, served.argmax(axis=1)[:, None], axis=1)[:, 0]
    return Parity(
        rows=len(trained),
        different_labels=int((trained.max(axis=1) - of_served_label > _TIE).sum()),
        max_difference=float(np.abs(trained - served).max(initial=0.0)),
    )
