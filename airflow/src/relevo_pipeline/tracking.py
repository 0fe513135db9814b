"""Runs in MLflow: one per DAG run, its candidates as children."""

import logging
import os
from dataclasses import dataclass

from mlflow.entities import Experiment
from mlflow.entities import Run as MlflowRun
from mlflow.exceptions import MlflowException
from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID
from relevo_contract.registry import TAG_DAG_RUN, TAG_DATA, TAG_PROBLEM

from mlflow import MlflowClient
from relevo_pipeline import audit
from relevo_pipeline.run import Run

TAG_CANDIDATE = "relevo.candidate"
TAG_MODEL_ID = "relevo.model_id"
FINISHED = "FINISHED"

_MLFLOW_ENVIRONMENT = {
    # A stack that is down should fail the task within minutes, not after MLflow's default of half an hour.
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "4",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "60",
    # Airflow's task logs are for what the step says.
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    # The lock of whatever folder the task runs in does not belong to the model.
    "MLFLOW_UV_AUTO_DETECT": "false",
}
for _name, _value in _MLFLOW_ENVIRONMENT.items():
    os.environ.setdefault(_name, _value)
logging.getLogger("mlflow").setLevel(logging.ERROR)


def client(run: Run) -> MlflowClient:
    """A client of the tracking server."""
    return MlflowClient(run.settings.mlflow_tracking_uri)


def parent_run(run: Run) -> str:
    """The id of this DAG run's MLflow run; made on first use, found again afterwards."""
    mlflow = client(run)
    experiment = _experiment_id(mlflow, run.problem.name)
    # Airflow allows no quotation mark in a run id.
    tag = f"tags.`{TAG_DAG_RUN}` = '{run.dag_run_id}' and tags.`{TAG_CANDIDATE}` = 'none'"
    found = mlflow.search_runs([experiment], tag, max_results=1)
    entry = audit.read(run)
    parent = (
        found[0]
        if found
        else mlflow.create_run(
            experiment,
            run_name=run.dag_run_id,
            tags={
                TAG_PROBLEM: run.problem.name,
                TAG_DAG_RUN: run.dag_run_id,
                TAG_DATA: entry.data or "none",
                TAG_CANDIDATE: "none",
            },
        )
    )
    if entry.mlflow_run_id != parent.info.run_id:
        audit.note(run, mlflow_run_id=parent.info.run_id)
    return str(parent.info.run_id)


def begin_candidate(run: Run, parent: str, candidate: str) -> MlflowRun:
    """The child run of a candidate: the finished one of an earlier go of the same task, or a fresh one.

    What an earlier go left unfinished is deleted with its trials; what it finished may be in the registry by now
    and stays.
    """
    mlflow = client(run)
    for earlier in _children(run, parent, candidate):
        if earlier.info.status == FINISHED:
            return earlier
        # The candidate last: killed in between, the next go still finds the rest.
        for trial in _children(run, earlier.info.run_id):
            mlflow.delete_run(trial.info.run_id)
        mlflow.delete_run(earlier.info.run_id)
    return mlflow.create_run(
        _experiment_id(mlflow, run.problem.name),
        run_name=candidate,
        tags={
            MLFLOW_PARENT_RUN_ID: parent,
            TAG_PROBLEM: run.problem.name,
            TAG_DAG_RUN: run.dag_run_id,
            TAG_DATA: str(audit.read(run).data),
            TAG_CANDIDATE: candidate,
        },
    )


@dataclass(frozen=True)
class Candidate:
    """A trained candidate: its MLflow run, its logged model and everything that was measured."""

    name: str
    run_id: str
    model_id: str
    metrics: dict[str, float]


def trained_candidates(run: Run, parent: str) -> list[Candidate]:
    """The candidates of this run that finished training."""
    return [
        Candidate(
            name=child.data.tags[TAG_CANDIDATE],
            run_id=child.info.run_id,
            model_id=child.data.tags[TAG_MODEL_ID],
            metrics=dict(child.data.metrics),
        )
        for child in _children(run, parent)
        if child.info.status == FINISHED
    ]


def _children(run: Run, parent: str, candidate: str | None = None) -> list[MlflowRun]:
    mlflow = client(run)
    condition = f"tags.`{MLFLOW_PARENT_RUN_ID}` = '{parent}'"
    if candidate is not None:
        condition += f" and tags.`{TAG_CANDIDATE}` = '{candidate}'"
    return list(mlflow.search_runs([_experiment_id(mlflow, run.problem.name)], condition))


def _experiment_id(mlflow: MlflowClient, name: str) -> str:
    experiment: Experiment | None = mlflow.get_experiment_by_name(name)
    if experiment is None:
        try:
            return str(mlflow.create_experiment(name))
        except MlflowException:  # somebody else made it in between
            experiment = mlflow.get_experiment_by_name(name)
    if experiment is None or experiment.lifecycle_stage != "active":
        raise MlflowException(f"the experiment {name} was deleted in MLflow; restore it there")
    return str(experiment.experiment_id)
