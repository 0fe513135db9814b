"""record: close the audit row and the MLflow run, whatever happened before."""

from typing import Literal

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
    if collection is not None and collection.state == "exhausted":
        ending: Ending = "exhausted"
        values = {"decision_reason": collection.error, "failed_task": None, "error": None}
    elif failed_tasks:
        ending = "failed"
        silent = f"the task {failed_tasks[0]} ended without a word; its log in Airflow may say more."
        values = {"failed_task": entry.failed_task or failed_tasks[0], "error": entry.error or silent}
    else:
        ending = "succeeded"
        # What a task said before a retry of it succeeded is not how the run ended.
        values = {"failed_task": None, "error": None}
    audit.note(run, state=ending, finished_at=utc_now(), **values)
    _close_mlflow_run(run, ending, values["error"])
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
    mlflow.set_tag(parent, "relevo.ending", ending)
    if error is not None:
        mlflow.set_tag(parent, "relevo.error", error)
    mlflow.set_terminated(parent, "FAILED" if ending == "failed" else "FINISHED")
