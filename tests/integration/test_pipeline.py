"""A run's steps against a real MLflow server: what is tracked, registered, promoted and recorded."""

import json
from dataclasses import replace

import pytest
from relevo_contract.registry import (
    CHALLENGER,
    PREVIOUS,
    PRODUCTION,
    TAG_DATA,
    TAG_DECISION,
    TAG_VERDICT,
    TAG_VERDICT_REASON,
)
from relevo_pipeline import audit, tracking
from relevo_pipeline.errors import ExhaustedError, StepError
from relevo_pipeline.served_model import ServedModel
from relevo_pipeline.steps.collect import collect
from relevo_pipeline.steps.judge import judge
from relevo_pipeline.steps.promote import promote
from relevo_pipeline.steps.record import record
from relevo_pipeline.steps.reject import reject
from relevo_pipeline.steps.train import train
from relevo_pipeline.task import perform
from relevo_pipeline.training.candidates import CANDIDATES
from support.runs import PROBLEM, Stack, rows

MODELS = CANDIDATES[PROBLEM.task]


def test_from_the_first_batch_to_the_second_promotion(stack: Stack) -> None:
    first = stack.until_decided("first", rows(300, seed=1), batch=1)
    children = [train(first, candidate) for candidate in PROBLEM.candidates]
    assert judge(first).outcome == "promoted"
    assert promote(first) == "1"
    assert record(first, []) == "succeeded"

    entry = audit.read(first)
    assert (entry.state, entry.decision, entry.verdict) == ("succeeded", "train", "promoted")
    assert entry.data == "simulated"
    assert entry.challenger_version == "1"
    assert "the first model, " in entry.verdict_reason

    parent = stack.mlflow.get_run(entry.mlflow_run_id)
    assert parent.info.status == "FINISHED"
    assert parent.data.tags[TAG_DECISION] == "train"
    assert parent.data.tags[TAG_VERDICT_REASON] == entry.verdict_reason
    assert parent.data.metrics["rows_received"] == 300
    for child in children:
        found = stack.mlflow.get_run(child)
        assert found.data.tags["mlflow.parentRunId"] == parent.info.run_id
        assert {f"{split}_macro_f1" for split in ("train", "validation", "test")} <= set(found.data.metrics)
        assert "confusion.png" in [file.path for file in stack.mlflow.list_artifacts(child)]
        (dataset,) = found.inputs.dataset_inputs
        assert dataset.dataset.name == "covertype-1-blake2b-70/15/15"

    version = stack.mlflow.get_model_version("covertype", "1")
    assert version.tags[TAG_VERDICT] == "promoted"
    assert version.tags[TAG_DATA] == "simulated"
    card = ServedModel.load(first, "models:/covertype/1").card
    assert (card.data, card.dag_run_id) == ("simulated", first.dag_run_id)
    assert card.decision == entry.decision_reason
    assert str(card.training_set.rows) == stack.mlflow.get_run(card.run_id).data.params["rows_train"]

    second = stack.until_decided("second", rows(3000, seed=2), batch=2)
    evidence = audit.read(second).evidence
    assert 0 < evidence["production_on_new_rows"]["macro_f1"] < 1
    train(second, "random_forest")
    verdict = judge(second)
    assert verdict.outcome == "promoted"
    assert verdict.challenger_score > verdict.champion_score
    promote(second)
    assert (stack.alias(PRODUCTION), stack.alias(PREVIOUS)) == ("2", "1")
    assert stack.promotions() == [(None, "1"), ("1", "2")]


def test_a_worse_challenger_is_kept_but_does_not_get_production(stack: Stack) -> None:
    first = stack.until_decided("first", rows(2500, seed=1), batch=1)
    train(first, "random_forest")
    judge(first)
    promote(first)
    second = stack.until_decided("second", rows(60, seed=2), batch=2)
    train(second, "logistic_regression")
    verdict = judge(second)
    assert verdict.outcome == "rejected"
    assert verdict.reason.startswith("rejected: macro F1 0.")
    assert reject(second) == "2"
    assert (stack.alias(PRODUCTION), stack.alias(CHALLENGER)) == ("1", "2")
    kept = stack.mlflow.get_model_version("covertype", "2")
    assert kept.tags[TAG_VERDICT_REASON] == verdict.reason
    assert stack.promotions() == [(None, "1")]


