"""The outbox: a SQLite file that every prediction reaches before its answer leaves.

Requests that come together share a commit, and a commit is one row: its predictions as lines of JSON. So a
commit is one statement, which lets go of Python's lock only once. Several processes may share the file.
"""

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from relevo_contract.database import use_wal

Synchronous = Literal["NORMAL", "FULL"]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    predictions INTEGER NOT NULL,
    payload BLOB NOT NULL
);
-- Moves of the production alias that this server saw, and the truth about predictions.
CREATE TABLE IF NOT EXISTS moves (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    problem TEXT NOT NULL,
    from_version TEXT,
    to_version TEXT NOT NULL,
    seen_at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS feedback (
    prediction_id TEXT PRIMARY KEY,
    entry BLOB NOT NULL
);
-- Answers of the challenger, many in a row.
CREATE TABLE IF NOT EXISTS shadow (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    payload BLOB NOT NULL
);
-- What cannot be taken to the database, for somebody to look at: nothing is deleted unsaid.
CREATE TABLE IF NOT EXISTS rejected (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    entry BLOB NOT NULL,
    reason TEXT NOT NULL
);
"""
# Predictions are numbered, and a commit has the number of its last one: so the first and the last commit say how
# many wait between them, however many that is (backlog.py).
APPEND = """
INSERT INTO outbox (id, predictions, payload)
VALUES ((SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'outbox') + ?1, ?1, ?2)
"""
_BUSY_SECONDS = 10.0
# A commit stays small enough to be read back and shipped as a whole.
_MOST_PREDICTIONS = 5000
_MOST_BYTES = 4 * 2**20
# The checkpoint's fsync belongs to the shipper, not to a commit that answers wait for. While the shipper waits
# for its database a commit does it after all, at 16 MiB: a small commit adds whole pages to the log.
_CHECKPOINT_PAGES = 4096


def connect(path: Path, synchronous: Synchronous = "NORMAL") -> sqlite3.Connection:
    """A connection in autocommit mode; makes the file when there is none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    use_wal(connection, _BUSY_SECONDS)
    connection.execute(f"PRAGMA synchronous = {synchronous}")
    connection.executescript(_SCHEMA)
    return connection


def limit(connection: sqlite3.Connection, most_bytes: int) -> None:
    """Lets this connection write until the file holds `most_bytes`: SQLite itself counts, for all processes.

    What was shipped frees its pages for what comes next; the file itself does not shrink.
    """
    page_size = connection.execute("PRAGMA page_size").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {max(1, most_bytes // page_size)}")


class JournalError(Exception):
    """The outbox could not be written: it has reached its cap, or its disk is full or gone."""


@dataclass(frozen=True, slots=True)
class _Entry:
    predictions: int
    payload: bytes
    done: asyncio.Future[None]


class Outbox:
    """Writes entries in a thread of its own, as many as are waiting with each commit."""

    def __init__(self, path: Path, synchronous: Synchronous = "NORMAL", *, most_bytes: int = 2**40) -> None:
        self._most_bytes = most_bytes
        self._connection = connect(path, synchronous)
        self._connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
        limit(self._connection, most_bytes)
        self._queue: queue.SimpleQueue[_Entry | None] = queue.SimpleQueue()
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._write_until_closed, name="outbox", daemon=True)
        self._thread.start()

    async def write(self, payload: bytes, predictions: int) -> None:
        """Returns when `payload` is committed; raises `JournalError` when it cannot be."""
        done = self._loop.create_future()
        self._queue.put(_Entry(predictions, payload, done))
        await done

    async def close(self) -> None:
        """Commits what is waiting, then lets go of the file."""
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)
        self._connection.close()

    def _write_until_closed(self) -> None:
        while (first := self._queue.get()) is not None:
            group, closing = self._gather(first)
            error = self._commit(group)
            self._loop.call_soon_threadsafe(_release, group, error)
            if closing:
                return

    def _gather(self, first: _Entry) -> tuple[list[_Entry], bool]:
        group, predictions, size = [first], first.predictions, len(first.payload)
        while predictions < _MOST_PREDICTIONS and size < _MOST_BYTES:
            try:
                entry = self._queue.get_nowait()
            except queue.Empty:
                break
            if entry is None:
                return group, True
            group.append(entry)
            predictions += entry.predictions
            size += len(entry.payload)
        return group, False

    def _commit(self, group: Sequence[_Entry]) -> JournalError | None:
        payload = group[0].payload if len(group) == 1 else b"".join(entry.payload for entry in group)
        count = sum(entry.predictions for entry in group)
        try:
            self._connection.execute(APPEND, (count, payload))
        except sqlite3.Error as error:
            return JournalError(self._why(error))
        return None

    def _why(self, error: sqlite3.Error) -> str:
        if error.sqlite_errorcode != sqlite3.SQLITE_FULL:
            return f"the prediction could not be written down: {error}"
        cap = self._most_bytes / 2**20
        return (
            "the prediction could not be written down: too many wait for their database already (the outbox has "
            f"reached its cap of {cap:.0f} MiB, or its disk is full)"
        )


def _release(group: Sequence[_Entry], error: JournalError | None) -> None:
    for entry in group:
        if entry.done.done():  # its request was cancelled
            continue
        if error is None:
            entry.done.set_result(None)
        else:
            entry.done.set_exception(error)
