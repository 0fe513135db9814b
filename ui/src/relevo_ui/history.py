"""The story of every batch, read from the tables `runs` and `promotions`. This module only ever reads."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from relevo_contract.tables import promotions, runs
from sqlalchemy import ColumnElement, Connection, Select, Table, inspect, or_, select
from sqlalchemy.exc import SQLAlchemyError

from relevo_ui.database import cause, connect_read_only

LIMIT = 200
# As many runs as a page shows at once; filters reach the older ones.
MOST_SHOWN = 60

Found = TypeVar("Found")


class HistoryUnavailableError(Exception):
    """The database does not answer; the message is the driver's, without the address and its password."""


@dataclass(frozen=True)
class Filter:
    """Which runs to show; what is empty asks for nothing. `text` is looked for in every sentence and name."""

    state: str = ""
    decision: str = ""
    verdict: str = ""
    text: str = ""

    def applied(self, query: Select[Any]) -> Select[Any]:
        for column, wanted in ((runs.c.state, self.state), (runs.c.verdict, self.verdict)):
            query = query.where(column == wanted) if wanted else query
        if self.decision:
            query = query.where(runs.c.decision == self.decision)
        return query.where(self._anywhere()) if self.text.strip() else query

    def _anywhere(self) -> ColumnElement[bool]:
        columns = (
            runs.c.batch,
            runs.c.dag_run_id,
            runs.c.decision_reason,
            runs.c.verdict_reason,
            runs.c.error,
            runs.c.failed_task,
            runs.c.challenger_version,
            runs.c.challenger_algorithm,
        )
        return or_(*(column.icontains(self.text.strip(), autoescape=True) for column in columns))


EVERYTHING = Filter()


class History:
    """Reads the audit rows from the database at `url` (SQLAlchemy's form)."""

    def __init__(self, url: str) -> None:
        self._engine = connect_read_only(url)

    def runs(self, problem: str = "", limit: int = LIMIT, only: Filter = EVERYTHING) -> list[dict[str, Any]]:
        """The latest runs of a problem (of every problem if none is named), newest first.

        A database that has no table yet has no runs: the pipeline creates it with its first.
        """
        query = only.applied(select(runs)).order_by(runs.c.started_at.desc(), runs.c.id.desc()).limit(limit)
        if problem:
            query = query.where(runs.c.problem == problem)
        return self._read(lambda connection: [row._asdict() for row in connection.execute(query)]) or []

    def run(self, problem: str, dag_run_id: str) -> dict[str, Any] | None:
        """The audit row of a run; None while there is none."""
        query = select(runs).where(runs.c.problem == problem, runs.c.dag_run_id == dag_run_id)

        def one(connection: Connection) -> dict[str, Any] | None:
            row = connection.execute(query).one_or_none()
            return row._asdict() if row else None

        return self._read(one)

    def _read(self, read: Callable[[Connection], Found]) -> Found | None:
        try:
            with self._engine.connect() as connection:
                return read(connection) if _is_there(connection, runs) else None
        except SQLAlchemyError as error:
            raise HistoryUnavailableError(cause(error)) from error


class Promotions:
    """Reads what was in production when, and who moved it, from the database at `url`."""

    def __init__(self, url: str) -> None:
        self._engine = connect_read_only(url)

    def latest(self, problem: str, limit: int = LIMIT) -> list[dict[str, Any]]:
        """The latest promotions of a problem, newest first."""
        query = select(promotions).where(promotions.c.problem == problem).order_by(promotions.c.id.desc())
        try:
            with self._engine.connect() as connection:
                if not _is_there(connection, promotions):
                    return []
                return [row._asdict() for row in connection.execute(query.limit(limit))]
        except SQLAlchemyError as error:
            raise HistoryUnavailableError(cause(error)) from error


def _is_there(connection: Connection, table: Table) -> bool:
    return bool(inspect(connection).has_table(table.name))
