"""The machine's clock is set forward and back while predictions wait, are shipped and are labelled."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from relevo_contract.tables import feedback, predictions, raw_metadata, utc_now
from relevo_inference.journal.feedback import Feedback, keep
from relevo_inference.journal.outbox import Outbox, connect
from relevo_inference.journal.shipper import Shipper
from relevo_inference.telemetry import Telemetry
from sqlalchemy import Engine, select
from support.journal import entry, ids

NOW = utc_now()
JUMPS = (timedelta(0), timedelta(days=-400), timedelta(days=3000), timedelta(hours=-1))


class Clock:
    """What every module of the journal takes for the time."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = NOW
        for module in ("entries", "backlog", "feedback"):
            monkeypatch.setattr(f"relevo_inference.journal.{module}.utc_now", self.read)

    def read(self) -> datetime:
        return self.now


def test_everything_arrives_once_whatever_the_clock_says(
    path: Path, database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw_metadata.create_all(database)
    clock, telemetry = Clock(monkeypatch), Telemetry()
    shipper = Shipper(path, database.url.render_as_string(), telemetry, interval=1)
    told = ids(len(JUMPS) ** 2)

    def sample(name: str) -> float:
        return telemetry.registry.get_sample_value(f"relevo_journal_{name}") or 0.0

    async def run() -> None:
        outbox = Outbox(path)
        waiting = iter(told)
        # Written at one time and shipped at another, each before and after the other.
        for written in JUMPS:
            for shipped in JUMPS:
                clock.now = NOW + written
                prediction = next(waiting)
                await outbox.write(entry(prediction), 1)
                clock.now = NOW + shipped
                truths = connect(path)
                keep(truths, Feedback(prediction, "animals", "3", 2.0, 3.0))
                truths.close()
                assert shipper.turn()
                assert sample("oldest_seconds") == sample("backlog") == 0
        await outbox.close()

    asyncio.run(run())
    shipper.release()
    with database.connect() as connection:
        assert sorted(connection.scalars(select(predictions.c.prediction_id))) == sorted(told)
        assert sorted(connection.scalars(select(feedback.c.prediction_id))) == sorted(told)
    # No delay is negative: it would take from the sum, which may only grow.
    assert sample("shipping_delay_seconds_count") == len(told)
    forward = sum((later - earlier).total_seconds() for earlier in JUMPS for later in JUMPS if later > earlier)
    assert sample("shipping_delay_seconds_sum") == pytest.approx(forward)


def test_the_age_of_what_waits_is_never_negative(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock, telemetry = Clock(monkeypatch), Telemetry()
    shipper = Shipper(path, None, telemetry, interval=1)

    async def run() -> None:
        outbox = Outbox(path)
        await outbox.write(entry(*ids(1)), 1)
        await outbox.close()

    asyncio.run(run())
    for jump, age in ((timedelta(days=-1), 0), (timedelta(days=2), 2 * 86400), (timedelta(0), 0)):
        clock.now = NOW + jump
        shipper.turn()
        assert telemetry.registry.get_sample_value("relevo_journal_oldest_seconds") == age
        assert telemetry.registry.get_sample_value("relevo_journal_backlog") == 1
    shipper.release()
