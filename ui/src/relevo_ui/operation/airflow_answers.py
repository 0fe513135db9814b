"""What of Airflow's answers the page reads."""

from datetime import datetime

from pydantic import BaseModel


class Dag(BaseModel):
    """A pipeline; `timetable_summary` is its schedule, None when it runs only when it is triggered."""

    dag_id: str
    is_paused: bool
    timetable_summary: str | None = None


class DagRun(BaseModel):
    """A run; `state` is queued, running, success or failed."""

    dag_run_id: str
    state: str
    run_after: datetime
    queued_at: datetime | None = None
    start_date: datetime | None = None
    end_date: datetime | None = None

    @property
    def ended(self) -> bool:
        return self.state in ("success", "failed")


class TaskInstance(BaseModel):
    """A task of a run; a mapped one occurs once for each of its `rendered_map_index`."""

    task_id: str
    map_index: int
    rendered_map_index: str | None = None
    state: str | None
    try_number: int
    start_date: datetime | None
    end_date: datetime | None
    duration: float | None
    queued_when: datetime | None = None


class Job(BaseModel):
    """A process of Airflow that is alive."""

    job_type: str | None
    start_date: datetime | None


class Task(BaseModel):
    """A task of a DAG, and what comes after it."""

    task_id: str
    downstream_task_ids: list[str]


class _Mistake(BaseModel):
    exc_type: str
    exc_value: str


class LogLine(BaseModel):
    """A line of a task's log."""

    event: str
    timestamp: datetime | None = None
    level: str = ""
    error_detail: list[_Mistake] = []

    @property
    def said(self) -> str:
        """The line as people read it, with what was raised."""
        when = f"{self.timestamp:%H:%M:%S} " if self.timestamp else ""
        level = f"{self.level.upper()} " if self.level not in ("", "info") else ""
        mistakes = "".join(f"\n    {mistake.exc_type}: {mistake.exc_value}" for mistake in self.error_detail)
        return f"{when}{level}{self.event}{mistakes}"
