"""Trials in MLflow: each a run below its candidate's."""

import time

from mlflow.entities import Metric, Param
from mlflow.entities import Run as MlflowRun
from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID
from relevo_contract.registry import TAG_DAG_RUN, TAG_ERROR, TAG_PROBLEM

from relevo_pipeline import tracking
from relevo_pipeline.run import Run
from relevo_pipeline.training.search import Outcome, Trial

TAG_TRIAL = "relevo.trial"

# As MLflow's own storage for Optuna has it.
_STATUS: dict[Outcome, str] = {"complete": tracking.FINISHED, "pruned": "KILLED", "failed": "FAILED"}


def log(run: Run, child: MlflowRun, candidate: str, trial: Trial) -> None:
    """Write down a trial that has ended, in three calls.

    It carries no candidate's tag: nothing that looks for trained models finds it.
    """
    mlflow = tracking.client(run)
    ended = int(time.time() * 1000)
    tags = {
        MLFLOW_PARENT_RUN_ID: str(child.info.run_id),
        TAG_PROBLEM: run.problem.name,
        TAG_DAG_RUN: run.dag_run_id,
        TAG_TRIAL: trial.outcome,
    }
    if trial.error is not None:
        tags[TAG_ERROR] = f"{type(trial.error).__name__}: {trial.error}"[:500]
    begun = mlflow.create_run(
        str(child.info.experiment_id),
        start_time=ended - int(trial.seconds * 1000),
        run_name=f"{candidate} trial {trial.number}",
        tags=tags,
    )
    rows = {f"rows_{split}": count for split, count in trial.rows.items()}
    metrics = {**trial.metrics, "trial_seconds": trial.seconds}
    parameters = {"candidate": candidate, "trial": trial.number, **rows, **trial.parameters}
    mlflow.log_batch(
        begun.info.run_id,
        metrics=[Metric(name, value, ended, 0) for name, value in metrics.items()],
        params=[Param(name, str(value)) for name, value in parameters.items()],
    )
    mlflow.set_terminated(begun.info.run_id, _STATUS[trial.outcome], ended)
