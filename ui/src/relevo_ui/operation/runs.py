"""A run of the pipeline as somebody watches it: its tasks, what it waits for, and the last lines of a log."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from relevo_ui.operation.airflow import Airflow, AirflowError
from relevo_ui.operation.airflow_answers import DagRun, TaskInstance

LOG_LINES = 12
# After this the page says why a task may still have no worker.
QUEUED_LONG_SECONDS = 30


@dataclass(frozen=True)
class Watched:
    """`talking` is the task whose log is shown: the one that failed, or that runs, or else the last that ran.

    `waiting` is a task that has had no worker for a long time, with the seconds.
    """

    run: DagRun
    tasks: tuple[TaskInstance, ...]
    talking: TaskInstance | None
    log: tuple[str, ...] | None
    waiting: tuple[TaskInstance, int] | None

    @property
    def asks_a_person(self) -> bool:
        return any(task.state == "awaiting_input" for task in self.tasks)


def watched(airflow: Airflow, problem: str, run: DagRun, *, with_log: bool) -> Watched:
    """What is to be seen of a run now. Errors are `AirflowError`s; a log that cannot be read says so itself."""
    tasks = tuple(airflow.tasks(problem, run.dag_run_id))
    speaker = talking(tasks)
    log = None
    if with_log and speaker is not None:
        try:
            log = tuple(airflow.log(problem, run.dag_run_id, speaker, LOG_LINES))
        except AirflowError as error:
            log = (str(error),)
    return Watched(run, tasks, speaker, log, waiting(tasks, datetime.now(UTC)))


def talking(tasks: Sequence[TaskInstance]) -> TaskInstance | None:
    """The task whose log says most about where the run is."""
    # `record` fails with every run that failed: what failed first says why.
    for wanted in ("failed", "running", "up_for_retry"):
        found = [task for task in tasks if task.state == wanted]
        if found:
            return found[0]
    started = [task for task in tasks if task.start_date is not None and task.state == "success"]
    return max(started, key=lambda task: task.start_date or datetime.min.replace(tzinfo=UTC), default=None)


def waiting(tasks: Sequence[TaskInstance], now: datetime) -> tuple[TaskInstance, int] | None:
    """A task that was handed to the workers and has not been taken, when nothing else runs either."""
    if any(task.state == "running" for task in tasks):
        return None
    for task in tasks:
        if task.state == "queued" and task.queued_when is not None:
            seconds = int((now - task.queued_when).total_seconds())
            if seconds >= QUEUED_LONG_SECONDS:
                return task, seconds
    return None
