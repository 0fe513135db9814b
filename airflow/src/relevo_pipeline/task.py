"""The seam between Airflow and the steps: opens the run, notes what went wrong, closes the stores."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TypeVar

from relevo_contract.tables import LONGEST_SENTENCE, utc_now
from sqlalchemy.exc import SQLAlchemyError

from relevo_pipeline import audit
from relevo_pipeline.errors import ExhaustedError, RunFailedError, StepError
from relevo_pipeline.run import Run
from relevo_pipeline.settings import settings

Result = TypeVar("Result")


@contextmanager
def opened(problem: str, dag_run_id: str) -> Iterator[Run]:
    """A run whose stores are closed at the end."""
    run = Run.open(problem, dag_run_id, settings())
    try:
        yield run
    finally:
        run.stores.close()


def perform(task: str, step: Callable[[Run], Result], problem: str, dag_run_id: str, part: str = "") -> Result:
    """Run one step; what it raises is written into the audit row before it goes on its way.

    `part` tells the instances of a mapped task apart in the seconds that each of them took.
    """
    with opened(problem, dag_run_id) as run:
        try:
            began = time.monotonic()
            result = step(run)
            # The step is done; that its seconds cannot be written down is no reason to do it again.
            with suppress(SQLAlchemyError):
                audit.took(run, f"{task} {part}".rstrip(), time.monotonic() - began)
            return result
        except (ExhaustedError, RunFailedError):
            raise
        except Exception as error:
            sentence = str(error) if isinstance(error, StepError) else f"{type(error).__name__}: {error}"
            audit.note(run, failed_task=task, error=sentence[:LONGEST_SENTENCE], **_ended_by(task))
            raise


def _ended_by(task: str) -> dict[str, object]:
    """After `record` nobody else will close the row."""
    return {"state": "failed", "finished_at": utc_now()} if task == "record" else {}
