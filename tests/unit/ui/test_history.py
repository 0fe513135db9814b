"""The history is what the table `runs` says, and it says so when it cannot be read."""

from pathlib import Path
from typing import Any

import pytest
from relevo_contract.database import connect
from relevo_contract.tables import promotions, raw_metadata
from relevo_ui.database import connect_read_only
from relevo_ui.history import Filter, History, HistoryUnavailableError, Promotions
from relevo_ui.links import Links
from relevo_ui.story import Badge, Story, tell
from relevo_ui.texts import ENGLISH
from sqlalchemy import insert, text
from sqlalchemy.exc import OperationalError
from support.audited import START, write


def story(tmp_path: Path, links: Links, **row: Any) -> Story:
    return tell(History(write(tmp_path, row)).runs()[0], ENGLISH, links)


def test_newest_first_of_one_problem_or_of_all(tmp_path: Path) -> None:
    history = History(write(tmp_path, {"batch": "1"}, {"batch": "x", "problem": "plants"}, {"batch": "2"}))
    assert [run["batch"] for run in history.runs("animals")] == ["2", "1"]
    assert [run["batch"] for run in history.runs()] == ["2", "x", "1"]
    assert [run["batch"] for run in history.runs(limit=1)] == ["2"]


def test_a_promotion_with_its_reasons_and_scores(tmp_path: Path, links: Links) -> None:
    told = story(
        tmp_path,
        links,
        batch="7",
        data="simulated",
        rows_received=5810,
        rows_rejected=12,
        rows_new=5441,
        decision="train",
        decision_reason="train: still 5,441 of 5,810 rows are new",
        verdict="promoted",
        verdict_reason="promoted: random_forest, better",
        metric="macro_f1",
        champion_version="1",
        champion_score=0.67896,
        challenger_version="2",
        challenger_score=0.7411,
        challenger_algorithm="random_forest",
        mlflow_run_id="ab12",
    )
    assert told.trained.badge == Badge("Yes", "good")
    assert told.trained.reason == "Still 5,441 of 5,810 rows are new"
    assert told.promoted.badge == Badge("Yes", "good")
    assert told.promoted.reason == "random_forest, better"
    assert (told.received, told.rejected, told.new) == (5810, 12, 5441)
    assert (told.champion_version, told.champion_score) == ("1", "0.6790")
    assert (told.challenger_version, told.challenger_score, told.algorithm) == ("2", "0.7411", "random forest")
    assert told.simulated
    assert told.state is None
    assert told.started == "2026-11-21 07:00 UTC"
    assert told.airflow_link == "https://air.example/dags/animals/runs/run%200"
    assert told.mlflow_link == "https://flow.example/#/runs/ab12"


@pytest.mark.parametrize(
    ("row", "state", "trained", "promoted", "note"),
    [
        ({"state": "running"}, "running", None, None, ""),
        ({"decision": "skip", "decision_reason": "skip: known"}, None, "No", None, ""),
        ({"decision": "train", "verdict": "rejected"}, None, "Yes", "No", ""),
        (
            {"state": "failed", "failed_task": "validate", "error": "Too many bad rows."},
            "failed",
            None,
            None,
            "Failed in “validate”: Too many bad rows.",
        ),
        (
            {
                "state": "failed",
                "decision": "train",
                "verdict": "promoted",
                "failed_task": "promote",
                "error": "No registry.",
            },
            "failed",
            "Yes",
            "not carried out",
            "Failed in “promote”: No registry.",
        ),
        ({"state": "running", "decision": "train", "verdict": "promoted"}, "running", "Yes", "running", ""),
        (
            {"state": "exhausted", "decision_reason": "All is delivered."},
            "No more data",
            None,
            None,
            "All is delivered.",
        ),
        ({"state": "new in a later release"}, None, None, None, ""),
    ],
)
def test_every_way_a_run_can_stand(
    tmp_path: Path,
    links: Links,
    row: dict[str, Any],
    state: str | None,
    trained: str | None,
    promoted: str | None,
    note: str,
) -> None:
    told = story(tmp_path, links, **row)
    badges = (told.state, told.trained.badge, told.promoted.badge)
    assert [badge and badge.text for badge in badges] == [state, trained, promoted]
    assert told.note == note


