"""One prediction as it is written down: a JSON object whose keys are the columns of `predictions`."""

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from pydantic_core import from_json, to_json
from relevo_contract.tables import predictions, utc_now

from relevo_inference.ids import uuid
from relevo_inference.serving.answer import Answer


class Answered(NamedTuple):
    """What the predictions of one request have in common. `duration_ms` is from the request to its result."""

    request_id: str
    problem: str
    version: str
    run_id: str
    stale: bool
    duration_ms: float


# Of a body that was refused this much is kept, as text: it may be anything.
_REFUSED_BYTES = 2000


@lru_cache(maxsize=64)
def _source(problem: str, version: str, run_id: str, stale: bool) -> bytes:
    """What hardly changes from one request to the next, as a part of the JSON object."""
    return to_json({"problem": problem, "version": version, "run_id": run_id, "stale": int(stale)})[1:-1]


def _common(answered: Answered, status: int, error: str | None) -> bytes:
    """The end of a line that the rows of a request share."""
    return b'"request_id":%b,%b,"status":%d,"error":%b,"duration_ms":%b,"predicted_at":"%b"}\n' % (
        to_json(answered.request_id),
        _source(answered.problem, answered.version, answered.run_id, answered.stale),
        status,
        to_json(error),
        to_json(answered.duration_ms),
        utc_now().isoformat().encode(),
    )


def _line(prediction_id: str, sent: bytes, output: bytes, probability: float | None, common: bytes) -> bytes:
    """One line from its parts; `sent` and `output` are JSON."""
    return b'{"prediction_id":"%b","input":%b,"output":%b,"probability":%b,%b' % (
        prediction_id.encode(),
        sent,
        output,
        to_json(probability),
        common,
    )


def encode(answered: Answered, rows: Iterable[Mapping[str, Any]], answers: Iterable[Answer]) -> bytes:
    """The lines for one request: one a row, each ended by LF."""
    common = _common(answered, 200, None)
    return b"".join(
        _line(answer.prediction_id, to_json(row), answer.output_json, answer.probability, common)
        for row, answer in zip(rows, answers, strict=True)
    )


def encode_refusal(answered: Answered, payload: Any, status: int, error: str) -> bytes:
    """The one line for a request that a version refused (4xx) or failed at (5xx)."""
    sent = to_json(payload)[:_REFUSED_BYTES].decode(errors="replace")
    return _line(uuid(), to_json(sent), b"null", None, _common(answered, status, error))


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A line that is no row of `predictions`, and why."""

    line: bytes
    reason: str


def decode(payload: bytes) -> tuple[list[dict[str, Any]], list[Unreadable]]:
    """The rows of `predictions` that `encode` wrote, and the lines that cannot be read.

    An entry of an earlier release may lack columns that have come since, where the table allows that.
    """
    columns = predictions.columns
    known = frozenset(columns.keys())
    needed = {c.name for c in columns if not c.nullable and c.default is None and c.server_default is None}
    rows, unreadable = [], []
    for line in payload.splitlines():
        try:
            rows.append(_row(line, needed, known))
        except ValueError as error:
            unreadable.append(Unreadable(line, str(error)))
    return rows, unreadable


def portions(payload: bytes, rows: int) -> Iterator[bytes]:
    """The same payload, so many lines at a time."""
    lines = payload.splitlines(keepends=True)
    for start in range(0, len(lines), rows):
        yield b"".join(lines[start : start + rows])


def _row(line: bytes, needed: Set[str], known: Set[str]) -> dict[str, Any]:
    entry = from_json(line)
    if not isinstance(entry, dict):
        raise ValueError("not a JSON object")
    if missing := needed - entry.keys():
        raise ValueError(f"without {', '.join(sorted(missing))}")
    if unknown := entry.keys() - known:
        raise ValueError(f"the table has no column {', '.join(sorted(unknown))}")
    if not isinstance(entry["predicted_at"], str):
        raise ValueError("predicted_at is no text")
    entry["predicted_at"] = datetime.fromisoformat(entry["predicted_at"])
    return entry
