import asyncio
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from relevo_contract.tables import predictions, raw_metadata
from relevo_inference.journal.entries import Answered, decode, encode
from relevo_inference.journal.outbox import JournalError, Outbox, connect
from relevo_inference.journal.shipper import Shipper
from relevo_inference.telemetry import Telemetry
from sqlalchemy import Column, Engine, Integer, MetaData, String, create_engine, select

ANSWERED = Answered("request-1", "animals", "3", "r" * 32, stale=True, duration_ms=1.5)


def entry(*ids: str) -> bytes:
    answers = [{"prediction_id": i, "value": 2.0} for i in ids]
    return encode(ANSWERED, [{"text": "line\nfeed \u2028 é"}] * len(ids), answers)


def ids(count: int) -> list[str]:
    return [str(uuid4()) for _ in range(count)]


def waiting(path: Path) -> list[str]:
    connection = connect(path)
    payloads = connection.execute("SELECT payload FROM outbox ORDER BY id").fetchall()
    connection.close()
    return [row["prediction_id"] for (payload,) in payloads for row in decode(payload)[0]]


def until(condition: Any, seconds: float = 15) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "did not happen"
        time.sleep(0.02)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "outbox.db"


@pytest.fixture
def database(tmp_path: Path) -> Any:
    engine = create_engine(f"sqlite:///{tmp_path}/raw.db")
    yield engine
    engine.dispose()


