"""What is on record stays when a run is cleared, and production goes where it was judged to go."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from relevo_contract.registry import CHALLENGER, PRODUCTION
from relevo_pipeline.errors import StepError
from relevo_pipeline.run import Run
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
from relevo_pipeline.training.candidates import CANDIDATES
from sqlalchemy import DateTime, MetaData, select
from support.runs import PROBLEM, Stack, finish, on_record, rows

from mlflow import MlflowClient

MODELS = CANDIDATES[PROBLEM.task]


def end(run: Run) -> str:
    """The branch that `judge` chooses."""
    return promote(run) if judge(run).outcome == "promoted" else reject(run)


TASKS: dict[str, Callable[[Run], object]] = {
    "collect": collect,
    "validate": validate_batch,
    "clean": clean,
    "assess": assess,
    "decide": decide,
    "train": lambda run: train(run, "random_forest"),
    "judge": judge,
    "promote or reject": end,
    "record": lambda run: record(run, []),
}


def everything(stack: Stack) -> dict[str, list[object]]:
    """Every cell of both databases but for the times, and what is registered."""
    found: dict[str, list[object]] = {}
    for name, engine in (("raw", stack.stores.raw), ("clean", stack.stores.clean)):
        metadata = MetaData()
        metadata.reflect(engine)
        with engine.connect() as connection:
            for table in metadata.sorted_tables:
                cells = [column for column in table.columns if not isinstance(column.type, DateTime)]
                stored = sorted(map(str, connection.execute(select(*cells))))
                found[f"{name}.{table.name}"] = stored
    versions = stack.mlflow.search_model_versions("name = 'covertype'")
    found["versions"] = sorted((version.version, version.run_id, dict(version.tags)) for version in versions)
    found["aliases"] = sorted(stack.mlflow.get_registered_model("covertype").aliases.items())
    return found


def test_clearing_any_task_or_a_whole_run_changes_nothing(stack: Stack) -> None:
    """Not of the newest run, and not of one before it; there are faults, repeated rows, and rows of both runs."""
    drawn = rows(300, seed=1)
    older = [*map(list, drawn), *map(list, drawn[:40])]
    older[5][2], older[9][0] = "steep", ""
    newer = [*map(list, drawn[150:200]), *rows(1500, seed=2)]
    newer[3][11] = "C9999"
    runs = []
    for batch, delivered in enumerate((older, newer), start=1):
        runs.append(stack.run(f"run {batch}"))
        stack.api.delivers(delivered, batch)
        for task in TASKS.values():
            task(runs[-1])
    before = everything(stack)
    distinct = {tuple(row) for row in (*drawn, *newer)}
    sizes = {name: len(before[name]) for name in ("clean.clean_covertype", "clean.rejected_covertype", "versions")}
    assert sizes == {"clean.clean_covertype": len(distinct), "clean.rejected_covertype": 2, "versions": 2}
    for run in reversed(runs):
        for name, task in TASKS.items():
            task(run)
            record(run, [])
            assert everything(stack) == before, f"{name} of {run.dag_run_id}"
        for task in TASKS.values():
            task(run)
        assert everything(stack) == before, run.dag_run_id
    assert len(stack.api.run_ids) == 2


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
    with pytest.raises(StepError, match="version 2 of covertype is in production, and version 1 was to be"):
        promote(second)
    assert stack.alias(PRODUCTION) == "2"


def test_a_cleared_run_keeps_the_candidate_that_it_registered(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: object) -> None:
        raise MemoryError("no room")

    run = stack.until_decided("only", rows(300, seed=1), batch=1)
    with monkeypatch.context() as patched:
        patched.setitem(MODELS, "random_forest", replace(MODELS["random_forest"], fit=breaks))
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


def test_a_registration_that_was_interrupted_is_finished(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed between the version and its alias, and the call that made the version had to be said twice."""
    run = stack.until_decided("only", rows(300, seed=1), batch=1)
    train(run, "random_forest")
    judge(run)
    original = MlflowClient.create_model_version

    def repeated(client: MlflowClient, *arguments: object, **more: object) -> object:
        original(client, *arguments, **more)
        return original(client, *arguments, **more)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(MlflowClient, "create_model_version", repeated)
        patched.setattr(MlflowClient, "set_registered_model_alias", killed)
        with pytest.raises(KeyboardInterrupt):
            promote(run)
    assert promote(run) == "1"
    assert [version.version for version in stack.mlflow.search_model_versions("name = 'covertype'")] == ["1"]
    assert (stack.alias(CHALLENGER), stack.alias(PRODUCTION)) == ("1", "1")
