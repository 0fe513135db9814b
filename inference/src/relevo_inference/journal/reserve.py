"""Room on the disk that is kept back for emptying the outbox.

On a full disk SQLite cannot even delete: a deletion is written to the log first, and the log can only be emptied
into a file that would have to grow. Without a reserve an outbox that has filled its disk stays full for ever.
"""

import sqlite3
from pathlib import Path

import structlog

log = structlog.get_logger(__name__)

# The log is taken into the file at 16 MiB (outbox.py), and a deletion adds a little to it.
BYTES = 24 * 2**20
_CHUNK = bytes(2**20)


class Reserve:
    """A file of zeros beside the outbox."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._warned = False

    def keep(self, outbox: sqlite3.Connection) -> None:
        """Takes the room, unless it is taken already or there is none, from what the empty `outbox` still holds."""
        if self._path.exists() or self._take():
            return
        outbox.execute("VACUUM")
        outbox.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        if not self._take() and not self._warned:
            log.warning("the disk has no room in reserve for the outbox", file=str(self._path))
            self._warned = True

    def _take(self) -> bool:
        part = self._path.with_suffix(".part")
        try:
            with part.open("wb") as file:
                for _ in range(BYTES // len(_CHUNK)):
                    file.write(_CHUNK)
            part.rename(self._path)
        except OSError:
            part.unlink(missing_ok=True)
            return False
        self._warned = False
        return True

    def give_up(self) -> bool:
        """Frees the room; False when there was none to free."""
        try:
            self._path.unlink()
        except FileNotFoundError:
            return False
        log.warning("the disk is full: the outbox's reserve was given up to empty it")
        return True
