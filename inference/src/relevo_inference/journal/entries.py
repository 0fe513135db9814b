"""One prediction as it is written down: a line with three JSON texts, between them tabs.

They are an array of what is no JSON in the table `predictions`, what was sent, and the output. JSON that is written
here has neither tabs nor line feeds, so that input and output reach the database as they are.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from pydantic_core import from_json, to_json
from relevo_contract.tables import utc_now

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


class Entry(NamedTuple):
    """A row of `predictions`, its columns in their order, as drivers take them: JSON and time are text.

    Lines that wait name no columns: a new one comes last, and has a default.
    """

    prediction_id: str
    request_id: str
    problem: str
    version: str
    run_id: str
    input: str
    output: str
    probability: float | None
    status: int
    error: str | None
    stale: int
    duration_ms: float
    predicted_at: str

    @property
    def moment(self) -> datetime:
        """`predicted_at`, UTC."""
        return datetime.fromisoformat(self.predicted_at)


# So many columns are before input and output.
_BEFORE_JSON = Entry._fields.index("input")
# Columns that came after the first release, with what an entry without them says.
_CAME_LATER = {"probability": None, "status": 200, "error": None}
# Of a body that was refused this much is kept, as text: it may be anything.
_REFUSED_BYTES = 2000


def _line(
    answered: Answered,
    prediction_id: str,
    sent: bytes,
    output: bytes,
    *,
    probability: float | None,
    status: int,
    error: str | None,
    predicted_at: str,
) -> bytes:
    request_id, problem, version, run_id, stale, duration_ms = answered
    before = (prediction_id, request_id, problem, version, run_id)
    after = (probability, status, error, int(stale), duration_ms, predicted_at)
    return b"%b\t%b\t%b\n" % (to_json(before + after), sent, output)


def encode(answered: Answered, rows: Iterable[Mapping[str, Any]], answers: Iterable[Answer]) -> bytes:
    """The lines for one request: one a row, each ended by LF."""
    now = _now()
    return b"".join(
        _line(
            answered,
            answer.prediction_id,
            to_json(row),
            answer.output_json,
            probability=answer.probability,
            status=200,
            error=None,
            predicted_at=now,
        )
        for row, answer in zip(rows, answers, strict=True)
    )


def encode_refusal(answered: Answered, payload: Any, status: int, error: str) -> bytes:
    """The one line for a request that a version refused (4xx) or failed at (5xx)."""
    sent = to_json(to_json(payload)[:_REFUSED_BYTES].decode(errors="replace"))
    return _line(answered, uuid(), sent, b"null", probability=None, status=status, error=error, predicted_at=_now())


def _now() -> str:
    return _text(utc_now())


def _text(moment: datetime) -> str:
    """As SQLAlchemy writes it into SQLite, where times are compared as text."""
    return moment.isoformat(" ", "microseconds")


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A line that is no row of `predictions`, and why."""

    line: bytes
    reason: str


def decode(lines: Iterable[bytes]) -> tuple[list[Entry], list[Unreadable]]:
    """The rows of `predictions` that `encode` wrote, and the lines that cannot be read."""
    entries, unreadable = [], []
    for line in lines:
        try:
            entry = _of_an_object(line) if line.startswith(b"{") else _entry(line)
            datetime.fromisoformat(entry.predicted_at)
            entries.append(entry)
        except ValueError as error:
            unreadable.append(Unreadable(line, str(error)))
        except (LookupError, TypeError) as error:
            unreadable.append(Unreadable(line, f"its columns are not those of `predictions`: {error}"))
    return entries, unreadable


def portions(payloads: Iterable[bytes], rows: int) -> Iterator[list[bytes]]:
    """Their lines, so many at a time."""
    lines = [line for payload in payloads for line in payload.splitlines()]
    for start in range(0, len(lines), rows):
        yield lines[start : start + rows]


def _entry(line: bytes) -> Entry:
    parts = line.split(b"\t")
    if len(parts) != 3:
        raise ValueError(f"a line has three parts with tabs between them, not {len(parts)}")
    columns, sent, output = parts
    # A single text that is no JSON would keep MySQL from taking its whole batch, at every turn.
    for text in (sent, output):
        from_json(text, allow_inf_nan=False)
    values = from_json(columns)
    row = [*values[:_BEFORE_JSON], sent.decode(), output.decode(), *values[_BEFORE_JSON:]]
    return Entry(*row)


def _of_an_object(line: bytes) -> Entry:
    """An entry of an earlier release: an object with the columns there were."""
    columns = _CAME_LATER | from_json(line)
    for name in ("input", "output"):
        if name in columns:
            columns[name] = to_json(columns[name]).decode()
    entry = Entry(**columns)
    return entry._replace(predicted_at=_text(entry.moment))
