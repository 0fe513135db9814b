"""What is in an outbox and in the database it is shipped to."""

import asyncio
from pathlib import Path
from uuid import uuid4

from relevo_contract.tables import predictions
from relevo_inference.journal.entries import Answered, decode, encode
from relevo_inference.journal.outbox import Outbox, connect
from relevo_inference.journal.shipper import Shipper
from relevo_inference.serving.answer import Answer
from relevo_inference.telemetry import Telemetry
from sqlalchemy import Engine, select

ANSWERED = Answered("request-1", "animals", "3", "r" * 32, stale=True, duration_ms=1.5)


def ids(count: int) -> list[str]:
    return [str(uuid4()) for _ in range(count)]


def entry(*ids: str) -> bytes:
    """What a request with these predictions leaves in the outbox."""
    answers = [Answer({"value": 2.0}, i) for i in ids]
    return encode(ANSWERED, [{"text": "line\nfeed \u2028 é"}] * len(ids), answers)


def waiting(path: Path) -> list[str]:
    """The predictions in the outbox, oldest first."""
    connection = connect(path)
    payloads = connection.execute("SELECT payload FROM outbox ORDER BY id").fetchall()
    connection.close()
    return [row.prediction_id for (payload,) in payloads for row in decode(payload.splitlines())[0]]


def write(path: Path, *batches: list[str]) -> None:
    """As many requests at once as there are batches."""

    async def run() -> None:
        outbox = Outbox(path)
        await asyncio.gather(*(outbox.write(entry(*batch), len(batch)) for batch in batches))
        await outbox.close()

    asyncio.run(run())


def shipped(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return list(connection.scalars(select(predictions.c.prediction_id)))


def shipper(path: Path, engine: Engine | None) -> Shipper:
    url = None if engine is None else engine.url.render_as_string(hide_password=False)
    return Shipper(path, url, Telemetry(), interval=0.05)
