"""promote: register the challenger and hand production over to it, the pointer last."""

from mlflow.entities.model_registry import ModelVersion
from relevo_contract.registry import TAG_PROMOTED

from relevo_pipeline import audit, versions
from relevo_pipeline.explanation.step import explain
from relevo_pipeline.hand_over import HandOver, hand_over
from relevo_pipeline.run import Run
from relevo_pipeline.steps.judge import judged_candidate

PIPELINE = "pipeline"


def register_challenger(run: Run) -> ModelVersion:
    """Register this run's challenger with its verdict, once."""
    challenger = judged_candidate(run)
    explain(run, challenger)
    version = versions.register(run, challenger)
    audit.note(run, challenger_version=version.version)
    return version


def promote(run: Run) -> str:
    """Put this run's challenger into production, once: what happened to the alias since is not undone.

    Returns:
        The version that this run put into production.

    Raises:
        StepError: production is no longer what the challenger was judged against.
    """
    version = register_challenger(run)
    number = str(version.version)
    if TAG_PROMOTED in version.tags:
        return number
    entry = audit.read(run)
    by = (entry.judgement.get("answer") or {}).get("by", PIPELINE)
    change = HandOver(run.problem.name, entry.champion_version, number, by, entry.verdict_reason, run.dag_run_id)
    hand_over(run, change)
    return number
