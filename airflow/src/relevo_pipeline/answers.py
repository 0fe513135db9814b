"""The answer to a run's one request, as it came, until its rows are stored: a worker may die in between."""

import time
from dataclasses import dataclass

import httpx
from relevo_contract.tables import ANSWER_PART_BYTES, answers
from sqlalchemy import Connection, delete, insert, select
from sqlalchemy.exc import InterfaceError, OperationalError

from relevo_pipeline.run import Run

# What a database says that is not there, and may be again.
UNREACHABLE = (OperationalError, InterfaceError)
# For as long the answer, which nobody will send again, waits for a database that is starting.
PATIENCE_SECONDS = 60.0


@dataclass(frozen=True)
class KeptAnswer:
    """An answer that came and whose rows are not stored yet; `id` is that of its ledger row."""

    id: int
    response: httpx.Response


def keep(run: Run, collection_id: int, response: httpx.Response) -> None:
    """Write the answer down, whole or not at all, before anything is made of it."""
    end = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return _insert(run, collection_id, response)
        except UNREACHABLE:
            if time.monotonic() > end:
                raise
            time.sleep(1)


def _insert(run: Run, collection_id: int, response: httpx.Response) -> None:
    content = response.content
    # One part at least: an answer may be empty.
    starts = range(0, max(len(content), 1), ANSWER_PART_BYTES)
    with run.stores.raw.begin() as connection:
        # A connection that was lost at the commit may have committed.
        drop(connection, collection_id)
        for part, start in enumerate(starts):
            values = {
                "collection_id": collection_id,
                "part": part,
                "http_status": response.status_code,
                "headers": dict(response.headers),
                "content": content[start : start + ANSWER_PART_BYTES],
            }
            connection.execute(insert(answers).values(values))


def find(run: Run, collection_id: int) -> KeptAnswer | None:
    """The answer that was kept for this ledger row."""
    query = select(answers).where(answers.c.collection_id == collection_id).order_by(answers.c.part)
    with run.stores.raw.connect() as connection:
        parts = connection.execute(query).all()
    if not parts:
        return None
    content = b"".join(part.content for part in parts)
    first = parts[0]
    return KeptAnswer(collection_id, httpx.Response(first.http_status, headers=first.headers, content=content))


def drop(connection: Connection, collection_id: int) -> None:
    """Forget it, in the transaction that stores what was in it."""
    connection.execute(delete(answers).where(answers.c.collection_id == collection_id))
