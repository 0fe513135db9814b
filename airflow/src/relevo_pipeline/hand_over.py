"""Handing production over: written down first, the pointer last, finished when it was interrupted in between."""

from dataclasses import dataclass
from datetime import datetime

from relevo_contract.registry import PREVIOUS, PRODUCTION, TAG_PROMOTED
from relevo_contract.tables import NAME, promotions, utc_now
from sqlalchemy import Engine, Row, insert, select
from sqlalchemy.exc import IntegrityError

from mlflow import MlflowClient
from relevo_pipeline import tracking, versions
from relevo_pipeline.errors import StepError
from relevo_pipeline.locks import alone
from relevo_pipeline.run import Run


@dataclass(frozen=True)
class HandOver:
    """From which version to which, by whom and why; `dag_run_id` is None for one by hand."""

    problem: str
    from_version: str | None
    to_version: str
    by: str
    reason: str
    dag_run_id: str | None = None


def hand_over(run: Run, change: HandOver) -> None:
    """Record the change, then point `previous` and, last, `production` at their versions.

    The version's tag `relevo.promoted_at`, which comes after the pointer, holds the time of the record: it tells a
    change that is complete from one that was interrupted. Doing an interrupted one again completes it.

    Raises:
        StepError: production is no longer the version that the change was to replace; nothing was changed.
    """
    mlflow = tracking.client(run)
    # MLflow's aliases know no compare-and-set: those who come here look and move one after the other.
    with alone(run.stores.raw, f"hand-over-{change.problem}"):
        _check(run, change)
        begun = _interrupted_at(run.stores.raw, mlflow, change) or _record(run.stores.raw, change)
        if change.from_version is not None:
            mlflow.set_registered_model_alias(change.problem, PREVIOUS, change.from_version)
        mlflow.set_registered_model_alias(change.problem, PRODUCTION, change.to_version)
        mlflow.set_model_version_tag(change.problem, change.to_version, TAG_PROMOTED, begun.isoformat())


def _check(run: Run, change: HandOver) -> None:
    current = versions.production(run)
    number = str(current.version) if current else None
    # The new version is there already when the change was interrupted after its pointer.
    if number not in (change.from_version, change.to_version):
        raise StepError(
            f"version {number or 'none'} of {change.problem} is in production, and version "
            f"{change.from_version or 'none'} was to be replaced: somebody moved the alias in between. "
            "Nothing was changed; a run has to be started anew."
        )


def interrupted(run: Run, by: str, reason: str) -> HandOver | None:
    """The latest change by hand if the same person for the same reason began it and it is not complete."""
    row = _latest(run.stores.raw, run.problem.name)
    if row is None or (row.promoted_by, row.reason, row.dag_run_id) != (by[:NAME], reason, None):
        return None
    change = HandOver(row.problem, row.from_version, row.to_version, row.promoted_by, row.reason)
    return change if _interrupted_at(run.stores.raw, tracking.client(run), change) else None


def _interrupted_at(raw: Engine, mlflow: MlflowClient, change: HandOver) -> datetime | None:
    """When the latest change began, if it is this one and not complete."""
    row = _latest(raw, change.problem)
    if row is None or (
        (row.from_version, row.to_version, row.promoted_by, row.reason, row.dag_run_id)
        != (change.from_version, change.to_version, change.by[:NAME], change.reason, change.dag_run_id)
    ):
        return None
    begun: datetime = row.promoted_at
    tags = mlflow.get_model_version(change.problem, change.to_version).tags
    return None if tags.get(TAG_PROMOTED) == begun.isoformat() else begun


def _latest(raw: Engine, problem: str) -> Row[tuple[object, ...]] | None:
    query = select(promotions).where(promotions.c.problem == problem).order_by(promotions.c.id.desc()).limit(1)
    with raw.connect() as connection:
        return connection.execute(query).one_or_none()


def _record(raw: Engine, change: HandOver) -> datetime:
    begun = utc_now()
    try:
        with raw.begin() as connection:
            connection.execute(
                insert(promotions).values(
                    problem=change.problem,
                    from_version=change.from_version,
                    to_version=change.to_version,
                    promoted_at=begun,
                    promoted_by=change.by[:NAME],
                    dag_run_id=change.dag_run_id,
                    reason=change.reason,
                )
            )
    except IntegrityError:
        pass  # the record of this DAG run, which others have come after
    return begun
