"""The audit row: one per run, what happened and why, in words and numbers."""

from contextlib import suppress

from relevo_contract.assessment import SECONDS
from relevo_contract.tables import runs, utc_now
from sqlalchemy import Row, insert, select, update
from sqlalchemy.exc import IntegrityError

from relevo_pipeline.run import Run


def begin(run: Run) -> None:
    """Open the audit row. A run that is cleared keeps its row and is running again.

    One run at a time: a row that is still open then belongs to a run that was ended from outside.
    """
    _open(run)
    note(run, state="running", finished_at=None, failed_task=None, error=None)
    left_open = (
        runs.c.problem == run.problem.name,
        runs.c.dag_run_id != run.dag_run_id,
        runs.c.state == "running",
    )
    ended = {"state": "failed", "finished_at": utc_now(), "error": "the run was ended before it was recorded."}
    with run.stores.clean.begin() as connection:
        connection.execute(update(runs).where(*left_open).values(**ended))


def _open(run: Run) -> None:
    with suppress(IntegrityError), run.stores.clean.begin() as connection:
        connection.execute(
            insert(runs).values(
                problem=run.problem.name,
                dag_run_id=run.dag_run_id,
                state="running",
                started_at=utc_now(),
                metric=run.problem.primary_metric,
            )
        )


def note(run: Run, **values: object) -> None:
    """Write values into the audit row."""
    with run.stores.clean.begin() as connection:
        connection.execute(
            update(runs)
            .where(runs.c.problem == run.problem.name, runs.c.dag_run_id == run.dag_run_id)
            .values(**values)
        )


def add_evidence(run: Run, **found: object) -> None:
    """Add to the evidence; what other steps found, or this one when it ran before, stays beside it."""
    this = (runs.c.problem == run.problem.name, runs.c.dag_run_id == run.dag_run_id)
    with run.stores.clean.begin() as connection:
        before = connection.execute(select(runs.c.evidence).where(*this).with_for_update()).scalar_one_or_none()
        connection.execute(update(runs).where(*this).values(evidence={**(before or {}), **found}))


def took(run: Run, task: str, seconds: float) -> None:
    """Note how long a task of the run has worked, the last time that it did."""
    this = (runs.c.problem == run.problem.name, runs.c.dag_run_id == run.dag_run_id)
    with run.stores.clean.begin() as connection:
        before = (
            connection.execute(select(runs.c.evidence).where(*this).with_for_update()).scalar_one_or_none() or {}
        )
        noted = {**before.get(SECONDS, {}), task: round(seconds, 3)}
        connection.execute(update(runs).where(*this).values(evidence={**before, SECONDS: noted}))


def read(run: Run) -> Row[tuple[object, ...]]:
    """The audit row of this run; opened here if `collect` did not get that far."""
    query = select(runs).where(runs.c.problem == run.problem.name, runs.c.dag_run_id == run.dag_run_id)
    with run.stores.clean.connect() as connection:
        entry = connection.execute(query).one_or_none()
    if entry is not None:
        return entry
    _open(run)
    with run.stores.clean.connect() as connection:
        return connection.execute(query).one()