@pytest.mark.parametrize(
    ("evidence", "remarks"),
    [
        (None, ()),
        ({"new_categories": {}, "rejected": {}, "of a later release": 1}, ()),
        (
            {"schema_changes": {"missing": {"Legs": 1200}, "unexpected": {"legs": 1200, "Tail {x}": 3}}},
            ("Missing columns: Legs (1,200)", "Unexpected columns: legs (1,200), Tail {x} (3)"),
        ),
        (
            {"rejected": {"Legs": {"above 8": 2, "missing": 9}, "Age": {"missing": 2, "not a number": 1}}},
            ("Rejected values: Legs: missing (9), Age: missing (2), Legs: above 8 (2), …",),
        ),
        (
            {"content_type": "text/html", "same_body_as_collection": 3},
            ("Came as text/html, read as JSON", "The same answer, byte for byte, as collection 3"),
        ),
    ],
)
def test_what_was_noticed_about_a_batch(
    tmp_path: Path, links: Links, evidence: dict[str, Any] | None, remarks: tuple[str, ...]
) -> None:
    assert story(tmp_path, links, evidence=evidence).remarks == remarks


def test_a_database_without_the_table_has_no_runs(tmp_path: Path) -> None:
    (tmp_path / "clean.db").touch()
    assert History(f"sqlite:///{tmp_path}/clean.db").runs() == []


def test_a_missing_file_is_said_and_not_created(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/clean.db"
    with pytest.raises(HistoryUnavailableError, match="unable to open database file"):
        History(url).runs()
    assert list(tmp_path.iterdir()) == []


def test_filters_leave_what_matches(tmp_path: Path) -> None:
    rows = (
        {"batch": "1", "decision": "train", "verdict": "promoted", "verdict_reason": "better by 100%"},
        {"batch": "2", "decision": "skip", "decision_reason": "skip: no rule fired"},
        {"batch": "3", "state": "failed", "error": "1,400 rows break the contract"},
        {"batch": "4", "decision": "train", "verdict": "rejected", "verdict_reason": "rejected: worse"},
    )
    history = History(write(tmp_path, *rows))

    def found(**wanted: str) -> list[str]:
        return [run["batch"] for run in history.runs("animals", only=Filter(**wanted))]

    assert found() == ["4", "3", "2", "1"]
    assert found(state="failed") == ["3"]
    assert found(decision="train") == ["4", "1"]
    assert found(decision="train", verdict="rejected") == ["4"]
    assert found(text=" CONTRACT ") == ["3"]
    # What stands for anything in SQL stands for itself here.
    assert found(text="0%") == ["1"]
    assert found(text="_") == []


def test_promotions_newest_first_and_none_without_their_table(tmp_path: Path) -> None:
    (tmp_path / "empty.db").touch()
    assert Promotions(f"sqlite:///{tmp_path}/empty.db").latest("animals") == []
    engine = connect(url := f"sqlite:///{tmp_path}/raw.db")
    raw_metadata.create_all(engine)
    with engine.begin() as connection:
        for number, problem in enumerate(("animals", "plants", "animals")):
            change = {"to_version": str(number), "promoted_at": START, "promoted_by": "ana", "reason": "r"}
            connection.execute(insert(promotions).values(problem=problem, **change))
    engine.dispose()
    assert [row["to_version"] for row in Promotions(url).latest("animals")] == ["2", "0"]
    assert len(Promotions(url).latest("animals", limit=1)) == 1


def test_the_page_cannot_write(tmp_path: Path) -> None:
    engine = connect_read_only(write(tmp_path, {}))
    with engine.connect() as connection, pytest.raises(OperationalError, match="readonly"):
        connection.execute(text("DELETE FROM runs"))


def test_a_database_in_memory_is_refused() -> None:
    with pytest.raises(ValueError, match="in memory"):
        connect_read_only("sqlite://")
