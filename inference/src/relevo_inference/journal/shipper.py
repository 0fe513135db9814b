"""Takes what is in the outbox to the database, oldest first, and deletes it only after the commit there."""

import fcntl
import sqlite3
import threading
from itertools import groupby
from pathlib import Path
from typing import IO, Any

import structlog
from relevo_contract import database
from relevo_contract.tables import predictions
from sqlalchemy import Engine

from relevo_inference.journal.entries import Unreadable, decode
from relevo_inference.journal.outbox import connect
from relevo_inference.telemetry import Telemetry

log = structlog.get_logger(__name__)

_BATCH_COMMITS = 200
_STATEMENT_ROWS = 500
_PAUSE_MAX_SECONDS = 30.0
# A database may accept connections and say nothing.
_DATABASE_SECONDS = 20.0
_CLOSING_SECONDS = 5.0
_NO_DATABASE = "RAW_DB_URL is not set: predictions stay in the outbox"


class Shipper:
    """A thread that drains the outbox. Of several processes on one outbox the holder of its lock file ships.

    The operating system frees the lock when that process dies, however it does, and another one takes over.
    """

    def __init__(self, outbox: Path, database_url: str | None, telemetry: Telemetry, *, interval: float) -> None:
        self._path = outbox
        self._telemetry = telemetry
        self._interval = interval
        self._engine: Engine | None = None
        if database_url:
            self._engine = database.connect(database_url, timeout_seconds=_DATABASE_SECONDS)
        self._lock: IO[str] | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="shipper", daemon=True)
        self._rejected = 0
        self.backlog = 0
        self.error = self._usual

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Ships once more what can be shipped in a few seconds, then stops. What is left stays in the outbox."""
        self._stop.set()
        self._thread.join(_CLOSING_SECONDS)
        if self._thread.is_alive():
            # It ends with the process; nothing leaves the outbox before the database has it.
            log.warning("stopped before all was shipped: predictions wait in the outbox")

    def _run(self) -> None:
        outbox = connect(self._path)
        pause = self._interval
        try:
            stopping = False
            while not stopping:
                stopping = self._stop.wait(pause)
                pause = self._interval if self._turn(outbox) else min(pause * 2, _PAUSE_MAX_SECONDS)
        finally:
            outbox.close()
            if self._engine is not None:
                self._engine.dispose()
            if self._lock is not None:
                self._lock.close()

    def _turn(self, outbox: sqlite3.Connection) -> bool:
        """Ships all there is, when it is on us to ship. False when it did not work."""
        failure: Exception | None = None
        try:
            # First and by itself: the log must not grow with the outbox while the database is away.
            outbox.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        except sqlite3.Error as error:
            failure = error
        try:
            if self._engine is not None and self._holds_lock():
                while self._ship_batch(outbox, self._engine):
                    pass
        except Exception as error:  # whatever it is, this thread must go on and say it
            failure = failure or error
        try:
            self.backlog = outbox.execute("SELECT coalesce(sum(predictions), 0) FROM outbox").fetchone()[0]
            self._rejected = outbox.execute("SELECT count(*) FROM rejected").fetchone()[0]
        except sqlite3.Error as error:
            failure = failure or error
        self._telemetry.journal_backlog.set(self.backlog)
        self._telemetry.journal_rejected.set(self._rejected)
        self._report(failure)
        return failure is None

    @property
    def _usual(self) -> str | None:
        """What there is to say though nothing has failed just now."""
        if self._engine is None:
            return _NO_DATABASE
        if self._rejected:
            return f"{self._rejected} unreadable predictions are set aside in the table `rejected` of {self._path}"
        return None

    def _report(self, failure: Exception | None) -> None:
        if failure is None:
            self.error = self._usual
            return
        self._telemetry.journal_failures.inc()
        cause = getattr(failure, "orig", None) or failure
        reason = f"{type(cause).__name__}: {cause}"[:300]
        if reason != self.error:
            log.warning("predictions wait in the outbox", reason=reason)
        self.error = reason

    def _ship_batch(self, outbox: sqlite3.Connection, engine: Engine) -> bool:
        """Ships the oldest commits; False when there are none."""
        commits = outbox.execute("SELECT id, payload FROM outbox ORDER BY id LIMIT ?", (_BATCH_COMMITS,)).fetchall()
        if not commits:
            return False
        rows: list[dict[str, Any]] = []
        unreadable: list[Unreadable] = []
        for _, payload in commits:
            read, not_read = decode(payload)
            rows += read
            unreadable += not_read
        self._insert(engine, rows)
        with outbox:
            outbox.execute("BEGIN IMMEDIATE")
            aside = [(entry.line, entry.reason) for entry in unreadable]
            outbox.executemany("INSERT INTO rejected (entry, reason) VALUES (?, ?)", aside)
            # Ids grow with commits, and a later commit cannot have a smaller one: nothing unshipped is deleted.
            outbox.execute("DELETE FROM outbox WHERE id <= ?", (commits[-1][0],))
        for entry in unreadable:
            log.error("a prediction cannot be read and is set aside", reason=entry.reason, outbox=str(self._path))
        self._telemetry.journal_shipped.inc(len(rows))
        return True

    def _insert(self, engine: Engine, rows: list[dict[str, Any]]) -> None:
        # A batch may be sent twice: what is there already is left alone.
        statement = database.insert_or_ignore(predictions, engine.dialect)
        with engine.begin() as connection:
            # The rows of one statement have the same columns; those of an earlier release may have fewer.
            for _, group in groupby(rows, dict.keys):
                alike = list(group)
                for start in range(0, len(alike), _STATEMENT_ROWS):
                    connection.execute(statement, alike[start : start + _STATEMENT_ROWS])

    def _holds_lock(self) -> bool:
        if self._lock is not None:
            return True
        file = self._path.with_suffix(".lock").open("w")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
            return False
        self._lock = file
        return True
