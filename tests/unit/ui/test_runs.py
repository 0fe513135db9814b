"""What a run that is being watched says first."""

from datetime import UTC, datetime, timedelta
from typing import Any

from relevo_ui.operation.airflow_answers import TaskInstance
from relevo_ui.operation.runs import QUEUED_LONG_SECONDS, talking, waiting

NOW = datetime(2026, 11, 26, 5, 0, tzinfo=UTC)


def task(task_id: str, state: str | None, **other: Any) -> TaskInstance:
    base = {"map_index": -1, "try_number": 1, "start_date": None, "end_date": None, "duration": None}
    return TaskInstance.model_validate({"task_id": task_id, "state": state, **base, **other})


def test_what_failed_speaks_before_what_runs_before_what_ended_last() -> None:
    first = task("collect", "success", start_date=NOW)
    second = task("validate", "success", start_date=NOW + timedelta(seconds=3))
    running = task("clean", "running", start_date=NOW + timedelta(seconds=9))
    failed, record = task("assess", "failed"), task("record", "failed")
    assert talking([first, second, running, failed, record]) is failed
    assert talking([first, second, running]) is running
    assert talking([first, second, task("clean", None)]) is second
    assert talking([task("collect", None)]) is None


def test_a_task_without_a_worker_is_noticed_when_nothing_else_runs() -> None:
    patient = task("train", "queued", queued_when=NOW - timedelta(seconds=QUEUED_LONG_SECONDS))
    assert waiting([task("clean", "success"), patient], NOW) == (patient, QUEUED_LONG_SECONDS)
    # It is the pool that it waits for, and the other one gives it back.
    assert waiting([task("train", "running"), patient], NOW) is None
    assert waiting([task("train", "queued", queued_when=NOW)], NOW) is None
