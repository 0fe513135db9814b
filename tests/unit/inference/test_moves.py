"""Moves by hand get their row once; those of the pipeline, which writes its row first, get none."""

from datetime import timedelta
from pathlib import Path
from threading import Barrier, Thread

import pytest
from relevo_contract.tables import promotions, raw_metadata, utc_now
from relevo_inference.journal.moves import SEEN_BY, Latest, Move, note
from relevo_inference.journal.moves import record as record_with
from sqlalchemy import Engine, insert, select
from support.journal import shipper

NOW = utc_now()


@pytest.fixture
def raw(database: Engine) -> Engine:
    raw_metadata.create_all(database)
    return database


def move(before: str | None, after: str, seconds: float) -> Move:
    return Move("animals", before, after, NOW + timedelta(seconds=seconds))


def record(raw: Engine, move: Move, *done: str) -> None:
    """With a registry in which the announced moves to the versions `done` have happened."""

    def happened(seen: Move, latest: Latest) -> bool:
        assert seen is move
        return latest.to_version in done

    record_with(raw, move, happened)


def announced(raw: Engine, before: str | None, after: str, seconds: float, problem: str = "animals") -> None:
    """What the pipeline writes before it moves the alias."""
    row = {"problem": problem, "from_version": before, "to_version": after, "promoted_by": "pipeline"}
    with raw.begin() as connection:
        moment = NOW + timedelta(seconds=seconds)
        connection.execute(insert(promotions).values(**row, promoted_at=moment, reason="better"))


def story(raw: Engine) -> list[tuple[str | None, str, str]]:
    columns = promotions.c
    query = select(columns.from_version, columns.to_version, columns.promoted_by).order_by(columns.id)
    with raw.connect() as connection:
        rows = connection.execute(query.where(columns.problem == "animals"))
        return [(before, after, "hand" if by == SEEN_BY else by) for before, after, by in rows]


def test_a_move_that_was_announced_is_on_record_already(raw: Engine) -> None:
    announced(raw, None, "1", 0)
    record(raw, move(None, "1", 1))
    announced(raw, "1", "2", 10)
    record(raw, move("1", "2", 11))
    assert story(raw) == [(None, "1", "pipeline"), ("1", "2", "pipeline")]


def test_a_move_by_hand_is_written_down_and_so_is_the_way_back(raw: Engine) -> None:
    announced(raw, None, "1", 0)
    for number, (before, after) in enumerate([("1", "2"), ("2", "1"), ("1", "2")]):
        for server in range(3):
            record(raw, move(before, after, 10 * (number + 1) + server / 10))
    assert story(raw)[1:] == [("1", "2", "hand"), ("2", "1", "hand"), ("1", "2", "hand")]


def test_the_first_model_may_come_by_hand(raw: Engine) -> None:
    announced(raw, None, "7", 0, problem="plants")
    record(raw, move(None, "3", 1))
    record(raw, move(None, "3", 2))
    assert story(raw) == [(None, "3", "hand")]


def test_an_announced_move_that_has_not_happened_yet_is_no_way_back(raw: Engine) -> None:
    announced(raw, None, "1", 0)
    announced(raw, "1", "2", 10)
    # The alias still points to 1. One server just started, another one has only now seen that 1 came.
    record(raw, move(None, "1", 11))
    record(raw, move("0", "1", 11))
    assert len(story(raw)) == 2
    # Somebody who has seen 2 sees 1 again: that is a way back.
    record(raw, move("2", "1", 20))
    assert story(raw)[2:] == [("2", "1", "hand")]


def test_a_server_that_starts_writes_down_what_nobody_announced(raw: Engine) -> None:
    announced(raw, "1", "2", 0)
    record(raw, move(None, "3", 5))
    assert story(raw)[1:] == [("2", "3", "hand")]


def test_a_way_back_that_no_server_saw_is_told_from_a_move_that_is_still_to_come(raw: Engine) -> None:
    announced(raw, None, "1", 0)
    announced(raw, "1", "2", 10)
    record(raw, move("1", "1", 20))
    assert len(story(raw)) == 2, "the alias has not moved yet"
    # All servers were down while it moved to 2 and back by hand: 2 has the mark of a move that was completed.
    for server in range(3):
        record(raw, move("1", "1", 30 + server), "2")
    record(raw, move(None, "1", 40), "2")
    assert story(raw)[2:] == [("2", "1", "hand")]
    # By hand to 2 with a server, and back without one. No mark is needed: it was written down when it had happened.
    record(raw, move("1", "2", 50))
    record(raw, move(None, "1", 60))
    assert story(raw)[3:] == [("1", "2", "hand"), ("2", "1", "hand")]


def test_what_two_servers_saw_during_an_outage_is_written_once(raw: Engine) -> None:
    announced(raw, None, "1", 0)
    seen = [("1", "2"), ("2", "1"), ("1", "2")]
    for delay in (0, 0.4):
        for number, (before, after) in enumerate(seen):
            record(raw, move(before, after, 10 * (number + 1) + delay))
    assert [(before, after) for before, after, _ in story(raw)[1:]] == seen


def test_servers_at_the_same_moment_write_once(raw: Engine) -> None:
    announced(raw, None, "1", 0)
    together = Barrier(8)

    def server() -> None:
        together.wait()
        record(raw, move("1", "2", 10))

    threads = [Thread(target=server) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert story(raw)[1:] == [("1", "2", "hand")]


def test_a_move_waits_in_the_outbox_for_its_database(path: Path, database: Engine) -> None:
    note(path, move("1", "2", 0))
    note(path, move("1", "2", 0.1))  # another worker saw it too
    running = shipper(path, database)
    assert not running.turn(), "there are no tables"
    raw_metadata.create_all(database)
    assert running.turn()
    assert running.turn()
    running.release()
    assert story(database) == [("1", "2", "hand")]
