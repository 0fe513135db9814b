"""The shipper, one turn at a time: what is in the outbox reaches the database once."""

import sqlite3
import tracemalloc
from pathlib import Path

import pytest
from relevo_contract.tables import predictions, raw_metadata
from relevo_inference.journal.outbox import connect
from relevo_inference.journal.shipper import Shipper
from relevo_inference.telemetry import Telemetry
from sqlalchemy import Engine, func, select
from support.journal import entry, ids, shipped, shipper, waiting, write


def test_everything_is_shipped_once(path: Path, database: Engine) -> None:
    raw_metadata.create_all(database)
    batches = [ids(7) for _ in range(300)]
    write(path, *batches)
    running = shipper(path, database)
    assert running.turn()
    assert sorted(shipped(database)) == sorted(i for batch in batches for i in batch)
    assert waiting(path) == []
    assert (running.backlog, running.error) == (0, None)
    running.release()


def test_what_arrived_before_is_passed_over(path: Path, database: Engine) -> None:
    raw_metadata.create_all(database)
    first, second = ids(2)
    # Killed between the commit there and the deletion here: the same entry comes again.
    running = shipper(path, database)
    for batch in ([first], [first, second]):
        write(path, batch)
        assert running.turn()
    assert sorted(shipped(database)) == sorted([first, second])
    running.release()


def test_a_missing_table_keeps_everything_until_it_is_there(path: Path, database: Engine) -> None:
    write(path, ids(3))
    telemetry = Telemetry()
    running = Shipper(path, database.url.render_as_string(), telemetry, interval=1)
    assert not running.turn()
    assert running.error is not None
    assert "predictions" in running.error
    assert running.backlog == 3
    oldest = telemetry.registry.get_sample_value("relevo_journal_oldest_seconds")
    used = telemetry.registry.get_sample_value("relevo_journal_bytes")
    assert oldest is not None
    assert oldest > 0
    assert used is not None
    assert used > 0
    raw_metadata.create_all(database)
    assert running.turn()
    running.release()
    assert waiting(path) == []
    assert telemetry.registry.get_sample_value("relevo_journal_oldest_seconds") == 0
    assert telemetry.registry.get_sample_value("relevo_journal_shipping_delay_seconds_count") == 1


def test_the_log_goes_into_the_file_while_the_database_is_away(path: Path, database: Engine) -> None:
    """Its table is missing, so shipping fails at every turn."""
    write(path, [])
    keep_open = connect(path)  # the last one to close a file takes its log in
    payload = entry(*ids(2000))
    keep_open.execute("INSERT INTO outbox (predictions, payload) VALUES (2000, ?)", (payload,))
    assert path.stat().st_size < len(payload)
    running = shipper(path, database)
    assert not running.turn()
    assert path.stat().st_size > len(payload)
    running.release()
    keep_open.close()


def test_memory_stays_bounded_after_a_long_outage(path: Path, database: Engine) -> None:
    """30,000 predictions of bulk requests wait, 10 MB of them; decoded at once they would take 30."""
    raw_metadata.create_all(database)
    connection = connect(path)
    for _ in range(60):
        connection.execute("INSERT INTO outbox (predictions, payload) VALUES (500, ?)", (entry(*ids(500)),))
    connection.close()
    running = shipper(path, database)
    tracemalloc.start()
    assert running.turn()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    running.release()
    with database.connect() as reading:
        assert reading.scalar(select(func.count()).select_from(predictions)) == 30_000
    assert peak < 15 * 2**20


def test_an_outbox_that_cannot_be_opened_is_opened_later(path: Path, database: Engine) -> None:
    raw_metadata.create_all(database)
    path.mkdir()
    running = shipper(path, database)
    assert not running.turn()
    assert running.error is not None
    assert "unable to open" in running.error
    path.rmdir()
    write(path, ids(1))
    assert running.turn()
    running.release()
    assert len(shipped(database)) == 1


def test_on_a_full_disk_the_reserve_is_given_up(
    path: Path, database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The deletion fails as it does on a full disk, as long as the reserve takes its room."""
    raw_metadata.create_all(database)
    running = shipper(path, database)
    assert running.turn()
    reserve = path.with_suffix(".reserve")
    assert reserve.stat().st_size == 24 * 2**20
    write(path, ids(3))
    from relevo_inference.journal import shipper as module

    done = module._done
    tries = []

    def full(outbox: sqlite3.Connection, *rest: object) -> None:
        tries.append(reserve.exists())
        if reserve.exists():
            outbox.execute("PRAGMA max_page_count = 1")
            outbox.execute("CREATE TABLE too_much (a)")
        done(outbox, *rest)

    monkeypatch.setattr(module, "_done", full)
    assert running.turn()
    assert tries == [True, False]
    assert reserve.exists(), "taken again as soon as there is room"
    assert waiting(path) == []
    assert len(shipped(database)) == 3
    running.release()


def test_who_does_not_ship_says_what_is_wrong_as_well(path: Path, database: Engine) -> None:
    holder, other = shipper(path, database), shipper(path, database)
    write(path, ids(2))
    assert not holder.turn(), "there are no tables"
    assert other.turn()
    assert holder.error is not None
    assert "no such table" in holder.error
    assert (other.error, other.backlog) == (holder.error, 2)
    holder.release()
    assert not other.turn(), "it is on the other one now"
    raw_metadata.create_all(database)
    third = shipper(path, database)
    assert other.turn()
    assert third.turn()
    assert (other.error, third.error) == (None, None)
    for running in (other, third):
        running.release()
