"""What a run finds out about its new rows, and what it decides on that, against a real MLflow server."""

import json
from pathlib import Path

import pytest
from relevo_contract.assessment import Assessment
from relevo_contract.encoding import Encoder
from relevo_contract.registry import PRODUCTION, TAG_DECISION_REASON, TAG_DECISION_RULE
from relevo_pipeline import audit
from relevo_pipeline.batches import new_rows
from relevo_pipeline.run import Run
from relevo_pipeline.served_model import ServedModel
from relevo_pipeline.steps.assess import assess
from relevo_pipeline.steps.decide import decide
from relevo_pipeline.steps.judge import judge
from relevo_pipeline.steps.promote import promote
from relevo_pipeline.steps.train import train
from relevo_pipeline.training import dataset
from relevo_problems.simulator import simulate
from support.runs import PROBLEM, Stack, rows

TRAINED_ON = 1_500


def drifted_rows(count: int) -> list[list[str]]:
    return [list(row) for row in simulate(PROBLEM, count, seed=1, part=9)]


@pytest.fixture
def production(stack: Stack) -> Stack:
    """With a first model in production."""
    first = stack.until_decided("first", rows(TRAINED_ON, seed=1), batch=1)
    train(first, "logistic_regression")
    judge(first)
    promote(first)
    return stack


def assessment(run: Run) -> Assessment:
    return Assessment.model_validate(audit.read(run).evidence["assessment"])


def test_more_of_the_same_is_skipped_and_different_rows_are_trained_on(production: Stack, tmp_path: Path) -> None:
    card = ServedModel.load(production.run("first"), f"models:/{PROBLEM.name}/1").card
    assert card.reference is not None
    assert card.reference.rows == card.training_set.rows

    # Other rows of the same seed and part: what an API with the same rows would deliver next.
    more = rows(TRAINED_ON + 400, seed=1)[TRAINED_ON:]
    same = production.until_decided("same", more, batch=1)
    entry, found = audit.read(same), assessment(same)
    assert (entry.decision, entry.decision_rule) == ("skip", "no_rule")
    assert found.version == entry.champion_version == "1"
    assert [column.column for column in found.columns] == [column.name for column in PROBLEM.columns]
    assert found.drifted == ()
    assert found.score is not None
    assert found.score.recorded == card.metric_intervals["macro_f1"]
    assert found.score.low <= found.score.value <= found.score.high
    assert found.rows_since_training == 400
    assert (found.volume.received, found.volume.batches, found.volume.usual_new) == (400, 1, TRAINED_ON)
    for said in ("no rule fired", "0 of 13 columns drifted", "macro F1 0.", "no new category", "400 new rows"):
        assert said in entry.decision_reason

    parent = production.mlflow.get_run(entry.mlflow_run_id)
    assert parent.data.tags[TAG_DECISION_REASON] == entry.decision_reason
    assert parent.data.metrics["drift.share"] == 0
    assert parent.data.metrics["production_on_new_rows.macro_f1"] == found.score.value
    fetched = Path(production.mlflow.download_artifacts(entry.mlflow_run_id, "assessment", str(tmp_path)))
    logged = json.loads((fetched / "assessment.json").read_text())
    assert logged["assessment"] == entry.evidence["assessment"]
    assert "Wilderness_Area" in (fetched / "drift.html").read_text()

    other = production.until_decided("other", drifted_rows(400), batch=2)
    entry, found = audit.read(other), assessment(other)
    assert (entry.decision, entry.decision_rule) == ("train", "drift")
    assert len(found.drifted) >= 3
    assert found.drifted[0].column in entry.decision_reason
    assert found.rows_since_training == 800
    assert [rule["name"] for rule in entry.evidence["rules"]] == [rule.name for rule in PROBLEM.training_rules]
    assert production.mlflow.get_run(entry.mlflow_run_id).data.tags[TAG_DECISION_RULE] == "drift"


def test_of_many_new_rows_those_with_the_first_keys_are_scored(
    production: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dataset, "JUDGED_ROWS", 50)
    run = production.until_decided("many", drifted_rows(300), batch=2)
    model = ServedModel.load(run, f"models:/{PROBLEM.name}/1")
    first = new_rows(run).head(50)
    right = (
        model.answers(first).argmax(axis=1)
        == dataset.part(Encoder(model.card.inputs), model.card.target, first).labels
    )
    assert audit.read(run).evidence["production_on_new_rows"]["accuracy"] == pytest.approx(right.mean())


def test_a_cleared_run_keeps_its_evidence_and_its_decision(production: Stack) -> None:
    run = production.until_decided("other", drifted_rows(300), batch=2)
    before = audit.read(run)
    production.mlflow.delete_registered_model_alias(PROBLEM.name, PRODUCTION)
    assess(run)
    decide(run)
    assert audit.read(run) == before
