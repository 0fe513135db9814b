"""record: close the audit row and the MLflow run, whatever happened before."""

from typing import Literal

from relevo_contract.registry import TAG_ENDING, TAG_ERROR
from relevo_contract.tables import utc_now

from relevo_pipeline import audit, ledger, tracking
from relevo_pipeline.errors import RunFailedError
from relevo_pipeline.run import Run

Ending = Literal["succeeded", "failed", "exhausted"]


def record(run: Run, failed_tasks: list[str]) -> Ending:
    """Write how the run ended.

    Args:
        failed_tasks: the tasks that did not succeed, in the order of the DAG.

    Raises:
        RunFailedError: the run failed; so does its last task, so that nothing paints it green.
    """
    entry = audit.read(run)
    collection = ledger.find(run)
    values: dict[str, str | None] = {"failed_task": None, "error": None}
    if collection is not None and collection.state == "exhausted":
        ending: Ending = "exhausted"
        values["decision_reason"] = collection.error
    elif failed_tasks:
        ending = "failed"
        # What the row has may be of a task that was tried again and succeeded, or of one candidate of several.
        said = entry.error if entry.failed_task == failed_tasks[0] else None
        silent = f"the task {failed_tasks[0]} ended without a word; its log in Airflow may say more."
        values = {"failed_task": failed_tasks[0], "error": said or silent}
    else:
        ending = "succeeded"
    # MLflow first: as long as this task can still fail, the row does not say how the run ended.
    _close_mlflow_run(run, ending, values["error"])
    audit.note(run, state=ending, finished_at=utc_now(), **values)
    if ending == "failed":
        raise RunFailedError(f"the run failed in {values['failed_task']}: {values['error']}")
    return ending


def _close_mlflow_run(run: Run, ending: Ending, error: str | None) -> None:
    mlflow = tracking.client(run)
    parent = tracking.parent_run(run)
    entry = audit.read(run)
    counts = {
        "rows_received": entry.rows_received,
        "rows_rejected": entry.rows_rejected,
        "rows_new": entry.rows_new,
    }
    for name, count in counts.items():
        if count is not None:
            mlflow.log_metric(parent, name, count)
    mlflow.set_tag(parent, TAG_ENDING, ending)
    # Empty when a run that had failed was cleared and succeeded.
    mlflow.set_tag(parent, TAG_ERROR, error or "")
    mlflow.set_terminated(parent, "FAILED" if ending == "failed" else "FINISHED")
