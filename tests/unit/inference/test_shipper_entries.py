"""Entries on their way into the database: those that cannot be read, and those of other releases."""

import re
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from pydantic_core import to_json
from relevo_contract.database import connect as connect_to
from relevo_contract.tables import predictions, raw_metadata
from relevo_inference.journal.entries import Entry, decode
from relevo_inference.journal.outbox import connect
from relevo_inference.journal.shipper import Shipper, _insertion
from relevo_inference.telemetry import Telemetry
from sqlalchemy import Column, Engine, Integer, MetaData, String, select
from support.journal import entry, ids, shipped, shipper


@pytest.mark.parametrize("url", ["sqlite://", "mysql+pymysql://nobody@127.0.0.1/none"])
def test_both_drivers_take_an_entry_as_it_is(url: str) -> None:
    statement = _insertion(connect_to(url).dialect)
    found = re.fullmatch(r"INSERT (?:OR )?IGNORE INTO predictions \((.*)\) VALUES \((.*)\)", statement)
    assert found is not None
    columns, values = found.groups()
    assert columns.split(", ") == list(Entry._fields)
    assert values.split(", ") == ["?" if url == "sqlite://" else "%s"] * len(Entry._fields)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'["a', "three parts with tabs between them, not 1"),
        (b"\xff\x00", "three parts"),
        (b'["a"\t{}\t{}', "EOF while parsing"),
        (b'["a"]\t{}\t{}', "not those of `predictions`"),
        (entry("a")[:-2], "EOF while parsing"),
        (entry("a").replace(b"\t{", b"\t{ no,", 1), "key must be a string"),
        (b"7\t{}\t{}", "not those of `predictions`"),
        (entry("a").replace(b"]\t", b',"tired"]\t'), "not those of `predictions`"),
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
