"""A version that is ready to answer."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError
from pydantic_core import to_json
from relevo_contract.card import Card
from relevo_contract.encoding import Encoder
from relevo_contract.registry import CARD_FILE, MODEL_FILE

from relevo_inference.registry.versions import LoadError, ModelVersion
from relevo_inference.serving.graph import Graph
from relevo_inference.serving.rows import RowContract


class LoadedModel:
    """A graph with its card: checks rows, encodes them, names the result."""

    def __init__(self, version: ModelVersion, card: Card, graph: Graph) -> None:
        self.version = version
        self.card = card
        self.contract = RowContract(card.inputs)
        self._graph = graph
        self._encoder = Encoder(card.inputs)
        self._labels = card.labels
        self._names = [card.target.display(label) for label in card.labels]

    @classmethod
    def open(cls, folder: Path, version: ModelVersion) -> "LoadedModel":
        """The version whose files lie in `folder`; `LoadError` when card and graph are not fit to serve."""
        try:
            card = Card.model_validate_json((folder / CARD_FILE).read_bytes())
        except OSError as error:
            raise LoadError(f"its card cannot be read: {error}") from error
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            where = ".".join(map(str, first["loc"])) or "as a whole"
            raise LoadError(f"its card is wrong ({where}): {first['msg']}") from error
        if card.problem != version.name:
            raise LoadError(f"its card is that of {card.problem!r}")
        if (card.task == "regression") == card.target.is_category:
            raise LoadError(f"its card says {card.task}, but its target is a {card.target.kind}")
        graph = Graph(folder / MODEL_FILE, inputs=len(card.inputs), classes=len(card.labels))
        return cls(version, card, graph)

    @cached_property
    def _identity(self) -> tuple[dict[str, Any], dict[str, Any]]:
        identity = {"name": self.version.name, "version": self.version.version, "run_id": self.run_id}
        return {**identity, "stale": False}, {**identity, "stale": True}

    @cached_property
    def _identity_json(self) -> tuple[bytes, bytes]:
        fresh, stale = self._identity
        return to_json(fresh), to_json(stale)

    @property
    def run_id(self) -> str:
        """The MLflow run that made the version; one that was registered without it has its card's."""
        return self.version.run_id or self.card.run_id

    @property
    def size(self) -> int:
        """Of its graph's file, in bytes."""
        return self._graph.size

    def identity(self, *, stale: bool) -> dict[str, Any]:
        """The `model` part of an answer. Shared between answers: do not change it."""
        return self._identity[stale]

    def identity_json(self, *, stale: bool) -> bytes:
        """The same as JSON."""
        return self._identity_json[stale]

    def predict_one(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """The answer for one checked row: label, name and probabilities, or a value."""
        return self._answers(np.array([self._encoder.row(row)], dtype=np.float64))[0]

    def predict_many(self, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """One answer per checked row, in order."""
        columns = {name: [row[name] for row in rows] for name in self.contract.columns}
        return self._answers(self._encoder.table(columns, len(rows)))

    def outputs(self, matrix: NDArray[np.float64]) -> NDArray[np.floating[Any]]:
        """What the graph makes of encoded rows, shape (rows, labels), or (rows, 1) of a regression."""
        output = self._run(matrix)
        return output if self._labels else output[:, None]

    def _run(self, matrix: NDArray[np.float64]) -> NDArray[np.floating[Any]]:
        output = self._graph.run(matrix)
        # Half of the time that `all` takes for one row.
        if np.count_nonzero(np.isfinite(output)) < output.size:
            raise ArithmeticError(f"version {self.version.version} of {self.version.name} gave no finite number")
        return output

    def _answers(self, matrix: NDArray[np.float64]) -> list[dict[str, Any]]:
        output = self._run(matrix)
        if not self._labels:
            return self._values(output)
        best = self.card.codes(output).tolist()
        return [
            {
                "label": self._labels[winner],
                "label_name": self._names[winner],
                "probabilities": dict(zip(self._labels, probabilities, strict=True)),
            }
            for winner, probabilities in zip(best, output.tolist(), strict=True)
        ]

    def _values(self, output: np.ndarray[Any, np.dtype[Any]]) -> list[dict[str, Any]]:
        if (conformal := self.card.conformal) is None:
            return [{"value": value, "interval": None} for value in output.tolist()]
        ends = zip(*(end.tolist() for end in conformal.around(output)), strict=True)
        return [
            {"value": value, "interval": {"low": low, "high": high, "coverage": conformal.coverage}}
            for value, (low, high) in zip(output.tolist(), ends, strict=True)
        ]
