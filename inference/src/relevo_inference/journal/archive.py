"""Single predictions, in the database or in the outbox while they wait for it: read back, and their truth kept."""

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from pydantic_core import from_json
from relevo_contract import database
from relevo_contract.tables import feedback, predictions
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from relevo_inference.journal.entries import Entry, decode
from relevo_inference.journal.feedback import Feedback, Truth, keep
from relevo_inference.journal.outbox import connect

# Threads of its own: a database that says nothing must not hold up bulk predictions.
_THREADS = 2
_WAITING = 16
_DATABASE_SECONDS = 5.0
_PATIENCE_SECONDS = 8.0

Result = TypeVar("Result")


class ArchiveError(Exception):
    """Database or outbox cannot be asked now; the message says why."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A prediction as it was written down, but for what was asked. `status` above 200: there was no answer."""

    prediction_id: str
    request_id: str
    problem: str
    version: str
    run_id: str
    output: dict[str, Any] | None
    status: int
    predicted_at: datetime


_COLUMNS = [predictions.c[name] for name in Kept.__slots__]


class Archive:
    """Finds what the journal has written. All methods may be called on the event loop."""

    def __init__(self, outbox: Path, database_url: str | None) -> None:
        self._outbox = outbox
        self._engine = database.connect(database_url, timeout_seconds=_DATABASE_SECONDS) if database_url else None
        self._pool = ThreadPoolExecutor(_THREADS, "archive")
        self._asked = 0

    async def prediction(self, prediction_id: str) -> Kept | None:
        """The prediction, or None when there is none. Raises `ArchiveError` when that cannot be known."""
        return await self._in_thread(lambda: self._prediction(prediction_id))

    async def keep(self, given: Feedback) -> Truth:
        """Keeps the truth unless there is one already; the one that counts, which is the first.

        Raises `ArchiveError` when it cannot be written down.
        """
        known = await self._in_thread(lambda: self._keep(given))
        if known == given.truth:
            # Asked after keeping it: an earlier one that had left the outbox by then is in the database.
            with suppress(ArchiveError):  # which keeps the first one in any case
                shipped = await self._in_thread(lambda: self._truth(given.prediction_id))
                known = known if shipped is None else shipped
        return known

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)
        if self._engine is not None:
            self._engine.dispose()

    async def _in_thread(self, work: Callable[[], Result]) -> Result:
        if self._asked >= _WAITING:
            raise ArchiveError("too many questions about past predictions wait already")
        self._asked += 1
        try:
            loop = asyncio.get_running_loop()
            return await asyncio.wait_for(loop.run_in_executor(self._pool, work), _PATIENCE_SECONDS)
        except TimeoutError:
            raise ArchiveError("the database of past predictions did not answer in time") from None
        finally:
            self._asked -= 1

    def _prediction(self, prediction_id: str) -> Kept | None:
        failure: ArchiveError | None = None
        kept = None
        try:
            kept = self._shipped(prediction_id)
        except ArchiveError as error:
            failure = error
        kept = kept or self._waiting(prediction_id)
        if kept is None and failure is not None:
            raise failure
        # It may have been shipped between the two looks.
        return kept or self._shipped(prediction_id)

    def _shipped(self, prediction_id: str) -> Kept | None:
        if self._engine is None:
            return None
        query = select(*_COLUMNS).where(predictions.c.prediction_id == prediction_id)
        try:
            with self._engine.connect() as connection:
                row = connection.execute(query).one_or_none()
        except SQLAlchemyError as error:
            raise ArchiveError("the database of past predictions cannot be reached") from error
        return Kept(*row) if row is not None else None

    def _waiting(self, prediction_id: str) -> Kept | None:
        """SQLite looks through the commits that wait, without the lock of Python."""
        query = "SELECT payload FROM outbox WHERE instr(payload, CAST(? AS BLOB)) ORDER BY id DESC"
        try:
            with closing(connect(self._outbox)) as connection:
                for (payload,) in connection.execute(query, (prediction_id,)):
                    lines = (line for line in payload.splitlines() if prediction_id.encode() in line)
                    for entry in decode(lines)[0]:
                        if entry.prediction_id == prediction_id:
                            return _kept(entry)
        except sqlite3.Error as error:
            raise ArchiveError(f"the predictions that wait for their database cannot be read: {error}") from error
        return None

    def _keep(self, given: Feedback) -> Truth:
        try:
            with closing(connect(self._outbox)) as connection:
                return keep(connection, given)
        except sqlite3.Error as error:
            raise ArchiveError(f"the truth could not be written down: {error}") from error

    def _truth(self, prediction_id: str) -> Truth | None:
        if self._engine is None:
            return None
        try:
            with self._engine.connect() as connection:
                query = select(feedback.c.truth).where(feedback.c.prediction_id == prediction_id)
                truth: Truth | None = connection.scalar(query)
        except SQLAlchemyError as error:
            raise ArchiveError("the database of past predictions cannot be reached") from error
        return truth


def _kept(entry: Entry) -> Kept:
    columns = {name: getattr(entry, name) for name in Kept.__slots__}
    return Kept(**columns | {"output": from_json(entry.output), "predicted_at": entry.moment})
