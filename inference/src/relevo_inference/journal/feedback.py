"""The truth about predictions: kept in the outbox first, then in the table `feedback`, once for each prediction."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from pydantic_core import from_json, to_json
from relevo_contract import database
from relevo_contract.tables import feedback, utc_now
from sqlalchemy import Engine, func, select

_BATCH = 500

Truth = str | float


@dataclass(frozen=True, slots=True)
class Feedback:
    """`correct` for a label, `absolute_error` for a value."""

    prediction_id: str
    problem: str
    version: str
    predicted: Truth
    truth: Truth

    @property
    def correct(self) -> bool | None:
        return self.predicted == self.truth if isinstance(self.predicted, str) else None

    @property
    def absolute_error(self) -> float | None:
        if isinstance(self.predicted, str) or isinstance(self.truth, str):
            return None
        return abs(self.predicted - self.truth)


def keep(outbox: sqlite3.Connection, given: Feedback) -> Truth:
    """Keeps it unless there is one about this prediction already; the truth that counts."""
    entry = {name: getattr(given, name) for name in Feedback.__slots__}
    entry |= {"absolute_error": given.absolute_error, "given_at": utc_now().isoformat()}
    entry["correct"] = None if given.correct is None else int(given.correct)
    values = (given.prediction_id, to_json(entry))
    outbox.execute("INSERT OR IGNORE INTO feedback (prediction_id, entry) VALUES (?, ?)", values)
    query = "SELECT entry FROM feedback WHERE prediction_id = ?"
    row = outbox.execute(query, (given.prediction_id,)).fetchone()
    # None: it was shipped in this very moment.
    truth: Truth = from_json(row[0])["truth"] if row is not None else given.truth
    return truth


def ship(outbox: sqlite3.Connection, engine: Engine) -> int:
    """Takes what waits to the database; how many there were. The first truth that arrives there stays."""
    statement = database.insert_or_ignore(feedback, engine.dialect)
    shipped = 0
    while waiting := outbox.execute("SELECT prediction_id, entry FROM feedback LIMIT ?", (_BATCH,)).fetchall():
        rows = [from_json(entry) for _, entry in waiting]
        for row in rows:
            row["given_at"] = datetime.fromisoformat(row["given_at"])
        with engine.begin() as connection:
            connection.execute(statement, rows)
        done = [(prediction_id,) for prediction_id, _ in waiting]
        with outbox:
            outbox.execute("BEGIN IMMEDIATE")
            outbox.executemany("DELETE FROM feedback WHERE prediction_id = ?", done)
        shipped += len(waiting)
    return shipped


@dataclass(frozen=True, slots=True)
class Score:
    """What has been labelled of one version: how much, the share of right labels, the mean absolute error."""

    problem: str
    version: str
    count: int
    accuracy: float | None
    absolute_error: float | None


def scores(engine: Engine, versions: int) -> list[Score]:
    """The `versions` newest versions of each problem that anything is known about."""
    columns = feedback.c
    query = select(
        columns.problem,
        columns.version,
        func.count(),
        func.avg(columns.correct),
        func.avg(columns.absolute_error),
    ).group_by(columns.problem, columns.version)
    with engine.connect() as connection:
        rows = connection.execute(query).all()
    found = [Score(p, v, n, _float(right), _float(error)) for p, v, n, right, error in rows]
    found.sort(key=lambda score: int(score.version), reverse=True)
    newest: dict[str, list[Score]] = {}
    for score in found:
        newest.setdefault(score.problem, []).append(score)
    return [score for of_problem in newest.values() for score in of_problem[:versions]]


def _float(value: object) -> float | None:
    return None if value is None else float(str(value))
