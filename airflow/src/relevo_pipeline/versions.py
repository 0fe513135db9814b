"""Versions in the registry: what is in production, and the one version a run may register."""

from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE, RESOURCE_DOES_NOT_EXIST, ErrorCode
from relevo_contract.registry import (
    CHALLENGER,
    PRODUCTION,
    TAG_BATCH,
    TAG_DAG_RUN,
    TAG_DATA,
    TAG_DECISION_REASON,
    TAG_VERDICT,
    TAG_VERDICT_REASON,
    TAG_VERDICT_RULE,
)

from mlflow import MlflowClient
from relevo_pipeline import audit, tracking
from relevo_pipeline.errors import StepError
from relevo_pipeline.judgement.verdict import NOT_ELIGIBLE
from relevo_pipeline.run import Run
from relevo_pipeline.tracking import Candidate

_ABSENT = {ErrorCode.Name(RESOURCE_DOES_NOT_EXIST), ErrorCode.Name(INVALID_PARAMETER_VALUE)}


def production(run: Run) -> ModelVersion | None:
    """The version in production, or None."""
    return by_alias(run, PRODUCTION)


def by_alias(run: Run, alias: str) -> ModelVersion | None:
    """The version that an alias points at, or None."""
    try:
        return tracking.client(run).get_model_version_by_alias(run.problem.name, alias)
    except MlflowException as error:
        if error.error_code in _ABSENT:
            return None
        raise


def registered(run: Run, number: str) -> ModelVersion:
    """A version by its number.

    Raises:
        StepError: there is none of that number; the sentence says which there are.
    """
    name = run.problem.name
    found = {
        str(version.version): version for version in tracking.client(run).search_model_versions(f"name = '{name}'")
    }
    if number in found:
        return found[number]
    there = ", ".join(sorted(found, key=int)) or "none yet"
    raise StepError(f"there is no version {number!r} of {name}; there are: {there}.")


def _of_run(run: Run) -> list[ModelVersion]:
    """What this run has registered, the first one first."""
    condition = f"name = '{run.problem.name}' and tags.`{TAG_DAG_RUN}` = '{run.dag_run_id}'"
    return sorted(tracking.client(run).search_model_versions(condition), key=lambda version: int(version.version))


def register(run: Run, candidate: Candidate) -> ModelVersion:
    """Register a candidate as this run's one version and point the alias `challenger` at it.

    The model server loads a challenger ahead, so that a promotion finds it in memory. A run that is cleared finds
    its version again, and the alias where it was if a later run has moved it.
    """
    mlflow = tracking.client(run)
    _ensure_model(mlflow, run)
    version = next(iter(_of_run(run)), None) or _create(mlflow, run, candidate)
    # The model server can only complain about a challenger that cannot be served.
    if audit.read(run).judgement["rule"] != NOT_ELIGIBLE:
        before = by_alias(run, CHALLENGER)
        if before is None or int(before.version) < int(version.version):
            mlflow.set_registered_model_alias(run.problem.name, CHALLENGER, version.version)
    return version


def _create(mlflow: MlflowClient, run: Run, candidate: Candidate) -> ModelVersion:
    entry = audit.read(run)
    mlflow.create_model_version(
        run.problem.name,
        source=f"models:/{candidate.model_id}",
        run_id=candidate.run_id,
        model_id=candidate.model_id,
        tags={
            TAG_DAG_RUN: run.dag_run_id,
            TAG_BATCH: str(entry.batch),
            TAG_DATA: str(entry.data),
            TAG_DECISION_REASON: str(entry.decision_reason),
            TAG_VERDICT: str(entry.verdict),
            TAG_VERDICT_REASON: str(entry.verdict_reason),
            TAG_VERDICT_RULE: entry.judgement["rule"],
        },
    )
    # MLflow's client repeats a request whose answer got lost, and the server then makes a second version.
    version, *repeated = _of_run(run)
    for twin in repeated:
        mlflow.delete_model_version(twin.name, twin.version)
    return version


def _ensure_model(mlflow: MlflowClient, run: Run) -> None:
    try:
        mlflow.get_registered_model(run.problem.name)
    except MlflowException as error:
        if error.error_code not in _ABSENT:
            raise
        mlflow.create_registered_model(run.problem.name, description=run.problem.description)
