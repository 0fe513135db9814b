"""How far each group has come, and every request it made: one SQLite file, one transaction a request."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import astuple, dataclass, fields, replace
from pathlib import Path

import structlog

log = structlog.get_logger(__name__)

GROUPS = range(1, 11)

# Unix time in seconds: the wall clock, because progress outlives the process.
Clock = Callable[[], float]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS progress (
    source TEXT NOT NULL,          -- real or simulated, and the series: each has its own progress
    group_number INTEGER NOT NULL,
    part INTEGER NOT NULL,         -- 0: nothing asked for yet
    part_began REAL NOT NULL,      -- Unix time of the first request for this part
    calls INTEGER NOT NULL,        -- never reset, so that a restart does not repeat the same draw
    PRIMARY KEY (source, group_number)
) STRICT;
CREATE TABLE IF NOT EXISTS requests (
    id INTEGER PRIMARY KEY,
    at REAL NOT NULL,              -- Unix time
    path TEXT NOT NULL,
    group_number INTEGER,          -- null if it was missing or none of ours
    run_id TEXT,
    status INTEGER NOT NULL,
    batch_number INTEGER,
    row_count INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS requests_by_run ON requests (run_id);
"""


@dataclass(frozen=True)
class Progress:
    """Where a group stands: part (from 1; 0 before the first), when that began (Unix time), calls so far."""

    part: int = 0
    part_began: float = 0.0
    calls: int = 0


@dataclass(frozen=True)
class Request:
    """One line of the request log. `at` is Unix time; `run_id` is what the caller said it was.

    `group_number` is kept only where there is such a group.
    """

    at: float
    path: str
    group_number: int | None
    run_id: str | None
    status: int
    batch_number: int | None = None
    row_count: int = 0


_LOGGED = ", ".join(field.name for field in fields(Request))


class State:
    """Safe for concurrent requests, also of several processes: a transaction keeps other writers out."""

    def __init__(self, path: Path, source: str) -> None:
        self._path, self._source = path, source
        with closing(self._connect()) as connection:
            # A reader of the log never waits for a writer.
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(_SCHEMA)

    @contextmanager
    def transaction(self) -> Iterator["Transaction"]:
        """Everything inside is kept, or nothing is when it raises."""
        with closing(self._connect()) as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield Transaction(connection, self._source)
            except BaseException:
                connection.rollback()
                raise
            connection.commit()

    def requests(
        self, group_number: int | None = None, run_id: str | None = None, limit: int = 1000
    ) -> tuple[int, list[Request]]:
        """How many requests match, and the newest `limit` of them, oldest first."""
        where = "(:group IS NULL OR group_number = :group) AND (:run IS NULL OR run_id = :run)"
        values = {"group": group_number, "run": run_id, "limit": limit}
        with closing(self._connect()) as connection:
            count = connection.execute(f"SELECT count(*) FROM requests WHERE {where}", values).fetchone()[0]
            rows = connection.execute(
                f"SELECT {_LOGGED} FROM requests WHERE {where} ORDER BY id DESC LIMIT :limit",
                values,
            ).fetchall()
        return count, [Request(*row) for row in reversed(rows)]

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self._path, timeout=10, isolation_level=None)


class Transaction:
    """What one request may do to the state."""

    def __init__(self, connection: sqlite3.Connection, source: str) -> None:
        self._connection, self._source = connection, source

    def progress(self, group_number: int, series: str = "") -> Progress:
        row = self._connection.execute(
            "SELECT part, part_began, calls FROM progress WHERE source = ? AND group_number = ?",
            (self._key(series), group_number),
        ).fetchone()
        return Progress(*row) if row else Progress()

    def keep(self, group_number: int, progress: Progress, series: str = "") -> None:
        self._connection.execute(
            "INSERT OR REPLACE INTO progress VALUES (?, ?, ?, ?, ?)",
            (self._key(series), group_number, progress.part, progress.part_began, progress.calls),
        )

    def _key(self, series: str) -> str:
        return f"{self._source}/{series}" if series else self._source

    def log(self, request: Request) -> None:
        group_number = request.group_number if request.group_number in GROUPS else None
        self._connection.execute(
            f"INSERT INTO requests ({_LOGGED}) VALUES (?, ?, ?, ?, ?, ?, ?)",
            astuple(replace(request, group_number=group_number)),
        )
        log.info(
            "answered", path=request.path, run_id=request.run_id, status=request.status, rows=request.row_count
        )
