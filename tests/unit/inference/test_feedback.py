from pathlib import Path

import pytest
from relevo_contract.tables import feedback, raw_metadata
from relevo_inference.journal.feedback import Feedback, Score, keep, scores, ship
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
    assert ship(outbox, database) == 1
    # Another server took a different truth before the first one was in the database.
    keep(outbox, labelled("a", "0", "2"))
    assert ship(outbox, database) == 1
    outbox.close()
    with database.connect() as connection:
        (row,) = connection.execute(select(feedback)).all()
    assert (row.predicted, row.truth, row.correct, row.absolute_error) == ("0", "1", 0, None)


def test_scores_are_of_the_newest_versions(path: Path, database: Engine) -> None:
    raw_metadata.create_all(database)
    outbox = connect(path)
    for version in range(1, 13):
        for n in range(4):
            keep(outbox, labelled(f"{version}-{n}", "0", "0" if n else "1", str(version)))
    keep(outbox, Feedback("x", "houses", "2", 10.0, 7.5))
    keep(outbox, Feedback("y", "houses", "2", 1.0, 1.5))
    assert ship(outbox, database) == 50
    outbox.close()
    found = scores(database, 10)
    assert [s.version for s in found if s.problem == "animals"] == [str(v) for v in range(12, 2, -1)]
    assert found[0] == Score("animals", "12", 4, 0.75, None)
    assert Score("houses", "2", 2, None, 1.5) in found


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
