"""A run's steps against a real MLflow server: what is tracked, registered, promoted and recorded."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

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
from relevo_contract.tables import promotions
from relevo_pipeline import audit, tracking, versions
from relevo_pipeline.errors import ExhaustedError, StepError
from relevo_pipeline.migrate import upgrade
from relevo_pipeline.run import Run
from relevo_pipeline.settings import Settings
from relevo_pipeline.steps.assess import assess
from relevo_pipeline.steps.clean import clean
from relevo_pipeline.steps.collect import collect
from relevo_pipeline.steps.decide import decide
from relevo_pipeline.steps.judge import judge
from relevo_pipeline.steps.promote import promote
from relevo_pipeline.steps.record import record
from relevo_pipeline.steps.reject import reject
from relevo_pipeline.steps.train import train
from relevo_pipeline.steps.validate import validate_batch
from relevo_pipeline.stores import Stores
from relevo_pipeline.task import perform
from relevo_pipeline.training.candidates import CANDIDATES
from relevo_problems.registry import load
from relevo_problems.simulator import simulate
from sqlalchemy import select
from support.data_api import ScriptedApi, scripted_api
from support.processes import mlflow_server

from mlflow import MlflowClient

PROBLEM = load("covertype")


@dataclass
class Stack:
    """A fresh registry and fresh databases, and the data API that feeds them."""

    settings: Settings
    stores: Stores
    api: ScriptedApi
    mlflow: MlflowClient
    # The tracking server is shared: each test's runs have ids of their own.
    test: str

    def run(self, name: str) -> Run:
        return Run(PROBLEM, f"{self.test}-{name}", self.stores, self.settings)

    def until_decided(self, name: str, rows: list[list[str]], batch: int) -> Run:
        """A run up to its decision."""
        run = self.run(name)
        self.api.delivers(rows, batch)
        collect(run)
        validate_batch(run)
        clean(run)
        assess(run)
        decide(run)
        return run

    def promotions(self) -> list[tuple[str | None, str]]:
        with self.stores.raw.connect() as connection:
            query = select(promotions.c.from_version, promotions.c.to_version).order_by(promotions.c.id)
            return [tuple(row) for row in connection.execute(query)]

    def alias(self, alias: str) -> str:
        return str(self.mlflow.get_model_version_by_alias(PROBLEM.name, alias).version)


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], str]]:
    server = mlflow_server(tmp_path_factory.mktemp("mlflow")).start()
    yield lambda: server.url
    server.stop()


@pytest.fixture
def stack(tmp_path: Path, registry: Callable[[], str]) -> Iterator[Stack]:
    with scripted_api() as api:
        api.headers["X-Relevo-Data"] = "simulated"
        settings = Settings(
            raw_db_url=f"sqlite:///{tmp_path}/raw.db",
            clean_db_url=f"sqlite:///{tmp_path}/clean.db",
            data_api_url=api.url,
            mlflow_tracking_uri=registry(),
        )
        stores = Stores.open(settings)
        upgrade(stores.raw, "raw")
        upgrade(stores.clean, "clean")
        mlflow = MlflowClient(settings.mlflow_tracking_uri)
        yield Stack(settings, stores, api, mlflow, tmp_path.name)
        stores.close()
        for model in mlflow.search_registered_models():
            mlflow.delete_registered_model(model.name)


def rows(count: int, seed: int) -> list[list[str]]:
    return [list(row) for row in simulate(PROBLEM, count, seed=seed)]


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
    card = versions.ServedModel.load(first, "models:/covertype/1").card
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
    assert verdict.reason.startswith("rejected: no better macro F1, logistic_regression")
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
    assert (entry.decision, entry.decision_reason) == ("skip", "skip: all 300 rows were known already")
    assert entry.verdict is None
    skipped = stack.mlflow.get_run(entry.mlflow_run_id)
    assert (skipped.info.status, skipped.data.tags[TAG_DECISION]) == ("FINISHED", "skip")


def test_clearing_every_task_gives_the_same_tables_and_no_second_version(stack: Stack) -> None:
    def go() -> dict[str, object]:
        run = stack.until_decided("only", rows(300, seed=1), batch=1)
        train(run, "xgboost")
        judge(run)
        promote(run)
        record(run, [])
        entry = dict(audit.read(run)._mapping)
        # What a second go may not change is everything but the clock, and what it now finds in production.
        return {
            name: entry[name]
            for name in ("collection_id", "rows_new", "verdict", "challenger_version", "mlflow_run_id")
        }

    before = go()
    # The run is judged against its own model now, which it does not beat: its verdict must not flip.
    assert go() == before
    assert [version.version for version in stack.mlflow.search_model_versions("name = 'covertype'")] == ["1"]
    assert stack.alias(PRODUCTION) == "1"
    assert stack.promotions() == [(None, "1")]
    assert len(stack.api.run_ids) == 1


def finish(run: Run) -> str:
    """From the decision to the record, as the DAG goes."""
    train(run, "random_forest")
    version = promote(run) if judge(run).outcome == "promoted" else reject(run)
    record(run, [])
    return version


def on_record(stack: Stack, run: Run) -> tuple[object, ...]:
    """Everything that people read about a run and its version, but for the time."""
    entry = {name: value for name, value in audit.read(run)._mapping.items() if name != "finished_at"}
    version = stack.mlflow.get_model_version("covertype", str(entry["challenger_version"]))
    return (
        entry,
        dict(version.tags),
        version.run_id,
        stack.promotions(),
        stack.alias(PRODUCTION),
        stack.alias(CHALLENGER),
    )


def test_clearing_an_older_run_changes_nothing_on_record(stack: Stack) -> None:
    first = stack.until_decided("first", rows(300, seed=1), batch=1)
    assert finish(first) == "1"
    second = stack.until_decided("second", rows(3000, seed=2), batch=2)
    assert finish(second) == "2"
    before = on_record(stack, first)
    stack.until_decided("first", rows(300, seed=1), batch=1)
    assert finish(first) == "1"
    assert on_record(stack, first) == before
    assert stack.alias(PRODUCTION) == "2"


def test_clearing_a_run_does_not_undo_a_rollback_by_hand(stack: Stack) -> None:
    finish(stack.until_decided("first", rows(300, seed=1), batch=1))
    second = stack.until_decided("second", rows(3000, seed=2), batch=2)
    finish(second)
    stack.mlflow.set_registered_model_alias("covertype", PRODUCTION, "1")
    before = on_record(stack, second)
    stack.until_decided("second", rows(3000, seed=2), batch=2)
    finish(second)
    assert on_record(stack, second) == before
    assert stack.alias(PRODUCTION) == "1"


def test_a_promotion_that_was_interrupted_is_finished(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed after the promotion was written down and before the alias moved: the next go moves it."""
    run = stack.until_decided("only", rows(300, seed=1), batch=1)
    train(run, "random_forest")
    judge(run)

    original = MlflowClient.set_registered_model_alias

    def killed(client: MlflowClient, name: str, alias: str, version: str) -> None:
        if alias == PRODUCTION:
            raise KeyboardInterrupt
        original(client, name, alias, version)

    with monkeypatch.context() as patched:
        patched.setattr(MlflowClient, "set_registered_model_alias", killed)
        with pytest.raises(KeyboardInterrupt):
            promote(run)
    assert stack.promotions() == [(None, "1")]
    assert promote(run) == "1"
    assert stack.alias(PRODUCTION) == "1"
    assert stack.promotions() == [(None, "1")]


