"""What comes after an estimator, in training and as the last nodes of its graph: two forms of one formula each.

Both compute in float64, so that what is served is what was trained.
"""

from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper
from onnx.numpy_helper import from_array
from scipy.optimize import minimize
from scipy.special import expit

Floats = NDArray[np.float64]

# A value farther out is not believed, and an exponential of it may be no number.
_FARTHEST = 10.0
# Probabilities nearer to 0 and 1 have no logarithm that float32 would leave alone.
_LEAST = 1e-6


class Ending(Protocol):
    """From what an estimator gives to the answer."""

    def finish(self, given: NDArray[np.floating]) -> Floats: ...

    def append(self, graph: onnx.ModelProto) -> None:
        """The same as nodes behind the graph's last output, which they replace."""
        ...


@dataclass(frozen=True)
class TargetScale:
    """A regression learns its target moved and stretched to mean 0 and deviation 1, on a log scale if `log`.

    Trees add up many small float32 numbers: around 0 their sum keeps its digits, around log(300,000) it does not.
    """

    mean: float
    deviation: float
    log: bool

    @classmethod
    def of(cls, values: Floats, *, log: bool) -> Self:
        """The scale of the training rows' target."""
        scaled = np.log(values) if log else values
        return cls(float(scaled.mean()), float(scaled.std()) or 1.0, log)

    def standardised(self, values: Floats) -> Floats:
        """What an estimator learns."""
        return ((np.log(values) if self.log else values) - self.mean) / self.deviation

    def finish(self, given: NDArray[np.floating]) -> Floats:
        """Values in the target's unit, shape (rows,)."""
        near = np.clip(given.reshape(len(given)).astype(np.float64), -_FARTHEST, _FARTHEST)
        scaled = near * self.deviation + self.mean
        return np.exp(scaled) if self.log else scaled

    def append(self, graph: onnx.ModelProto) -> None:
        more = _Nodes(graph)
        near = more.add("Clip", more.exact(more.last()), more.constant(-_FARTHEST), more.constant(_FARTHEST))
        scaled = more.add("Add", more.add("Mul", near, more.constant(self.deviation)), more.constant(self.mean))
        more.answer(more.add("Exp", scaled) if self.log else scaled, "value", 1)


@dataclass(frozen=True)
class Calibration:
    """Probabilities of the second of two classes made to mean what they say: 1 / (1 + exp(−z)).

    z = a·ln p − b·ln(1 − p) + c with a, b ≥ 0: beta calibration (Kull, Silva Filho & Flach, AISTATS 2017). It keeps
    the order of the rows, undoes weights of the classes (c), and contains doing nothing (a = b = 1, c = 0).
    """

    a: float = 1.0
    b: float = 1.0
    c: float = 0.0

    @classmethod
    def of(cls, probabilities: NDArray[np.floating], positive: NDArray[np.bool_]) -> Self:
        """The likeliest one for rows the estimator has not learnt from; nothing to do if they are of one class."""
        if positive.all() or not positive.any():
            return cls()
        first, second = _logarithms(probabilities)

        def loss(given: Floats) -> tuple[float, Floats]:
            a, b, c = given
            z = a * first - b * second + c
            # −ln of the probability of what happened, without overflow.
            error = expit(z) - positive
            gradient = np.array([(error * first).mean(), -(error * second).mean(), error.mean()])
            return float(np.where(positive, np.logaddexp(0, -z), np.logaddexp(0, z)).mean()), gradient

        bounds = [(0, None), (0, None), (None, None)]
        a, b, c = minimize(loss, np.array([1.0, 1.0, 0.0]), jac=True, method="L-BFGS-B", bounds=bounds).x.tolist()
        # An estimator that ranks backwards has nothing to calibrate.
        return cls(a, b, c) if a + b > 0 else cls()

    def finish(self, given: NDArray[np.floating]) -> Floats:
        """Probabilities of both classes, shape (rows, 2)."""
        first, second = _logarithms(given)
        positive = expit(self.a * first - self.b * second + self.c)
        return np.column_stack([1 - positive, positive])

    def append(self, graph: onnx.ModelProto) -> None:
        more = _Nodes(graph)
        both = more.exact(more.last())
        likely = more.add("Gather", both, more.whole([1]), axis=1)
        near = more.add("Clip", likely, more.constant(_LEAST), more.constant(1 - _LEAST))
        one = more.constant(1.0)
        first = more.add("Mul", more.add("Log", near), more.constant(self.a))
        second = more.add("Mul", more.add("Log", more.add("Sub", one, near)), more.constant(self.b))
        positive = more.add("Sigmoid", more.add("Add", more.add("Sub", first, second), more.constant(self.c)))
        more.answer(more.add("Concat", more.add("Sub", one, positive), positive, axis=1), "probabilities", 2)


def _logarithms(probabilities: NDArray[np.floating]) -> tuple[Floats, Floats]:
    """ln p and ln(1 − p) of the second class."""
    near = np.clip(probabilities[:, 1].astype(np.float64), _LEAST, 1 - _LEAST)
    return np.log(near), np.log(1 - near)


class _Nodes:
    """Nodes behind the last output of a graph."""

    def __init__(self, model: onnx.ModelProto) -> None:
        self._graph = model.graph
        self._count = 0

    def last(self) -> str:
        return str(self._graph.output[-1].name)

    def add(self, operator: str, *inputs: str, **attributes: int) -> str:
        """A node; the name of its output."""
        self._count += 1
        name = f"ending_{self._count}"
        self._graph.node.append(helper.make_node(operator, list(inputs), [name], name=name, **attributes))
        return name

    def exact(self, name: str) -> str:
        return self.add("Cast", name, to=TensorProto.DOUBLE)

    def constant(self, value: float) -> str:
        return self._initializer(np.array(value, dtype=np.float64))

    def whole(self, values: list[int]) -> str:
        return self._initializer(np.array(values, dtype=np.int64))

    def _initializer(self, value: NDArray[np.float64] | NDArray[np.int64]) -> str:
        self._count += 1
        name = f"ending_{self._count}"
        self._graph.initializer.append(from_array(value, name))
        return name

    def answer(self, name: str, called: str, width: int) -> None:
        """The graph's one output from now on: a label from before the ending might contradict it."""
        rows = self._graph.output[-1].type.tensor_type.shape.dim[0].dim_param or None
        if any(called in node.output for node in self._graph.node):
            called = f"final_{called}"
        self._graph.node.append(helper.make_node("Identity", [name], [called], name=f"ending_{called}"))
        del self._graph.output[:]
        self._graph.output.append(helper.make_tensor_value_info(called, TensorProto.DOUBLE, [rows, width]))
