"""Promotions by people from the page: one change a run, one run at a time. Only wiring, as in `relevo.py`."""

from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG, Param, get_current_context, task
from airflow.sdk.exceptions import AirflowFailException

# What the page shows of a change that was refused; one that was made is the task's return value.
REFUSAL = "refusal"


# A change that was interrupted is finished by asking for it again in the same words, as on the command line.
@task(retries=0)
def change() -> str:
    from relevo_pipeline import operate

    context = get_current_context()
    asked = context["params"]
    try:
        return operate.change(
            asked["action"], asked["problem"], asked["version"] or "", asked["by"], asked["reason"]
        )
    except operate.NotDoneError as error:
        context["ti"].xcom_push(REFUSAL, str(error))
        raise AirflowFailException(str(error)) from error


with DAG(
    dag_id="relevo_operate",
    dag_display_name="Promote or roll back by hand",
    description="What `make promote` and `make rollback` do, asked for by the page.",
    schedule=None,
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    max_active_runs=1,
    is_paused_upon_creation=False,
    default_args={"execution_timeout": timedelta(minutes=10)},
    tags=["relevo", "by hand"],
    params={
        "action": Param("promote", enum=["promote", "rollback"], title="Promote or roll back"),
        "problem": Param("", type="string", title="Problem"),
        "version": Param(None, type=["null", "string"], title="Version", description="The one to promote."),
        "by": Param("", type="string", minLength=1, title="By", description="Goes on record."),
        "reason": Param("", type="string", minLength=1, title="Reason", description="Goes on record."),
    },
):
    change()