def test_a_challenger_is_not_promoted_over_a_model_it_was_not_compared_with(stack: Stack) -> None:
    finish(stack.until_decided("first", rows(300, seed=1), batch=1))
    second = stack.until_decided("second", rows(3000, seed=2), batch=2)
    train(second, "random_forest")
    assert judge(second).outcome == "promoted"
    third = stack.until_decided("third", rows(300, seed=3), batch=3)
    train(third, "logistic_regression")
    judge(third)
    stack.mlflow.set_registered_model_alias("covertype", PRODUCTION, reject(third))
    with pytest.raises(StepError, match="version 2 is in production, and this run was judged against version 1"):
        promote(second)
    assert stack.alias(PRODUCTION) == "2"


def test_a_cleared_run_keeps_the_candidate_that_it_registered(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: object) -> None:
        raise MemoryError("no room")

    run = stack.until_decided("only", rows(300, seed=1), batch=1)
    with monkeypatch.context() as patched:
        patched.setitem(CANDIDATES, "random_forest", breaks)
        with pytest.raises(MemoryError):
            train(run, "random_forest")
    logged = train(run, "logistic_regression")
    reason = judge(run).reason
    promote(run)
    # Cleared: the forest trains this time, and is better.
    train(run, "random_forest")
    assert train(run, "logistic_regression") == logged
    assert judge(run).reason == reason
    promote(run)
    version = stack.mlflow.get_model_version("covertype", stack.alias(PRODUCTION))
    assert (version.version, version.run_id) == ("1", logged)
    assert stack.mlflow.get_run(logged).info.lifecycle_stage == "active"


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

    monkeypatch.setitem(CANDIDATES, "random_forest", breaks)
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
