"""Every installed problem on its real data, from the data API over all steps to an answer of the model server.

The stand-in serves them all at once, each by its own protocol. One quick candidate each: what the models are worth
is told by `bench/`, here they only have to be trained, judged, promoted and served.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from relevo_contract.data_api import PLACEHOLDER
from relevo_contract.registry import PRODUCTION
from relevo_pipeline import audit
from relevo_pipeline.migrate import upgrade
from relevo_pipeline.problem_tables import clean_table
from relevo_pipeline.run import Run
from relevo_pipeline.settings import Settings
from relevo_pipeline.steps.assess import assess
from relevo_pipeline.steps.clean import clean
from relevo_pipeline.steps.collect import collect
from relevo_pipeline.steps.decide import decide
from relevo_pipeline.steps.judge import judge
from relevo_pipeline.steps.promote import promote
from relevo_pipeline.steps.record import record
from relevo_pipeline.steps.train import train
from relevo_pipeline.steps.validate import validate_batch
from relevo_pipeline.stores import Stores
from relevo_problems.published import find
from relevo_problems.registry import load
from sqlalchemy import func, select
from support.processes import BIN, Service, free_port
from support.serving import Server, serving

from mlflow import MlflowClient

PROBLEMS = ("covertype", "diabetes", "realestate")
DATASETS = os.environ.get("RELEVO_DATASETS")
LINEAR = "logistic_regression"
CANDIDATES = {"multiclass": LINEAR, "binary": LINEAR, "regression": "linear_regression"}


@dataclass(frozen=True)
class Stack:
    settings: Settings
    stores: Stores
    mlflow: MlflowClient

    def run(self, problem: str, name: str) -> Run:
        return Run(load(problem), f"real-{name}", self.stores, self.settings)


def until_decided(run: Run) -> str:
    collect(run)
    validate_batch(run)
    clean(run)
    assess(run)
    return decide(run).action


@pytest.fixture(scope="module")
def data_api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    for name in PROBLEMS:
        dataset = load(name).dataset
        if not DATASETS or dataset is None or find(dataset, [Path(DATASETS)]) is None:
            pytest.skip(f"RELEVO_DATASETS has no real data of {name}")
    folder, port = tmp_path_factory.mktemp("data-api"), free_port()
    command = [str(BIN / "uvicorn"), "--factory", "relevo_datasource.app:create_app", "--port", str(port)]
    env = {"PROBLEMS": ",".join(PROBLEMS), "DEFAULT_PROBLEM": PROBLEMS[0], "STATE_DIR": str(folder / "state")}
    with Service("the data API", command, "/health", port, folder / "data-api.log", env) as service:
        yield service


@pytest.fixture(scope="module")
def stack(data_api: Service, mlflow: Service, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("real")
    settings = Settings(
        raw_db_url=f"sqlite:///{folder}/raw.db",
        clean_db_url=f"sqlite:///{folder}/clean.db",
        data_api_url=f"{data_api.url}/{PLACEHOLDER}",
        mlflow_tracking_uri=mlflow.url,
        problems=",".join(PROBLEMS),
        train_seconds=0,
        train_trials=1,
        explain_seconds=0.5,
    )
    stores = Stores.open(settings)
    upgrade(stores.raw, "raw")
    upgrade(stores.clean, "clean")
    client = MlflowClient(mlflow.url)
    yield Stack(settings, stores, client)
    stores.close()
    for name in PROBLEMS:
        if client.search_registered_models(f"name = '{name}'"):
            client.delete_registered_model(name)


@pytest.fixture(scope="module")
def promoted(stack: Stack) -> dict[str, Run]:
    """The first run of each problem, with its model in production."""
    runs = {}
    for name in PROBLEMS:
        run = stack.run(name, "first")
        assert until_decided(run) == "train"
        train(run, CANDIDATES[run.problem.task])
        assert judge(run).outcome == "promoted"
        promote(run)
        assert record(run, []) == "succeeded"
        runs[name] = run
    return runs


@pytest.fixture(scope="module")
def server(promoted: dict[str, Run], stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder, registry = tmp_path_factory.mktemp("served"), stack.settings.mlflow_tracking_uri
    with serving(folder, registry, DEFAULT_PROBLEM=PROBLEMS[0], PROBLEMS=",".join(promoted)) as server:
        yield server


@pytest.mark.parametrize("problem", PROBLEMS)
def test_real_rows_become_a_model_in_production(problem: str, promoted: dict[str, Run], stack: Stack) -> None:
    run = promoted[problem]
    entry = audit.read(run)
    assert (entry.data, entry.state, entry.decision, entry.verdict) == ("real", "succeeded", "train", "promoted")
    assert entry.rows_received > 1000
    assert entry.rows_rejected <= run.problem.reject_limit * entry.rows_received
    excluded = sum(entry.evidence.get("excluded", {}).values())
    table = clean_table(run.problem)
    with stack.stores.clean.connect() as connection:
        rows = connection.scalar(select(func.count()).select_from(table))
    # What is left are rows that were delivered more than once.
    assert 0 < entry.rows_new == rows <= entry.rows_received - entry.rows_rejected - excluded
    version = stack.mlflow.get_model_version_by_alias(problem, PRODUCTION)
    assert version.version == entry.challenger_version
    assert entry.metric == run.problem.primary_metric


@pytest.mark.parametrize("problem", PROBLEMS)
def test_the_model_server_answers_a_form_as_it_begins(problem: str, server: Server) -> None:
    card = server.http.get(f"/models/{problem}").raise_for_status().json()["card"]
    row = {column["name"]: column["default"] for column in card["inputs"]}
    answer: dict[str, Any] = server.predict(row, f"/models/{problem}/predict").raise_for_status().json()
    assert answer["model"]["name"] == problem
    target = load(problem).target
    if target.is_category:
        assert answer["label"] in target.choices
        assert sum(answer["probabilities"].values()) == pytest.approx(1, abs=1e-4)
    else:
        assert answer["value"] > 0
        assert answer["interval"]["low"] <= answer["value"] <= answer["interval"]["high"]


def test_each_problem_sent_one_request_to_its_own_address(promoted: dict[str, Run], data_api: Service) -> None:
    for name, run in promoted.items():
        log = httpx.get(f"{data_api.url}/{name}/requests", params={"run_id": run.dag_run_id}).json()
        assert log["count"] == 1
        assert log["requests"][0]["path"] == "/data"


@pytest.mark.parametrize("problem", ["diabetes", "realestate"])
def test_a_patient_and_a_house_stay_in_one_split(problem: str, promoted: dict[str, Run], stack: Stack) -> None:
    table = clean_table(promoted[problem].problem)
    group = table.c[str(promoted[problem].problem.group)]
    several = select(group).group_by(group).having(func.count(table.c.split.distinct()) > 1)
    with stack.stores.clean.connect() as connection:
        assert connection.execute(several.where(group.is_not(None))).first() is None


@pytest.mark.usefixtures("promoted")
def test_the_second_batch_of_houses_has_drifted_by_design(stack: Stack) -> None:
    run = stack.run("realestate", "second")
    assert until_decided(run) == "train"
    entry = audit.read(run)
    assert entry.batch == "1"
    assert "drift" in entry.decision_rule
    assert "house size" in entry.decision_reason or "house_size" in entry.decision_reason


def test_groups_and_days_of_single_problems(stack: Stack, data_api: Service) -> None:
    """The same day and group go on; another day, and another group, begin at the first batch."""
    special = {"realestate": {"day": "Friday"}, "diabetes": {"group_number": "7"}}
    elsewhere = replace(stack, settings=stack.settings.model_copy(update={"data_api_settings": special}))
    assert elsewhere.settings.data_api("diabetes").url == f"{data_api.url}/diabetes"
    for problem, first in (("realestate", "0"), ("diabetes", "1")):
        run = elsewhere.run(problem, "elsewhere")
        collect(run)
        assert audit.read(run).batch == first
