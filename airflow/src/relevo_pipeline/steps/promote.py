"""promote: register the challenger and hand production over to it, the pointer last."""

from mlflow.entities.model_registry import ModelVersion
from relevo_contract.registry import PREVIOUS, PRODUCTION, TAG_PROMOTED
from relevo_contract.tables import promotions, utc_now
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from relevo_pipeline import audit, tracking, versions
from relevo_pipeline.errors import StepError
from relevo_pipeline.run import Run
from relevo_pipeline.steps.judge import best_candidate


def register_challenger(run: Run) -> ModelVersion:
    """Register this run's challenger with its verdict, once."""
    version = versions.register(run, best_candidate(run))
    audit.note(run, challenger_version=version.version)
    return version


def promote(run: Run) -> str:
    """Put this run's challenger into production, once: what happened to the alias since is not undone.

    Returns:
        The version that this run put into production.

    Raises:
        StepError: production is no longer what the challenger was judged against.
    """
    mlflow = tracking.client(run)
    version = register_challenger(run)
    name, number = run.problem.name, str(version.version)
    if TAG_PROMOTED in version.tags:
        return number
    current = versions.production(run)
    in_production = str(current.version) if current else None
    if in_production != number:
        judged_against = audit.read(run).champion_version
        if in_production != judged_against:
            raise StepError(
                f"version {in_production or 'none'} is in production, and this run was judged against version "
                f"{judged_against or 'none'}: somebody moved the alias in between. Start a new run."
            )
        if in_production is not None:
            mlflow.set_registered_model_alias(name, PREVIOUS, in_production)
        _record_promotion(run, in_production, number)
        mlflow.set_registered_model_alias(name, PRODUCTION, number)
    mlflow.set_model_version_tag(name, number, TAG_PROMOTED, utc_now().isoformat())
    return number


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
        pass  # an earlier go was interrupted between this row and the alias