def shipped(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return list(connection.scalars(select(predictions.c.prediction_id)))


def shipper(path: Path, engine: Engine | None) -> Shipper:
    url = None if engine is None else engine.url.render_as_string(hide_password=False)
    return Shipper(path, url, Telemetry(), interval=0.05)


async def write(path: Path, batches: list[list[str]]) -> None:
    outbox = Outbox(path)
    await asyncio.gather(*(outbox.write(entry(*batch), len(batch)) for batch in batches))
    await outbox.close()


def test_an_entry_survives() -> None:
    (first, second), unreadable = decode(entry("a", "b"))
    assert unreadable == []
    assert (first["prediction_id"], second["prediction_id"]) == ("a", "b")
    assert first["input"] == {"text": "line\nfeed \u2028 é"}
    assert first["output"] == {"value": 2.0}
    assert (first["stale"], first["duration_ms"], first["version"]) == (1, 1.5, "3")
    assert first.keys() == set(predictions.columns.keys())


def test_requests_share_commits(path: Path) -> None:
    batches = [ids(1) for _ in range(500)]
    asyncio.run(write(path, batches))
    assert sorted(waiting(path)) == sorted(i for batch in batches for i in batch)
    connection = connect(path)
    commits, count = connection.execute("SELECT count(*), sum(predictions) FROM outbox").fetchone()
    connection.close()
    assert count == 500
    assert commits < 250


def test_an_outbox_that_cannot_be_written_says_so(path: Path) -> None:
    async def run() -> None:
        outbox = Outbox(path)
        breaker = connect(path)
        breaker.execute("DROP TABLE outbox")
        with pytest.raises(JournalError, match="could not be written down"):
            await outbox.write(entry("a"), 1)
        breaker.close()
        await outbox.close()

    asyncio.run(run())


def test_everything_is_shipped_once(path: Path, database: Engine) -> None:
    raw_metadata.create_all(database)
    batches = [ids(7) for _ in range(300)]
    running = shipper(path, database)
    running.start()
    asyncio.run(write(path, batches))
    wanted = sorted(i for batch in batches for i in batch)
    until(lambda: len(shipped(database)) == len(wanted))
    running.close()
    assert sorted(shipped(database)) == wanted
    assert waiting(path) == []
    assert (running.backlog, running.error) == (0, None)


def test_what_arrived_before_is_passed_over(path: Path, database: Engine) -> None:
    raw_metadata.create_all(database)
    first, second = ids(2)
    # Killed between the commit there and the deletion here: the same entry comes again.
    asyncio.run(write(path, [[first]]))
    running = shipper(path, database)
    running.start()
    until(lambda: shipped(database) == [first])
    asyncio.run(write(path, [[first, second]]))
    until(lambda: len(shipped(database)) == 2)
    running.close()
    assert sorted(shipped(database)) == sorted([first, second])


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"prediction_id": "a', "EOF while parsing"),
        (b"\xff\x00", "expected value"),
        (b"[1]", "not a JSON object"),
        (b'{"prediction_id": "a"}', "without duration_ms, input"),
        (entry("a").replace(b'"stale"', b'"tired": 1, "stale"'), "the table has no column tired"),
        (entry("a").replace(b'"predicted_at":"20', b'"predicted_at":"in 20'), "isoformat"),
        (re.sub(rb'"predicted_at":"[^"]*"', b'"predicted_at":7', entry("a")), "no text"),
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
    running = Shipper(path, database.url.render_as_string(), telemetry, interval=0.05)
    running.start()
    until(lambda: running.error is not None)
    running.close()
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


def test_entries_from_before_an_upgrade_are_shipped(
    path: Path, database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The new release has two columns more; entries of both lie in the outbox."""
    later = predictions.to_metadata(MetaData())
    later.append_column(Column("tenant", String(8)))
    later.append_column(Column("weight", Integer, nullable=False, server_default="1"))
    later.create(database)
    monkeypatch.setattr("relevo_inference.journal.entries.predictions", later)
    monkeypatch.setattr("relevo_inference.journal.shipper.predictions", later)
    old, new, last = ids(3)
    of_today = entry(new).replace(b'"stale"', b'"tenant": "x", "weight": 5, "stale"')
    connection = connect(path)
    connection.execute(
        "INSERT INTO outbox (predictions, payload) VALUES (3, ?)", (entry(old) + of_today + entry(last),)
    )
    connection.close()
    running = shipper(path, database)
    running.start()
    until(lambda: len(shipped(database)) == 3)
    running.close()
    assert running.error is None
    with database.connect() as reading:
        found = reading.execute(select(later.c.prediction_id, later.c.tenant, later.c.weight)).all()
    assert {tuple(row) for row in found} == {(old, None, 1), (new, "x", 5), (last, None, 1)}


def test_a_missing_table_keeps_everything_until_it_is_there(path: Path, database: Engine) -> None:
    wanted = ids(3)
    asyncio.run(write(path, [wanted]))
    running = shipper(path, database)
    running.start()
    until(lambda: running.error is not None)
    assert running.error is not None
    assert "predictions" in running.error
    assert running.backlog == 3
    raw_metadata.create_all(database)
    until(lambda: len(shipped(database)) == 3)
    running.close()
    assert waiting(path) == []


@pytest.fixture
def silent_server() -> Iterator[str]:
    """A URL where connections are accepted, and never a word is said: a MySQL that is paused."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"mysql+pymysql://raw:hidden@127.0.0.1:{server.getsockname()[1]}/raw"


def shipping() -> bool:
    return any(thread.name == "shipper" for thread in threading.enumerate())


def test_a_database_that_says_nothing_is_reported(
    path: Path, silent_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("relevo_inference.journal.shipper._DATABASE_SECONDS", 0.5)
    wanted = ids(2)
    asyncio.run(write(path, [wanted]))
    running = Shipper(path, silent_server, Telemetry(), interval=0.05)
    running.start()
    until(lambda: running.error is not None)
    assert running.error is not None
    assert "hidden" not in running.error
    assert running.backlog == 2
    running.close()
    assert waiting(path) == wanted


def test_a_database_that_says_nothing_does_not_keep_the_server_from_stopping(
    path: Path, silent_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("relevo_inference.journal.shipper._DATABASE_SECONDS", 1)
    monkeypatch.setattr("relevo_inference.journal.shipper._CLOSING_SECONDS", 0.2)
    asyncio.run(write(path, [ids(1)]))
    running = Shipper(path, silent_server, Telemetry(), interval=0.05)
    running.start()
    time.sleep(0.3)
    began = time.monotonic()
    running.close()
    assert time.monotonic() - began < 0.6
    assert shipping()
    until(lambda: not shipping())
    assert len(waiting(path)) == 1


def test_the_log_goes_into_the_file_while_the_database_is_away(path: Path, database: Engine) -> None:
    """Its table is missing, so shipping fails at every turn."""
    asyncio.run(write(path, [[]]))
    keep_open = connect(path)  # the last one to close a file takes its log in
    payload = entry(*ids(2000))
    keep_open.execute("INSERT INTO outbox (predictions, payload) VALUES (2000, ?)", (payload,))
    assert path.stat().st_size < len(payload)
    running = shipper(path, database)
    running.start()
    until(lambda: running.error is not None)
    assert path.stat().st_size > len(payload)
    running.close()
    keep_open.close()


def test_the_log_stays_small_though_nobody_ships(path: Path) -> None:
    async def run() -> int:
        outbox = Outbox(path)
        for _ in range(6000):
            await outbox.write(payload, 1)
        size = path.with_name(path.name + "-wal").stat().st_size
        await outbox.close()
        return size

    payload = entry(*ids(1))
    assert asyncio.run(run()) < 20 * 2**20


def test_without_a_database_the_outbox_keeps_all(path: Path) -> None:
    asyncio.run(write(path, [ids(3)]))
    running = shipper(path, None)
    running.start()
    until(lambda: running.backlog == 3)
    running.close()
    assert running.error is not None
    assert "RAW_DB_URL" in running.error


def test_one_of_two_ships_and_the_other_takes_over(path: Path, database: Engine) -> None:
    raw_metadata.create_all(database)
    first, second = shipper(path, database), shipper(path, database)
    first.start()
    one, two = ids(2)
    asyncio.run(write(path, [[one]]))
    until(lambda: shipped(database) == [one])
    second.start()
    first.close()
    asyncio.run(write(path, [[two]]))
    until(lambda: len(shipped(database)) == 2)
    second.close()


def _answer_until_killed(path: Path, told: Path) -> None:
    async def run() -> None:
        outbox = Outbox(path)
        with told.open("a") as file:
            while True:
                batch = ids(20)
                await asyncio.gather(*(outbox.write(entry(i), 1) for i in batch))
                file.writelines(f"{i}\n" for i in batch)
                file.flush()

    asyncio.run(run())


def test_two_killed_processes_lose_nothing_they_answered(path: Path, tmp_path: Path) -> None:
    told = [tmp_path / "told-1", tmp_path / "told-2"]
    processes = [subprocess.Popen([sys.executable, __file__, path, file]) for file in told]
    until(lambda: all(file.exists() and file.stat().st_size > 10_000 for file in told), 30)
    for process in processes:
        process.send_signal(signal.SIGKILL)
        process.wait()
    kept = waiting(path)
    answered = {line for file in told for line in file.read_text().splitlines() if len(line) == 36}
    assert answered <= set(kept)
    assert len(kept) == len(set(kept))
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()


if __name__ == "__main__":
    _answer_until_killed(Path(sys.argv[1]), Path(sys.argv[2]))
