"""The shipper as a thread: it starts, stops, takes over, and never keeps the server from stopping."""

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from relevo_contract.tables import raw_metadata
from relevo_inference.journal.shipper import Shipper
from relevo_inference.telemetry import Telemetry
from sqlalchemy import Engine
from support.journal import ids, shipped, shipper, waiting, write
from support.processes import until


@pytest.fixture
def silent_server() -> Iterator[str]:
    """A URL where connections are accepted, and never a word is said: a MySQL that is paused."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"mysql+pymysql://raw:hidden@127.0.0.1:{server.getsockname()[1]}/raw"


def shipping() -> bool:
    return any(thread.name == "shipper" for thread in threading.enumerate())


def test_it_ships_what_comes_and_stops(path: Path, database: Engine) -> None:
    raw_metadata.create_all(database)
    running = shipper(path, database)
    running.start()
    for count in (1, 3):
        before = len(shipped(database))
        write(path, ids(count))
        until(lambda before=before, count=count: len(shipped(database)) == before + count, "shipping")
    running.close()
    assert not shipping()
    assert waiting(path) == []


def test_what_came_last_is_shipped_before_it_stops(path: Path, database: Engine) -> None:
    raw_metadata.create_all(database)
    write(path, ids(2))
    running = Shipper(path, database.url.render_as_string(), Telemetry(), interval=3600)
    running.start()
    running.close()
    assert len(shipped(database)) == 2


def test_a_database_that_says_nothing_is_reported(
    path: Path, silent_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("relevo_inference.journal.shipper._DATABASE_SECONDS", 0.2)
    wanted = ids(2)
    write(path, wanted)
    running = Shipper(path, silent_server, Telemetry(), interval=0.05)
    assert not running.turn()
    assert running.error is not None
    assert "timed out" in running.error
    assert "hidden" not in running.error
    assert running.backlog == 2
    running.release()
    assert waiting(path) == wanted


def test_a_database_that_says_nothing_does_not_keep_the_server_from_stopping(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says nothing until the test is over, so that whoever waited for it would never get here."""
    monkeypatch.setattr("relevo_inference.journal.shipper._DATABASE_SECONDS", 3600)
    monkeypatch.setattr("relevo_inference.journal.shipper._CLOSING_SECONDS", 0.2)
    write(path, ids(1))
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"mysql+pymysql://raw:hidden@127.0.0.1:{server.getsockname()[1]}/raw"
        running = Shipper(path, url, Telemetry(), interval=0.05)
        running.start()
        connection, _ = server.accept()  # it waits for the first word now
        running.close()
        assert shipping()
        connection.close()
    until(lambda: not shipping(), "the end of the thread")
    assert len(waiting(path)) == 1


def test_one_of_two_ships_and_the_other_takes_over(path: Path, database: Engine) -> None:
    raw_metadata.create_all(database)
    first, second = shipper(path, database), shipper(path, database)
    first.start()
    one, two = ids(2)
    write(path, [one])
    until(lambda: shipped(database) == [one], "shipping")
    second.start()
    first.close()
    write(path, [two])
    until(lambda: len(shipped(database)) == 2, "taking over")
    second.close()
