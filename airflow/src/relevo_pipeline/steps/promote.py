"""promote: register the challenger and hand production over to it, the pointer last."""

from relevo_contract.registry import CHALLENGER, PREVIOUS, PRODUCTION, TAG_VERDICT, TAG_VERDICT_REASON
from relevo_contract.tables import promotions, utc_now
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from relevo_pipeline import audit, tracking, versions
from relevo_pipeline.errors import StepError
from relevo_pipeline.run import Run
from relevo_pipeline.steps.judge import best_candidate


def register_challenger(run: Run) -> str:
    """Register this run's challenger with its verdict and point the alias `challenger` at it.

    Returns:
        The version. The model server loads a challenger ahead, so that a promotion finds it in memory.
    """
    entry = audit.read(run)
    mlflow = tracking.client(run)
    version = str(versions.register(run, best_candidate(run)).version)
    mlflow.set_model_version_tag(run.problem.name, version, TAG_VERDICT, entry.verdict)
    mlflow.set_model_version_tag(run.problem.name, version, TAG_VERDICT_REASON, entry.verdict_reason)
    mlflow.set_registered_model_alias(run.problem.name, CHALLENGER, version)
    audit.note(run, challenger_version=version)
    return version


def promote(run: Run) -> str:
    """Put this run's challenger into production.

    Returns:
        The version that is in production now.

    Raises:
        StepError: production is no longer what the challenger was judged against.
    """
    mlflow = tracking.client(run)
    judged_against = audit.read(run).champion_version
    current = versions.production(run)
    own = versions.of_run(run)
    if current is not None and own is not None and current.version == own.version:
        return str(own.version)
    if (str(current.version) if current else None) != judged_against:
        raise StepError(
            f"version {current.version if current else 'none'} is in production, and this run was judged against "
            f"version {judged_against or 'none'}: somebody moved the alias in between. Start a new run."
        )
    version = register_challenger(run)
    if current is not None:
        mlflow.set_registered_model_alias(run.problem.name, PREVIOUS, current.version)
    _record_promotion(run, judged_against, version)
    mlflow.set_registered_model_alias(run.problem.name, PRODUCTION, version)
    return version


def _record_promotion(run: Run, from_version: str | None, to_version: str) -> None:
    entry = audit.read(run)
    try:
        with run.stores.raw.begin() as connection:
            connection.execute(
                insert(promotions).values(
                    problem=run.problem.name,
                    from_version=from_version,
                    to_version=to_version,
                    promoted_at=utc_now(),
                    promoted_by="pipeline",
                    dag_run_id=run.dag_run_id,
                    reason=entry.verdict_reason,
                )
            )
    except IntegrityError:
        pass  # a cleared run promotes the same version: it is written down already
