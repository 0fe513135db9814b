"""An ONNX graph: from a matrix of encoded rows to probabilities or values."""

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from relevo_contract.registry import GRAPH_INPUT

from relevo_inference.registry.versions import LoadError

_FLOATS = {"tensor(float)": np.float32, "tensor(double)": np.float64}


class Graph:
    """One session. `classes` is the number of labels, 0 for a regression.

    Raises `LoadError` when the graph does not fit.
    """

    def __init__(self, path: Path, *, inputs: int, classes: int) -> None:
        options = ort.SessionOptions()
        # Requests are the parallelism; a pool of threads per model would only fight over the cores.
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            self._session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # ONNX Runtime's exceptions have no base class of their own
            raise LoadError(f"its graph cannot be opened: {str(error)[:200]}") from error
        self.size = path.stat().st_size
        self._dtype = self._input_type(inputs)
        self._classes = classes
        self._output = self._find_output()
        self._try(inputs)

    def _input_type(self, inputs: int) -> type[Any]:
        found = self._session.get_inputs()
        if [node.name for node in found] != [GRAPH_INPUT] or found[0].type not in _FLOATS:
            shown = ", ".join(f"{node.name}: {node.type}" for node in found)
            raise LoadError(f"its graph must have one float input called {GRAPH_INPUT!r}, it has {shown}")
        width = found[0].shape[-1]
        if isinstance(width, int) and width != inputs:
            raise LoadError(f"its graph reads {width} inputs, its card names {inputs}")
        return _FLOATS[found[0].type]

    def _find_output(self) -> str:
        floats = [node for node in self._session.get_outputs() if node.type in _FLOATS]
        if self._classes:
            floats = [node for node in floats if len(node.shape) == 2]
        if len(floats) != 1:
            wanted = "table of probabilities (zipmap off)" if self._classes else "float output"
            raise LoadError(f"its graph must have exactly one {wanted}, it has {len(floats)}")
        name: str = floats[0].name
        return name

    def _try(self, inputs: int) -> None:
        """A row of zeros must come back in the right shape: the graph may not say its shapes."""
        try:
            shape = self.run(np.zeros((1, inputs))).shape
        except Exception as error:
            raise LoadError(f"its graph does not run: {str(error)[:200]}") from error
        wanted = (1, self._classes) if self._classes else (1,)
        if shape != wanted:
            raise LoadError(f"its graph answers one row in the shape {shape}, its card wants {wanted}")

    def run(self, matrix: NDArray[np.float64]) -> NDArray[np.floating[Any]]:
        """Probabilities (rows, classes) in the order of the card's labels, or values (rows,) of a regression."""
        result: NDArray[np.floating[Any]] = self._session.run(
            [self._output], {GRAPH_INPUT: matrix.astype(self._dtype, copy=False)}
        )[0]
        return result if self._classes else result.reshape(len(result), -1)[:, 0] if result.ndim > 1 else result
