from pathlib import Path

import pytest
from relevo_contract.tables import feedback, raw_metadata
from relevo_inference.journal.feedback import Feedback, keep, ship
from relevo_inference.journal.outbox import connect
from relevo_inference.journal.shipper import Shipper
from relevo_inference.telemetry import Telemetry
from sqlalchemy import Engine, select


def labelled(prediction_id: str, predicted: str, truth: str, version: str = "1") -> Feedback:
    return Feedback(prediction_id, "animals", version, predicted, truth)


def test_the_first_truth_counts(path: Path, database: Engine) -> None:
    raw_metadata.create_all(database)
    outbox = connect(path)
    assert keep(outbox, labelled("a", "0", "1")) == "1"
    assert keep(outbox, labelled("a", "0", "1")) == "1"
    assert keep(outbox, labelled("a", "0", "2")) == "1"
    ((row,),) = ship(outbox, database)
    assert row["prediction_id"] == "a"
    # Another server took a different truth before the first one was in the database.
    keep(outbox, labelled("a", "0", "2"))
    assert list(ship(outbox, database)) == [[]], "it left the outbox, and is not new"
    assert list(ship(outbox, database)) == []
    outbox.close()
    with database.connect() as connection:
        (row,) = connection.execute(select(feedback)).all()
    assert (row.predicted, row.truth, row.correct, row.absolute_error) == ("0", "1", 0, None)


def test_scores_are_metrics_from_the_start_on(path: Path, database: Engine) -> None:
    raw_metadata.create_all(database)
    outbox = connect(path)
    keep(outbox, labelled("a", "0", "0", "3"))
    outbox.close()
    url = database.url.render_as_string()
    for _ in range(2):  # the second one finds nothing to ship
        telemetry = Telemetry()
        running = Shipper(path, url, telemetry, interval=1)
        assert running.turn()
        running.release()
        labels = {"problem": "animals", "version": "3"}
        assert telemetry.registry.get_sample_value("relevo_live_accuracy", labels) == 1
        assert telemetry.registry.get_sample_value("relevo_feedback", labels) == 1
        assert telemetry.registry.get_sample_value("relevo_live_absolute_error", labels) is None


@pytest.mark.parametrize(("predicted", "truth", "right"), [("1", "1", True), ("1", "2", False), (1.0, 2.5, None)])
def test_right_or_how_far_off(predicted: str | float, truth: str | float, right: bool | None) -> None:
    given = Feedback("a", "p", "1", predicted, truth)
    assert given.correct is right
    assert given.absolute_error == (1.5 if right is None else None)


@pytest.mark.parametrize(
    ("interval", "covered"), [((1.0, 3.0), True), ((2.5, 2.5), True), ((0, 2), False), (None, None)]
)
def test_whether_the_interval_held_the_truth(interval: tuple[float, float] | None, covered: bool | None) -> None:
    assert Feedback("a", "p", "1", 1.0, 2.5, interval).covered is covered


def test_an_entry_of_an_earlier_release_is_shipped(path: Path, database: Engine) -> None:
    raw_metadata.create_all(database)
    outbox = connect(path)
    keep(outbox, labelled("a", "0", "1"))
    keep(outbox, labelled("b", "0", "1"))
    outbox.execute(
        "UPDATE feedback SET entry = CAST(json_remove(entry, '$.covered') AS BLOB) WHERE prediction_id = 'a'"
    )
    (rows,) = ship(outbox, database)
    assert [row["covered"] for row in rows] == [None, None]
    outbox.close()
