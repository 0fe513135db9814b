"""Handing production over: written down first, the pointer last, finished when it was interrupted in between."""

from dataclasses import dataclass
from datetime import datetime

from relevo_contract.registry import PREVIOUS, PRODUCTION, TAG_PROMOTED
from relevo_contract.tables import NAME, promotions, utc_now
from sqlalchemy import Engine, Row, insert, select
from sqlalchemy.exc import IntegrityError

from mlflow import MlflowClient
from relevo_pipeline import tracking
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
    """
    mlflow = tracking.client(run)
    begun = _interrupted_at(run.stores.raw, mlflow, change) or _record(run.stores.raw, change)
    if change.from_version is not None:
        mlflow.set_registered_model_alias(change.problem, PREVIOUS, change.from_version)
    mlflow.set_registered_model_alias(change.problem, PRODUCTION, change.to_version)
    mlflow.set_model_version_tag(change.problem, change.to_version, TAG_PROMOTED, begun.isoformat())


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
