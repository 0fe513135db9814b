"""The shipper, one turn at a time: what is in the outbox reaches the database once."""

import re
import sqlite3
import tracemalloc
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from pydantic_core import to_json
from relevo_contract.database import connect as connect_to
from relevo_contract.tables import predictions, raw_metadata
from relevo_inference.journal.entries import Entry, decode
from relevo_inference.journal.outbox import connect
from relevo_inference.journal.shipper import Shipper, _statement
from relevo_inference.telemetry import Telemetry
from sqlalchemy import Column, Engine, Integer, MetaData, String, func, select
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


@pytest.mark.parametrize("url", ["sqlite://", "mysql+pymysql://nobody@127.0.0.1/none"])
def test_both_drivers_take_an_entry_as_it_is(url: str) -> None:
    statement = _statement(connect_to(url).dialect)
    found = re.fullmatch(r"INSERT (?:OR )?IGNORE INTO predictions \((.*)\) VALUES \((.*)\)", statement)
    assert found is not None
    columns, values = found.groups()
    assert columns.split(", ") == list(Entry._fields)
    assert values.split(", ") == ["?" if url == "sqlite://" else "%s"] * len(Entry._fields)


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


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'["a', "not enough values"),
        (b"\xff\x00", "not enough values"),
        (b'["a"\t{}\t{}', "EOF while parsing"),
        (b'["a"]\t{}\t{}', "missing"),
        (entry("a")[:-2], "EOF while parsing"),
        (entry("a").replace(b"\t{", b"\t{ no,", 1), "key must be a string"),
        (b"7\t{}\t{}", "not subscriptable"),
        (entry("a").replace(b"]\t", b',"tired"]\t'), "positional arguments"),
        (re.sub(rb'"[^"]*"\]\t', b'"in 2026"]\t', entry("a")), "isoformat"),
        (re.sub(rb'"[^"]*"\]\t', b"7]\t", entry("a")), "must be str"),
        (b'{"prediction_id": "a', "EOF while parsing"),
        (b'{"prediction_id": "a"}', "'request_id'"),
    ],
)
def test_what_cannot_be_read_is_set_aside_and_the_rest_is_shipped(
    path: Path, database: Engine, line: bytes, reason: str
) -> None:
    raw_metadata.create_all(database)
    before, after = ids(2)
    line = line.rstrip(b"\n")
    connection = connect(path)
    for payload in (line, entry(before) + line + b"\n" + entry(after)):
        connection.execute("INSERT INTO outbox (predictions, payload) VALUES (1, ?)", (payload,))
    telemetry = Telemetry()
    running = Shipper(path, database.url.render_as_string(), telemetry, interval=1)
    assert running.turn()
    assert sorted(shipped(database)) == sorted([before, after])
    assert connection.execute("SELECT count(*) FROM outbox").fetchone() == (0,)
    kept = connection.execute("SELECT entry, reason FROM rejected").fetchall()
    connection.close()
    assert [entry for entry, _ in kept] == [line, line]
    assert reason in kept[0][1]
    assert running.error == f"2 unreadable predictions are set aside in the table `rejected` of {path}"
    assert running.backlog == 0
    assert telemetry.registry.get_sample_value("relevo_journal_rejected") == 2
    assert telemetry.registry.get_sample_value("relevo_journal_shipped_total") == 2
    running.release()


def test_entries_from_before_an_upgrade_are_shipped(
    path: Path, database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The new release has two columns more; entries of both lie in the outbox."""
    later = predictions.to_metadata(MetaData())
    later.append_column(Column("tenant", String(8)))
    later.append_column(Column("weight", Integer, nullable=False))
    later.create(database)
    raw_metadata.create_all(database)  # the other tables
    fields = [(name, Any) for name in (*Entry._fields, "tenant", "weight")]
    longer = NamedTuple("longer", fields)  # type: ignore[misc]
    longer.__new__.__defaults__ = (None, 1)
    longer.moment = Entry.moment
    monkeypatch.setattr("relevo_inference.journal.entries.Entry", longer)
    monkeypatch.setattr("relevo_inference.journal.shipper.Entry", longer)
    monkeypatch.setattr("relevo_inference.journal.shipper.predictions", later)
    old, new, last = ids(3)
    of_today = entry(new).replace(b"]\t", b',"x",5]\t')
    connection = connect(path)
    connection.execute(
        "INSERT INTO outbox (predictions, payload) VALUES (3, ?)", (entry(old) + of_today + entry(last),)
    )
    connection.close()
    running = shipper(path, database)
    assert running.turn(), running.error
    assert running.error is None
    running.release()
    with database.connect() as reading:
        found = reading.execute(select(later.c.prediction_id, later.c.tenant, later.c.weight)).all()
    assert {tuple(row) for row in found} == {(old, None, 1), (new, "x", 5), (last, None, 1)}


def test_entries_of_earlier_releases_are_shipped(path: Path, database: Engine) -> None:
    """They were objects, and those of the first release had no status, no error and no probability."""
    raw_metadata.create_all(database)
    first, second = ids(2)
    since = {"probability": 0.5, "status": 422, "error": "wrong"}
    object_ = {
        **{name: value for name, value in decode([entry(first)])[0][0]._asdict().items() if name not in since},
        "input": {"Note": "a\tb"},
        "output": {"value": 2.0},
        "predicted_at": "2026-11-25T10:00:00.500000",
    }
    lines = to_json(object_) + b"\n" + to_json({**object_, "prediction_id": second, **since}) + b"\n"
    connection = connect(path)
    connection.execute("INSERT INTO outbox (predictions, payload) VALUES (2, ?)", (lines,))
    connection.close()
    running = shipper(path, database)
    assert running.turn()
    assert running.error is None
    running.release()
    with database.connect() as reading:
        found = {row.prediction_id: row for row in reading.execute(select(predictions))}
        moments = list(reading.exec_driver_sql("SELECT predicted_at FROM predictions").scalars())
    assert (found[first].status, found[first].error, found[first].probability) == (200, None, None)
    assert (found[second].status, found[second].error, found[second].probability) == (422, "wrong", 0.5)
    assert found[first].input == found[second].input == {"Note": "a\tb"}
    # As text, which is how SQLite compares times.
    assert moments == ["2026-11-25 10:00:00.500000"] * 2


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
