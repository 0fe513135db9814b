"""What is said of the backlog is right, and costs the same however long it is."""

from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from relevo_inference.journal.backlog import measure
from relevo_inference.journal.outbox import APPEND, connect

# So many predictions in a commit, or so many commits taken to the database.
STEPS = st.lists(st.tuples(st.just("commit"), st.integers(1, 5000)) | st.tuples(st.just("ship"), st.integers(1, 3)))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(steps=STEPS)
def test_it_is_how_many_wait(path: Path, steps: list[tuple[str, int]]) -> None:
    with closing(connect(path)) as outbox:
        outbox.execute("DELETE FROM outbox")
        waiting: list[int] = []
        for what, count in steps:
            if what == "commit":
                outbox.execute(APPEND, (count, b"{}\n"))
                waiting.append(count)
            else:
                first = outbox.execute("SELECT id FROM outbox ORDER BY id LIMIT ?", (count,)).fetchall()
                outbox.executemany("DELETE FROM outbox WHERE id = ?", first)
                waiting = waiting[count:]
            assert measure(outbox).predictions == sum(waiting)


@pytest.fixture
def long(path: Path) -> Path:
    with closing(connect(path)) as outbox, outbox:
        outbox.execute("BEGIN")
        outbox.executemany(APPEND, [(3, b"{}\n")] * 20_000)
    return path


def test_it_takes_as_many_steps_for_a_long_one(long: Path) -> None:
    def steps() -> int:
        taken = 0

        def step() -> int:
            nonlocal taken
            taken += 1
            return 0

        outbox.set_progress_handler(step, 1)
        measure(outbox)
        outbox.set_progress_handler(None, 0)
        return taken

    with closing(connect(long)) as outbox:
        assert measure(outbox).predictions == 60_000
        of_many = steps()
        outbox.execute("DELETE FROM outbox WHERE id > 3")
        assert measure(outbox).predictions == 3
        assert steps() == of_many


def test_commits_of_a_release_that_did_not_number_them_are_shipped_as_ever(path: Path) -> None:
    with closing(connect(path)) as outbox:
        outbox.execute("INSERT INTO outbox (predictions, payload) VALUES (7, x'7B7D0A')")
        assert measure(outbox).predictions == 7
        outbox.execute(APPEND, (5, b"{}\n"))
        assert measure(outbox).predictions == 12
        outbox.execute("DELETE FROM outbox WHERE id <= 1")
        assert measure(outbox).predictions == 5
