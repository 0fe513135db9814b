"""Live accuracy and error: counted once, then added up."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from relevo_contract.tables import feedback, raw_metadata
from relevo_inference.journal.feedback import Feedback, keep, ship
from relevo_inference.journal.outbox import connect
from relevo_inference.journal.scores import Score, Scores
from relevo_inference.journal.shipper import Shipper
from relevo_inference.telemetry import Telemetry
from sqlalchemy import Engine, delete, event

LABELS = st.builds(
    Feedback,
    st.uuids().map(str),
    st.sampled_from("ab"),
    st.sampled_from("123"),
    st.just("0"),
    st.sampled_from("01"),
)
NUMBERS = st.integers(-50, 50).map(float)
INTERVALS = st.none() | st.tuples(NUMBERS, NUMBERS)
VALUES = st.builds(Feedback, st.uuids().map(str), st.just("c"), st.sampled_from("45"), NUMBERS, NUMBERS, INTERVALS)


@pytest.fixture
def tables(database: Engine) -> Engine:
    raw_metadata.create_all(database)
    return database


def counted(engine: Engine) -> list[Score]:
    scores = Scores()
    scores.count(engine)
    return scores.newest(10)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(batches=st.lists(st.lists(LABELS | VALUES, max_size=8), max_size=4))
def test_adding_up_gives_what_counting_does(path: Path, tables: Engine, batches: list[list[Feedback]]) -> None:
    """Also when the same truth is told again after it has left the outbox."""
    outbox = connect(path)
    with tables.begin() as connection:
        connection.execute(delete(feedback))
    scores = Scores()
    scores.count(tables)
    for number, batch in enumerate(batches):
        for given_truth in [*batch, *batches[number - 1]]:
            keep(outbox, given_truth)
        for rows in ship(outbox, tables):
            scores.add(rows)
    outbox.close()
    assert scores.newest(10) == counted(tables)


def test_scores_are_of_the_newest_versions(path: Path, tables: Engine) -> None:
    outbox = connect(path)
    for version in range(1, 13):
        for n in range(4):
            keep(outbox, Feedback(f"{version}-{n}", "animals", str(version), "0", "0" if n else "1"))
    keep(outbox, Feedback("x", "houses", "2", 10.0, 7.5, (7.0, 12.0)))
    keep(outbox, Feedback("y", "houses", "2", 1.0, 1.5, (0.0, 1.25)))
    assert sum(map(len, ship(outbox, tables))) == 50
    outbox.close()
    found = counted(tables)
    assert [s.version for s in found if s.problem == "animals"] == [str(v) for v in range(12, 2, -1)]
    assert found[0] == Score("animals", "12", 4, 0.75, None, None)
    assert Score("houses", "2", 2, None, 1.5, 0.5) in found


def test_the_table_is_counted_again_after_an_hour(tables: Engine) -> None:
    """Other servers may write to it."""
    now = 50.0
    scores = Scores(lambda: now)
    assert scores.due
    scores.count(tables)
    assert not scores.due
    now += 3600
    assert scores.due


def test_shipping_does_not_read_the_table_again(path: Path, tables: Engine) -> None:
    passes: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "GROUP BY" in statement:
            passes.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        running = Shipper(path, tables.url.render_as_string(), telemetry := Telemetry(), interval=1)
        for number in range(5):
            outbox = connect(path)
            keep(outbox, Feedback(f"p-{number}", "animals", "3", "0", "0" if number else "1"))
            outbox.close()
            assert running.turn()
            labels = {"problem": "animals", "version": "3"}
            assert telemetry.registry.get_sample_value("relevo_feedback", labels) == number + 1
        running.release()
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    assert telemetry.registry.get_sample_value("relevo_live_accuracy", labels) == 0.8
    assert len(passes) == 1
