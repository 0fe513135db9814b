"""assess: evidence about the new batch, without a verdict."""

from relevo_contract.encoding import Encoder

from relevo_pipeline import audit, batches, tracking, versions
from relevo_pipeline.run import Run
from relevo_pipeline.training.dataset import part
from relevo_pipeline.training.metrics import classification_scores


def assess(run: Run) -> None:
    """Note which version is in production and how it scores on the rows that this run brought."""
    parent = tracking.parent_run(run)
    entry = audit.read(run)
    if entry.decision is not None:
        return  # a run that is cleared: what was decided, and on what evidence, stays on record
    champion = versions.production(run)
    evidence = dict(entry.evidence or {})
    if champion is not None and entry.rows_new:
        model = versions.ServedModel.load(run, f"models:/{run.problem.name}/{champion.version}")
        rows = batches.new_rows(run)
        labels = part(Encoder(model.card.inputs), model.card.target, rows).labels
        scores = classification_scores(labels, model.probabilities(rows))
        evidence["production_on_new_rows"] = scores
        mlflow = tracking.client(run)
        for name, score in scores.items():
            mlflow.log_metric(parent, f"production_on_new_rows.{name}", score)
    audit.note(run, champion_version=champion.version if champion else None, evidence=evidence)
