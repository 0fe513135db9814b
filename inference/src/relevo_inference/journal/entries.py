"""One prediction as it is written down: a JSON object whose keys are the columns of `predictions`."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic_core import from_json, to_json
from relevo_contract.tables import predictions, utc_now

_COLUMNS = frozenset(predictions.columns.keys())


@dataclass(frozen=True, slots=True)
class Answered:
    """What the predictions of one request have in common. `duration_ms` is from the request to its result."""

    request_id: str
    problem: str
    version: str
    run_id: str
    stale: bool
    duration_ms: float


def encode(answered: Answered, rows: Iterable[Mapping[str, Any]], answers: Iterable[Mapping[str, Any]]) -> bytes:
    """The lines for one request: one a row, each ended by LF. `answers` carry their `prediction_id`."""
    common = {
        "request_id": answered.request_id,
        "problem": answered.problem,
        "version": answered.version,
        "run_id": answered.run_id,
        "stale": int(answered.stale),
        "duration_ms": answered.duration_ms,
        "predicted_at": utc_now().isoformat(),
    }
    lines = []
    for row, answer in zip(rows, answers, strict=True):
        output = {key: value for key, value in answer.items() if key != "prediction_id"}
        entry = {"prediction_id": answer["prediction_id"], **common, "input": row, "output": output}
        lines.append(to_json(entry) + b"\n")
    return b"".join(lines)


def decode(payload: bytes) -> list[dict[str, Any]]:
    """The rows of `predictions` that `encode` wrote."""
    entries = [from_json(line) for line in payload.splitlines()]
    for entry in entries:
        if entry.keys() != _COLUMNS:
            raise ValueError(f"a journal entry has the keys {sorted(entry)}")
        entry["predicted_at"] = datetime.fromisoformat(entry["predicted_at"])
    return entries
