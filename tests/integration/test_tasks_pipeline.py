"""A regression and a task of two classes with groups, from their first batch to a version that is served."""

from pathlib import Path
from shutil import copyfile

import numpy as np
import pandas as pd
import pytest
from mlflow.artifacts import download_artifacts
from relevo_contract.assessment import ASSESSMENT, Assessment
from relevo_contract.card import Card
from relevo_contract.registry import CARD_FILE, CARD_PATH, MODEL_FILE
from relevo_inference.registry.versions import ModelVersion
from relevo_inference.serving.model import LoadedModel
from relevo_pipeline import audit
from relevo_pipeline.problem_tables import clean_table
from relevo_pipeline.retrain import retrain
from relevo_pipeline.run import Run
from relevo_pipeline.served_model import ServedModel
from relevo_pipeline.splits import SPLITS
from relevo_pipeline.steps.judge import judge
from relevo_pipeline.steps.promote import promote
from relevo_pipeline.steps.record import record
from relevo_pipeline.steps.reject import reject
from relevo_pipeline.steps.train import train
from relevo_problems.problem import Problem
from sqlalchemy import select
from support.processes import Service
from support.runs import Stack, fresh_stack
from support.tasks import HOUSES, RELAPSE, delivered, houses, relapse


def finished(stack: Stack, run: Run) -> str:
    """Every candidate trains; the version that the run registers."""
    for candidate in stack.problem.candidates:
        train(run, candidate)
    version = promote(run) if judge(run).outcome == "promoted" else reject(run)
    assert record(run, []) == "succeeded"
    assert "error" not in (audit.read(run).evidence or {})["explanation"]
    return version


def served(stack: Stack, version: str, folder: Path) -> LoadedModel:
    """The version as the model server opens it."""
    uri, tracking = f"models:/{stack.problem.name}/{version}", stack.settings.mlflow_tracking_uri
    local = Path(download_artifacts(artifact_uri=uri, dst_path=folder, tracking_uri=tracking))
    copyfile(local / CARD_PATH, local / CARD_FILE)
    assert (local / MODEL_FILE).is_file()
    return LoadedModel.open(local, ModelVersion(stack.problem.name, version, "r" * 32, uri, 0))


def card_of(run: Run, version: str) -> Card:
    return ServedModel.load(run, f"models:/{run.problem.name}/{version}").card


def inputs_of(problem: Problem, rows: pd.DataFrame) -> list[dict[str, object]]:
    return rows[[column.name for column in problem.inputs]].to_dict("records")


def test_prices_are_judged_explained_and_served_in_dollars(mlflow: Service, tmp_path: Path) -> None:
    with fresh_stack(tmp_path, mlflow.url, HOUSES) as stack:
        first = stack.until_decided("first", delivered(HOUSES, houses(900, 1)), 1)
        version = finished(stack, first)
        entry = audit.read(first)
        assert entry.verdict_reason.startswith("promoted: the first model, ")
        assert " with MAE $" in entry.verdict_reason
        card = card_of(first, version)
        assert (card.task, card.target.unit, card.conformal.scale) == ("regression", "USD", "log")
        assert card.conformal.test_coverage == pytest.approx(0.9, abs=0.12)
        low, high = card.metric_intervals["mae"]
        assert low <= card.metrics["mae"] <= high
        assert {one.choice for one in card.slices} == {"a", "b", "c"}
        pictures = {file.path for file in stack.mlflow.list_artifacts(card.run_id)}
        assert "values.png" in pictures
        evidence = entry.evidence["explanation"]["importance"]
        # The area is worth more than the number of rooms, which is worth nothing; both in dollars.
        assert evidence["Area"] > 10_000
        assert evidence["Area"] > 5 * evidence["Rooms"]

        # Prices double: the score says so on its worse side, which is above.
        dear = houses(900, 2)
        dear["Price"] *= 2
        second = stack.until_decided("second", delivered(HOUSES, dear), 2)
        found = Assessment.model_validate(audit.read(second).evidence[ASSESSMENT])
        assert "Price" in [column.column for column in found.drifted]
        reason = audit.read(second).decision_reason
        assert audit.read(second).decision == "train"
        assert "MAE $" in reason
        assert "on the new rows, above $" in reason
        finished(stack, second)
        assert "MAE $" in audit.read(second).verdict_reason

        again = retrain(second, version)
        assert (again.equal, again.answers) == (True, "values")

        rows = houses(50, 3)
        model = served(stack, version, tmp_path / "served")
        answers = model.predict_many(inputs_of(HOUSES, rows))
        by_pipeline = ServedModel.load(first, f"models:/houses/{version}").answers(rows)
        assert [answer["value"] for answer in answers] == pytest.approx(by_pipeline.tolist())
        ends = np.array([[answer["interval"]["low"], answer["interval"]["high"]] for answer in answers]).T
        assert ((ends[0] <= rows["Price"]) & (rows["Price"] <= ends[1])).mean() > 0.7


def test_people_who_come_back_stay_in_one_split_and_get_probabilities(mlflow: Service, tmp_path: Path) -> None:
    with fresh_stack(tmp_path, mlflow.url, RELAPSE) as stack:
        first = stack.until_decided("first", delivered(RELAPSE, relapse(1500, 1)), 1)
        version = finished(stack, first)
        entry = audit.read(first)
        assert "the first model, " in entry.verdict_reason
        assert " with AUROC 0." in entry.verdict_reason
        card = card_of(first, version)
        assert card.threshold is not None
        assert "Person" not in [column.name for column in card.inputs]
        assert {"auroc", "average_precision", "recall", "precision", "brier", "calibration_error"} <= set(
            card.metrics
        )
        assert {(one.column, one.choice) for one in card.slices} == {("Sex", "f"), ("Sex", "m")}
        assert sum(one.rows for one in card.reliability) == sum(one.rows for one in card.slices)
        assert "reliability.png" in {file.path for file in stack.mlflow.list_artifacts(card.run_id)}

        second = stack.until_decided("second", delivered(RELAPSE, relapse(1500, 2)), 2)
        found = Assessment.model_validate(audit.read(second).evidence[ASSESSMENT])
        assert found.score is not None
        assert (found.score.metric, found.score.recorded) == ("auroc", card.metric_intervals["auroc"])
        assert found.score.low <= found.score.value <= found.score.high
        table = clean_table(RELAPSE)
        with stack.stores.clean.connect() as connection:
            stored = pd.DataFrame(connection.execute(select(table.c.Person, table.c.split)).all())
        assert (stored.groupby("Person")["split"].nunique() == 1).all()
        assert set(stored["split"]) == set(SPLITS)
        assert stored["Person"].duplicated().any()

        again = retrain(first, version)
        assert (again.equal, again.answers) == (True, "probabilities")

        rows = relapse(200, 3)
        model = served(stack, version, tmp_path / "served")
        answers = model.predict_many(inputs_of(RELAPSE, rows))
        assert {answer["label"] for answer in answers} == {"no", "yes"}
        for answer in answers:
            assert (answer["label"] == "yes") == (answer["probabilities"]["yes"] >= card.threshold)
        by_pipeline = ServedModel.load(first, f"models:/relapse/{version}").answers(rows)[:, 1]
        assert [answer["probabilities"]["yes"] for answer in answers] == pytest.approx(by_pipeline.tolist())
