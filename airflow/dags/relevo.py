"""One DAG per problem. Only wiring: what a task does is in `relevo_pipeline.steps`."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import DAG, Param, TriggerRule, get_current_context, task
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
from relevo_pipeline.catalogue import names
from relevo_pipeline.errors import ExhaustedError, StepError
from relevo_pipeline.pools import training_pool
from relevo_pipeline.settings import settings
from relevo_problems.definition import DefinitionError
from relevo_problems.problem import Problem
from relevo_problems.registry import UnknownProblemError, load

# What a person reads before a promotion, and may answer.
PROPOSAL = "proposal"
APPROVE, REJECT = "Approve", "Reject"


def perform(step: Callable[..., Any], **arguments: Any) -> Any:
    """Run a step for the current DAG run and translate how it may end into Airflow's terms."""
    from relevo_pipeline.task import perform as perform_step

    context = get_current_context()
    try:
        return perform_step(
            context["ti"].task_id,
            lambda run: step(run, **arguments),
            context["dag"].dag_id,
            context["run_id"],
            arguments.get("candidate", ""),
        )
    except ExhaustedError as end:
        raise AirflowSkipException(str(end)) from end
    except StepError as error:
        # Trying again would end the same way: no retry.
        raise AirflowFailException(str(error)) from error


@task(retries=0)
def collect() -> int:
    from relevo_pipeline.steps.collect import collect as step

    return int(perform(step).id)


@task
def validate() -> int:
    from relevo_pipeline.steps.validate import validate_batch as step

    return int(perform(step))


@task
def clean() -> int:
    from relevo_pipeline.steps.clean import clean as step

    return int(perform(step))


@task
def assess() -> None:
    from relevo_pipeline.steps.assess import assess as step

    perform(step)


@task.branch
def decide() -> str:
    from relevo_pipeline.steps.decide import decide as step

    return "train" if perform(step).action == "train" else "record"


@task(map_index_template="{{ candidate }}")
def train(candidate: str) -> str:
    from relevo_pipeline.steps.train import train as step

    get_current_context()["candidate"] = candidate
    return str(perform(step, candidate=candidate))


@task.branch(trigger_rule=TriggerRule.ALL_DONE_MIN_ONE_SUCCESS)
def judge() -> str:
    from relevo_pipeline.judgement.proposal import proposal
    from relevo_pipeline.steps.judge import judge as step

    verdict = perform(step)
    if verdict.outcome == "rejected":
        return "reject"
    if settings().promotion == "automatic" or verdict.answer is not None:
        return "promote"
    get_current_context()["ti"].xcom_push(PROPOSAL, proposal(verdict))
    return "approve"


def approve(problem: Problem) -> HITLOperator:
    """Waits for a person, without a process and without an end."""
    return HITLOperator(
        task_id="approve",
        subject=f"{problem.title}: put the challenger into production?",
        body=f"{{{{ ti.xcom_pull(task_ids='judge', key='{PROPOSAL}') }}}}",
        options=[APPROVE, REJECT],
        params={"why": Param("", type="string", title="Why", description="Goes on record with your name.")},
        execution_timeout=None,
    )


@task.branch
def answer(given: dict[str, Any]) -> str:
    from relevo_pipeline.steps.answer import answer as step

    approved = given["chosen_options"] == [APPROVE]
    by = (given["responded_by_user"] or {}).get("name") or "somebody"
    verdict = perform(step, approved=approved, by=by, why=given["params_input"].get("why") or "")
    return "promote" if verdict.outcome == "promoted" else "reject"


@task(trigger_rule=TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS)
def promote() -> str:
    from relevo_pipeline.steps.promote import promote as step

    return str(perform(step))


@task(trigger_rule=TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS)
def reject() -> str:
    from relevo_pipeline.steps.reject import reject as step

    return str(perform(step))


@task(trigger_rule=TriggerRule.ALL_DONE)
def record() -> str:
    from relevo_pipeline.steps.record import record as step

    return str(perform(step, failed_tasks=_failed_tasks()))


def _failed_tasks() -> list[str]:
    """The tasks before `record` that did not succeed, in the order of the DAG; one failed candidate is none."""
    context = get_current_context()
    states = context["ti"].get_task_states(dag_id=context["dag"].dag_id, run_ids=[context["run_id"]])
    by_task = states.get(context["run_id"], {})
    if by_task.get("judge") == "upstream_failed" and by_task.get("decide") == "success":
        return ["train"]  # every candidate failed
    order = ["collect", "validate", "clean", "assess", "decide", "judge", "approve", "answer", "promote", "reject"]
    return [name for name in order if by_task.get(name) == "failed"]


def build(problem: Problem) -> DAG:
    """The DAG of one problem."""
    with DAG(
        dag_id=problem.name,
        dag_display_name=problem.title,
        description=problem.description,
        schedule=problem.schedule if settings().schedule == "problem" else None,
        start_date=datetime(2026, 1, 1, tzinfo=UTC),
        catchup=False,
        max_active_runs=1,
        is_paused_upon_creation=True,
        default_args={
            "retries": 2,
            "retry_delay": timedelta(seconds=10),
            # No step waits for anything without an end; this is for what nobody thought of.
            "execution_timeout": timedelta(hours=2),
        },
        tags=["relevo", problem.task],
        doc_md=f"**{problem.title}.** {problem.description}\n\nEvery run sends one request to the data API.",
    ) as dag:
        last = record()
        trained = train.override(pool=training_pool(problem.name)).expand(candidate=list(problem.candidates))
        decision = decide()
        collect() >> validate() >> clean() >> assess() >> decision >> [trained, last]
        verdict = judge()
        endings = [promote(), reject()]
        trained >> verdict >> endings >> last
        if settings().promotion == "manual":
            asked = approve(problem)
            verdict >> asked
            answer(asked.output) >> endings
    return dag


@task
def definition(wrong: str) -> None:
    raise AirflowFailException(wrong)


def unusable(name: str, wrong: str) -> DAG:
    """Says in Airflow what is wrong with a problem, which takes no other problem's DAG away."""
    with DAG(
        dag_id=name,
        dag_display_name=f"{name}: cannot be used",
        description=wrong,
        schedule=None,
        is_paused_upon_creation=True,
        tags=["relevo", "wrong definition"],
        doc_md=wrong,
    ) as dag:
        definition(wrong)
    return dag


for name in names(settings()):
    try:
        globals()[name] = build(load(name))
    except (DefinitionError, UnknownProblemError) as error:
        globals()[name] = unusable(name, str(error))
