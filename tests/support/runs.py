"""Runs of the pipeline's steps without Airflow, on fresh databases and a shared MLflow server."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from relevo_contract.registry import CHALLENGER, MODEL_FILE, PRODUCTION
from relevo_contract.tables import promotions
from relevo_pipeline import audit, tracking
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
from relevo_problems.problem import Problem
from relevo_problems.registry import load
from relevo_problems.simulator import simulate
from sqlalchemy import select
from support.data_api import ScriptedApi, scripted_api
from support.processes import Service

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
    problem: Problem = PROBLEM

    def run(self, name: str) -> Run:
        return Run(self.problem, f"{self.test}-{name}", self.stores, self.settings)

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
        return str(self.mlflow.get_model_version_by_alias(self.problem.name, alias).version)


@contextmanager
def fresh_stack(folder: Path, tracking_uri: str, problem: Problem = PROBLEM) -> Iterator[Stack]:
    """Databases below `folder`; what it registers is deleted at the end."""
    with scripted_api() as api:
        api.headers["X-Relevo-Data"] = "simulated"
        settings = Settings(
            raw_db_url=f"sqlite:///{folder}/raw.db",
            clean_db_url=f"sqlite:///{folder}/clean.db",
            data_api_url=api.url,
            mlflow_tracking_uri=tracking_uri,
            train_trials=1,
            explain_seconds=0.5,
        )
        stores = Stores.open(settings)
        upgrade(stores.raw, "raw")
        upgrade(stores.clean, "clean")
        mlflow = MlflowClient(settings.mlflow_tracking_uri)
        yield Stack(settings, stores, api, mlflow, folder.name, problem)
        stores.close()
        if mlflow.search_registered_models(f"name = '{problem.name}'"):
            mlflow.delete_registered_model(problem.name)


def rows(count: int, seed: int) -> list[list[str]]:
    return [list(row) for row in simulate(PROBLEM, count, seed=seed)]


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


def graph_of(stack: Stack, mlflow: Service, run_id: str) -> Path:
    """The file in which the MLflow server keeps the graph of a candidate."""
    model_id = stack.mlflow.get_run(run_id).data.tags[tracking.TAG_MODEL_ID]
    (file,) = (mlflow.log.parent / "artifacts").rglob(f"{model_id}/artifacts/{MODEL_FILE}")
    return file
