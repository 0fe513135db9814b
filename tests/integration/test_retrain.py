"""A registered version is trained again from the database: equal, or a sentence that says why not."""

import json
import subprocess
from pathlib import Path

import pytest
from relevo_cli.stack import SHARED, running
from relevo_contract.registry import CHALLENGER, PRODUCTION
from relevo_pipeline.errors import StepError
from relevo_pipeline.problem_tables import clean_table
from relevo_pipeline.retrain import retrain
from relevo_pipeline.served_model import ServedModel
from relevo_pipeline.steps.judge import judge
from relevo_pipeline.steps.promote import promote
from relevo_pipeline.steps.reject import reject
from relevo_pipeline.steps.train import train
from sqlalchemy import delete, select, update
from support.runs import PROBLEM, Stack, finish, rows

CLEAN = clean_table(PROBLEM)


def command(stack: Stack, version: str, var: Path) -> subprocess.CompletedProcess[str]:
    """`make retrain` beside a demo, whose addresses it finds below `var`."""
    settings = stack.settings
    shared = {
        **dict.fromkeys(SHARED, PROBLEM.name),
        "RAW_DB_URL": settings.raw_db_url.get_secret_value(),
        "CLEAN_DB_URL": settings.clean_db_url.get_secret_value(),
        "MLFLOW_TRACKING_URI": settings.mlflow_tracking_uri,
    }
    (var / "demo").mkdir(parents=True, exist_ok=True)
    with running(var / "demo", shared):
        arguments = ["retrain", f"--problem={PROBLEM.name}", f"--version={version}", f"--var={var}"]
        return subprocess.run(["relevo", *arguments], cwd=var, capture_output=True, text=True, check=False)


def some_key(stack: Stack, split: str) -> str:
    with stack.stores.clean.connect() as connection:
        return str(connection.execute(select(CLEAN.c.row_key).where(CLEAN.c.split == split).limit(1)).scalar_one())


def test_every_kind_of_candidate_gives_the_same_answers_again(stack: Stack) -> None:
    for number, candidate in enumerate(PROBLEM.candidates, 1):
        run = stack.until_decided(candidate, rows(400, seed=number), batch=number)
        train(run, candidate)
        promote(run) if judge(run).outcome == "promoted" else reject(run)
    before = [stack.alias(alias) for alias in (PRODUCTION, CHALLENGER)]
    for number, candidate in enumerate(PROBLEM.candidates, 1):
        report = retrain(stack.run("any"), str(number))
        card = ServedModel.load(stack.run("any"), f"models:/{PROBLEM.name}/{number}").card
        assert (report.algorithm, report.training_set) == (candidate, card.training_set.name)
        assert report.rows["train"] == card.training_set.rows
        assert report.compared_rows == report.rows["test"] > 30
        assert (report.equal, report.max_difference, report.different_labels) == (True, 0, 0)
        assert (report.packages, report.code) == ({}, None)
        assert report.sentence.startswith(f"Equal: version {number} of covertype, trained again, answers all ")
    assert [stack.alias(alias) for alias in (PRODUCTION, CHALLENGER)] == before
    assert len(stack.mlflow.search_model_versions(f"name = '{PROBLEM.name}'")) == len(PROBLEM.candidates)


def test_the_command_says_what_is_wrong(stack: Stack, tmp_path: Path) -> None:
    kept = tmp_path / "retrain" / "covertype-1.json"
    assert finish(stack.until_decided("first", rows(400, seed=1), batch=1)) == "1"
    done = command(stack, "1", tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Equal: version 1 of covertype, trained again" in done.stdout
    assert json.loads(kept.read_text())["equal"] is True

    missing = command(stack, "7", tmp_path)
    assert (missing.returncode, missing.stdout) == (1, "")
    assert missing.stderr.endswith("Not trained again: there is no version '7' of covertype; there are: 1.\n")

    # Other values under the same keys: the same rows by name, and another model.
    with stack.stores.clean.begin() as connection:
        swapped = update(CLEAN).where(CLEAN.c.split == "train").values(Elevation=4000 - CLEAN.c.Elevation)
        connection.execute(swapped)
    different = command(stack, "1", tmp_path)
    assert different.returncode == 2, different.stderr
    report = json.loads(kept.read_text())
    assert report["max_difference"] > report["tolerance"]
    assert report["sentence"].startswith(
        "Different: version 1 of covertype, trained again: probabilities differ by"
    )


def test_rows_that_are_gone_are_counted(stack: Stack) -> None:
    assert finish(stack.until_decided("first", rows(400, seed=1), batch=1)) == "1"
    trained = ServedModel.load(stack.run("any"), "models:/covertype/1").card.training_set.rows
    key = some_key(stack, "train")
    with stack.stores.clean.begin() as connection:
        connection.execute(update(CLEAN).where(CLEAN.c.row_key == key).values(row_key="0" * 32))
    with pytest.raises(StepError, match=rf"as many rows .* \({trained}\), but not the same ones"):
        retrain(stack.run("any"), "1")
    with stack.stores.clean.begin() as connection:
        connection.execute(delete(CLEAN).where(CLEAN.c.row_key == "0" * 32))
    with pytest.raises(StepError, match=rf"train: {trained} then, {trained - 1} now"):
        retrain(stack.run("any"), "1")