def test_nothing_new_is_a_skip_with_a_run_of_its_own(stack: Stack) -> None:
    batch = rows(300, seed=1)
    first = stack.until_decided("first", batch, batch=1)
    train(first, "xgboost")
    judge(first)
    promote(first)
    again = stack.until_decided("again", batch, batch=1)
    assert record(again, []) == "succeeded"
    entry = audit.read(again)
    assert (entry.decision, entry.decision_reason) == (
        "skip",
        "skip: none of the 300 rows received is new: the same answer, byte for byte, as collection 1",
    )
    assert entry.verdict is None
    skipped = stack.mlflow.get_run(entry.mlflow_run_id)
    assert (skipped.info.status, skipped.data.tags[TAG_DECISION]) == ("FINISHED", "skip")


def test_a_failed_candidate_is_not_what_the_run_failed_of(stack: Stack) -> None:
    run = stack.until_decided("only", rows(300, seed=1), batch=1)
    audit.note(run, failed_task="train", error="one candidate broke")
    train(run, "xgboost")
    judge(run)
    with pytest.raises(StepError, match="the run failed in promote: the task promote ended without a word"):
        record(run, ["promote"])


def test_a_run_that_never_got_an_audit_row_is_recorded(stack: Stack) -> None:
    run = stack.run("early")
    with pytest.raises(StepError, match="the run failed in collect"):
        record(run, ["collect"])
    assert audit.read(run).state == "failed"


def test_too_few_rows_to_judge_is_a_sentence(stack: Stack) -> None:
    run = stack.until_decided("only", rows(2, seed=1), batch=1)
    with pytest.raises(StepError, match="too few to train and judge a model; the next run brings more"):
        train(run, "xgboost")


def test_a_failed_candidate_does_not_sink_the_others(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*_: object) -> None:
        raise MemoryError("no room")

    monkeypatch.setitem(MODELS, "random_forest", replace(MODELS["random_forest"], fit=breaks))
    run = stack.until_decided("only", rows(300, seed=1), batch=1)
    with pytest.raises(MemoryError):
        train(run, "random_forest")
    train(run, "xgboost")
    assert judge(run).outcome == "promoted"
    parent = tracking.parent_run(run)
    assert [candidate.name for candidate in tracking.trained_candidates(run, parent)] == ["xgboost"]


def test_all_candidates_failed(stack: Stack) -> None:
    run = stack.until_decided("only", rows(300, seed=1), batch=1)
    with pytest.raises(StepError, match="no candidate finished training"):
        judge(run)


def test_a_failed_run_is_recorded_as_failed_with_the_reason(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("relevo_pipeline.task.settings", lambda: stack.settings)
    stack.api.status = 500
    failing = stack.run("failing")
    with pytest.raises(StepError):
        perform("collect", collect, "covertype", failing.dag_run_id)
    with pytest.raises(StepError, match="the run failed in collect: the data API answered 500"):
        perform("record", lambda run: record(run, ["collect"]), "covertype", failing.dag_run_id)
    entry = audit.read(failing)
    assert (entry.state, entry.failed_task) == ("failed", "collect")
    assert entry.error.startswith("the data API answered 500")
    failed = stack.mlflow.get_run(entry.mlflow_run_id)
    assert failed.info.status == "FAILED"
    assert failed.data.tags["relevo.error"] == entry.error


def test_the_end_of_the_data_is_recorded_as_such(stack: Stack) -> None:
    run = stack.run("last")
    stack.api.status = 400
    stack.api.body = json.dumps({"detail": "Ya se recolectó toda la información mínima necesaria"}).encode()
    with pytest.raises(ExhaustedError):
        collect(run)
    assert record(run, []) == "exhausted"
    entry = audit.read(run)
    assert (entry.state, entry.error) == ("exhausted", None)
    assert entry.decision_reason.startswith("Ya se recolectó")
    assert stack.mlflow.get_run(entry.mlflow_run_id).info.status == "FINISHED"
