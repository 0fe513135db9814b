"""The truth about predictions: kept in the outbox first, then in the table `feedback`, once for each prediction."""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic_core import from_json, to_json
from relevo_contract import database
from relevo_contract.tables import feedback, utc_now
from sqlalchemy import Connection, Engine, select

_BATCH = 500

Truth = str | float


@dataclass(frozen=True, slots=True)
class Feedback:
    """`correct` for a label, `absolute_error` for a value, `covered` for one with an interval (its two ends)."""

    prediction_id: str
    problem: str
    version: str
    predicted: Truth
    truth: Truth
    interval: tuple[float, float] | None = None

    @property
    def correct(self) -> bool | None:
        return self.predicted == self.truth if isinstance(self.predicted, str) else None

    @property
    def absolute_error(self) -> float | None:
        if isinstance(self.predicted, str) or isinstance(self.truth, str):
            return None
        return abs(self.predicted - self.truth)

    @property
    def covered(self) -> bool | None:
        if self.interval is None or isinstance(self.truth, str):
            return None
        low, high = self.interval
        return low <= self.truth <= high


def keep(outbox: sqlite3.Connection, given: Feedback) -> Truth:
    """Keeps it unless there is one about this prediction already; the truth that counts."""
    entry = {
        "prediction_id": given.prediction_id,
        "problem": given.problem,
        "version": given.version,
        "predicted": given.predicted,
        "truth": given.truth,
        "correct": _flag(given.correct),
        "absolute_error": given.absolute_error,
        "covered": _flag(given.covered),
        "given_at": utc_now().isoformat(),
    }
    values = (given.prediction_id, to_json(entry))
    outbox.execute("INSERT OR IGNORE INTO feedback (prediction_id, entry) VALUES (?, ?)", values)
    query = "SELECT entry FROM feedback WHERE prediction_id = ?"
    row = outbox.execute(query, (given.prediction_id,)).fetchone()
    # None: it was shipped in this very moment.
    truth: Truth = from_json(row[0])["truth"] if row is not None else given.truth
    return truth


def _flag(value: bool | None) -> int | None:
    return None if value is None else int(value)


def ship(outbox: sqlite3.Connection, engine: Engine) -> Iterator[list[dict[str, Any]]]:
    """Takes what waits to the database; yields the rows that are new there. The first truth that arrives stays."""
    statement = database.insert_or_ignore(feedback, engine.dialect)
    while waiting := outbox.execute("SELECT prediction_id, entry FROM feedback LIMIT ?", (_BATCH,)).fetchall():
        rows = [from_json(entry) for _, entry in waiting]
        for row in rows:
            row["given_at"] = datetime.fromisoformat(row["given_at"])
            row.setdefault("covered", None)  # entries of an earlier release do not say it
        with engine.begin() as connection:
            known = _known(connection, [row["prediction_id"] for row in rows])
            connection.execute(statement, rows)
        # Before they leave the outbox: if they stay there after all, they are known the next time.
        yield [row for row in rows if row["prediction_id"] not in known]
        done = [(prediction_id,) for prediction_id, _ in waiting]
        with outbox:
            outbox.execute("BEGIN IMMEDIATE")
            outbox.executemany("DELETE FROM feedback WHERE prediction_id = ?", done)


def _known(connection: Connection, prediction_ids: list[str]) -> set[str]:
    column = feedback.c.prediction_id
    return set(connection.scalars(select(column).where(column.in_(prediction_ids))))
