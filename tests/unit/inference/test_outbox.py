"""The outbox: what is written is there, or the writer is told that it is not."""

import asyncio
import sqlite3
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from relevo_contract.tables import utc_now
from relevo_inference.journal.backlog import measure
from relevo_inference.journal.entries import decode
from relevo_inference.journal.outbox import JournalError, Outbox, connect
from support import outbox_writer
from support.journal import entry, ids, shipper, waiting, write
from support.processes import until


def test_requests_share_commits(path: Path) -> None:
    batches = [ids(1) for _ in range(500)]
    write(path, *batches)
    assert sorted(waiting(path)) == sorted(i for batch in batches for i in batch)
    connection = connect(path)
    commits, count = connection.execute("SELECT count(*), sum(predictions) FROM outbox").fetchone()
    connection.close()
    assert count == 500
    assert commits < 250


def test_a_commit_stays_small_however_much_comes_at_once(path: Path) -> None:
    write(path, *(ids(2000) for _ in range(30)))
    connection = connect(path)
    most, size = connection.execute("SELECT max(predictions), max(length(payload)) FROM outbox").fetchone()
    connection.close()
    assert most < 5000 + 2000
    assert size < 8 * 2**20


def test_the_loop_goes_on_while_another_process_holds_the_file(path: Path) -> None:
    prediction = ids(1)

    async def run() -> None:
        outbox = Outbox(path)
        other = connect(path)
        other.execute("BEGIN IMMEDIATE")
        writing = asyncio.create_task(outbox.write(entry(*prediction), 1))
        await asyncio.sleep(0.05)  # the loop turns meanwhile, and nothing was promised
        assert not writing.done()
        other.execute("COMMIT")
        await writing
        other.close()
        await outbox.close()

    asyncio.run(run())
    assert waiting(path) == prediction


def test_the_log_begins_anew_while_predictions_come(path: Path) -> None:
    """Small commits on the loop, many more than the log may hold before it is taken over."""

    async def run() -> int:
        outbox = Outbox(path)
        payload = entry(*ids(1)).ljust(100_000)
        for _ in range(400):
            await outbox.write(payload, 1)
        size = path.with_name(path.name + "-wal").stat().st_size
        await outbox.close()
        return size

    assert asyncio.run(run()) < 24 * 2**20


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


def test_at_its_cap_it_refuses_until_there_is_room(path: Path) -> None:
    cap = 2**20

    async def run() -> int:
        first, second = Outbox(path, most_bytes=cap), Outbox(path, most_bytes=cap)
        written = 0
        for _ in range(cap // 50):
            try:
                await first.write(entry(*ids(50)), 50)
            except JournalError:
                break
            written += 50
        with pytest.raises(JournalError, match="its cap of 1 MiB"):
            await second.write(entry(*ids(50)), 50)
        connection = connect(path)
        assert cap * 0.9 < measure(connection).used_bytes <= cap
        connection.execute("DELETE FROM outbox")
        assert measure(connection).used_bytes < cap / 10
        connection.close()
        for outbox in (first, second):
            await outbox.write(entry(*ids(50)), 50)
            await outbox.close()
        return written

    written = asyncio.run(run())
    assert len(waiting(path)) == 100
    assert 1000 < written < cap


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


def test_a_clock_that_jumps_changes_neither_order_nor_ids(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = ids(5)
    now = utc_now()
    for hours, prediction in zip((0, -3, 5000, -90000, 1), wanted, strict=True):
        moment = now + timedelta(hours=hours)
        monkeypatch.setattr("relevo_inference.journal.entries.utc_now", lambda moment=moment: moment)
        write(path, [prediction])
    assert waiting(path) == wanted
    connection = connect(path)
    payloads = connection.execute("SELECT payload FROM outbox ORDER BY id").fetchall()
    moments = [decode(payload.splitlines())[0][0].predicted_at for (payload,) in payloads]
    assert moments[1] < moments[0] < moments[2]
    # The clock is behind what was written: an age is never negative.
    monkeypatch.setattr("relevo_inference.journal.backlog.utc_now", lambda: now - timedelta(days=9000))
    assert measure(connection).oldest_seconds == 0
    connection.close()


def test_without_a_database_the_outbox_keeps_all(path: Path) -> None:
    write(path, ids(3))
    running = shipper(path, None)
    assert running.turn()
    assert running.backlog == 3
    assert running.error is not None
    assert "RAW_DB_URL" in running.error
    running.release()


def test_two_killed_processes_lose_nothing_they_answered(path: Path, tmp_path: Path) -> None:
    told = [tmp_path / "told-1", tmp_path / "told-2"]
    command = [sys.executable, outbox_writer.__file__, path]
    processes = [subprocess.Popen([*command, file]) for file in told]
    try:
        until(lambda: all(file.exists() and file.stat().st_size > 10_000 for file in told), "writing")
    finally:
        for process in processes:
            process.kill()
            process.wait()
    kept = waiting(path)
    answered = {line for file in told for line in file.read_text().splitlines() if len(line) == 36}
    assert answered <= set(kept)
    assert len(kept) == len(set(kept))
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()
