"""The audit row: one per run, what happened and why, in words and numbers."""

from relevo_contract.tables import runs, utc_now
from sqlalchemy import Row, insert, select, update
from sqlalchemy.exc import IntegrityError

from relevo_pipeline.run import Run


def begin(run: Run) -> None:
    """Open the audit row. A run that is cleared keeps its row and is running again."""
    try:
        with run.stores.clean.begin() as connection:
            connection.execute(
                insert(runs).values(
                    problem=run.problem.name,
                    dag_run_id=run.dag_run_id,
                    state="running",
                    started_at=utc_now(),
                    metric=run.problem.primary_metric,
                )
            )
    except IntegrityError:
        note(run, state="running", finished_at=None, failed_task=None, error=None)


def note(run: Run, **values: object) -> None:
    """Write values into the audit row."""
    with run.stores.clean.begin() as connection:
        connection.execute(
            update(runs)
            .where(runs.c.problem == run.problem.name, runs.c.dag_run_id == run.dag_run_id)
            .values(**values)
        )


def read(run: Run) -> Row[tuple[object, ...]]:
    """The audit row of this run."""
    with run.stores.clean.connect() as connection:
        return connection.execute(
            select(runs).where(runs.c.problem == run.problem.name, runs.c.dag_run_id == run.dag_run_id)
        ).one()
