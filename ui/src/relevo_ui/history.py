"""The story of every batch, read from the table `runs`. This module only ever reads."""

from typing import Any
from urllib.parse import quote

from relevo_contract.database import connect
from relevo_contract.tables import runs
from sqlalchemy import Engine, create_engine, inspect, make_url, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

LIMIT = 200


class HistoryUnavailableError(Exception):
    """The database does not answer; the message is the driver's, without the address and its password."""


class History:
    """Reads the audit rows from the database at `url` (SQLAlchemy's form)."""

    def __init__(self, url: str) -> None:
        self._engine = connect_read_only(url)

    def runs(self, problem: str = "", limit: int = LIMIT) -> list[dict[str, Any]]:
        """The latest runs of a problem (of every problem if none is named), newest first.

        A database that has no table yet has no runs: the pipeline creates it with its first.
        """
        query = select(runs).order_by(runs.c.started_at.desc(), runs.c.id.desc()).limit(limit)
        if problem:
            query = query.where(runs.c.problem == problem)
        try:
            with self._engine.connect() as connection:
                if not inspect(connection).has_table(runs.name):
                    return []
                return [row._asdict() for row in connection.execute(query)]
        except SQLAlchemyError as error:
            raise HistoryUnavailableError(_cause(error)) from error


def connect_read_only(url: str) -> Engine:
    """An engine to read with. SQLite opens its file read-only, so that it never creates an empty one."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return connect(url, timeout_seconds=10)
    if not parsed.database or parsed.database == ":memory:":
        raise ValueError("CLEAN_DB_URL names a database in memory; the page can only read a file or a server")
    read_only = parsed.set(database=f"file:{quote(parsed.database)}", query={"mode": "ro", "uri": "true"})
    # A file is opened anew each time, so that one that was moved away or made again is noticed.
    return create_engine(read_only, connect_args={"timeout": 5}, poolclass=NullPool)


def _cause(error: SQLAlchemyError) -> str:
    original = getattr(error, "orig", None)
    arguments = getattr(original, "args", ())
    return str(arguments[-1]) if arguments else type(original or error).__name__
