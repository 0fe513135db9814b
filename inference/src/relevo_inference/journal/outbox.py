"""The outbox: a SQLite file that every prediction reaches before its answer leaves.

Requests that come together share a commit, and a commit is one row: its predictions as lines (entries.py). So a
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
_LOG_BYTES = _CHECKPOINT_PAGES * 4096
_COMMIT_BYTES = 3 * 4096
_INLINE_BYTES = 256 * 2**10
# Writers wait while the last pages are taken over; a reader that is slow must not make them wait for long.
_CHECKPOINT_SECONDS = 0.1


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


def checkpoint(connection: sqlite3.Connection) -> None:
    """Takes the log into the file, so that the log begins anew, also while other processes write."""
    # Most of it without anybody waiting.
    connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
    connection.execute(f"PRAGMA busy_timeout = {_CHECKPOINT_SECONDS * 1000:.0f}")
    try:
        connection.execute("PRAGMA wal_checkpoint(RESTART)").fetchall()
    finally:
        connection.execute(f"PRAGMA busy_timeout = {_BUSY_SECONDS * 1000:.0f}")


class JournalError(Exception):
    """The outbox could not be written: it has reached its cap, or its disk is full or gone."""


@dataclass(frozen=True, slots=True)
class _Entry:
    predictions: int
    payload: bytes
    done: asyncio.Future[None]


class Outbox:
    """Commits entries with all that came beside them: on the event loop if that takes no time, else in a thread.

    A small commit is a write to the page cache, which costs less than waking up a thread. The thread takes over
    whatever may take longer: while another process or the shipper holds the file's lock, large groups, checkpoints,
    every commit with `synchronous` FULL, and whatever has failed.
    """

    def __init__(self, path: Path, synchronous: Synchronous = "NORMAL", *, most_bytes: int = 2**40) -> None:
        self._most_bytes = most_bytes
        self._quick = connect(path, synchronous)
        self._quick.execute("PRAGMA busy_timeout = 0")
        self._quick.execute("PRAGMA wal_autocheckpoint = 0")
        self._patient = connect(path, synchronous)
        self._patient.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
        for connection in (self._quick, self._patient):
            limit(connection, most_bytes)
        self._inline = synchronous == "NORMAL"
        self._arrived: list[_Entry] = []
        self._handed_over = 0
        self._since_checkpoint = 0
        self._queue: queue.SimpleQueue[_Entry | None] = queue.SimpleQueue()
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._write_until_closed, name="outbox", daemon=True)
        self._thread.start()

    async def write(self, payload: bytes, predictions: int) -> None:
        """Returns when `payload` is committed; raises `JournalError` when it cannot be."""
        done = self._loop.create_future()
        if not self._arrived:
            # By then all requests that came in the same turn of the loop are here.
            self._loop.call_soon(self._commit_arrived)
        self._arrived.append(_Entry(predictions, payload, done))
        await done

    async def close(self) -> None:
        """Commits what is waiting, then lets go of the file."""
        self._commit_arrived()
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)
        self._quick.close()
        self._patient.close()

    def _commit_arrived(self) -> None:
        group, self._arrived = self._arrived, []
        if not group:
            return
        size = sum(len(entry.payload) for entry in group)
        if self._inline and not self._handed_over and size <= _INLINE_BYTES and self._since_checkpoint < _LOG_BYTES:
            try:
                _insert(self._quick, group)
            except sqlite3.Error:
                pass  # the thread tries again, waits if need be, and says what is wrong
            else:
                self._since_checkpoint += size + _COMMIT_BYTES
                _release(group, None)
                return
        self._handed_over += len(group)
        for entry in group:
            self._queue.put(entry)

    def _write_until_closed(self) -> None:
        while (first := self._queue.get()) is not None:
            group, closing = self._gather(first)
            error = self._commit(group)
            self._loop.call_soon_threadsafe(self._taken_back, group, error)
            if closing:
                return

    def _taken_back(self, group: Sequence[_Entry], error: JournalError | None) -> None:
        self._handed_over -= len(group)
        _release(group, error)

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
        try:
            _insert(self._patient, group)
            if self._since_checkpoint >= _LOG_BYTES:
                checkpoint(self._patient)
                self._since_checkpoint = 0
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


def _insert(connection: sqlite3.Connection, group: Sequence[_Entry]) -> None:
    payload = group[0].payload if len(group) == 1 else b"".join(entry.payload for entry in group)
    count = sum(entry.predictions for entry in group)
    connection.execute(APPEND, (count, payload))


def _release(group: Sequence[_Entry], error: JournalError | None) -> None:
    for entry in group:
        if entry.done.done():  # its request was cancelled
            continue
        if error is None:
            entry.done.set_result(None)
        else:
            entry.done.set_exception(error)
