"""assess: evidence about the new batch, without a verdict."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
from relevo_contract.assessment import ASSESSMENT, Assessment
from relevo_contract.encoding import Encoder

from relevo_pipeline import audit, batches, tracking, versions
from relevo_pipeline.drift import assessment, history, sample
from relevo_pipeline.drift.comparison import compare
from relevo_pipeline.drift.report import write_report
from relevo_pipeline.run import Run
from relevo_pipeline.served_model import ServedModel
from relevo_pipeline.splits import groups
from relevo_pipeline.training import dataset

# Where the parent run in MLflow keeps what was found.
_FOLDER = "assessment"


def assess(run: Run) -> None:
    """Compare the rows this run brought with those the production model was trained on, and score it on them."""
    entry = audit.read(run)
    if entry.decision is not None:
        return  # a run that is cleared: what was decided, and on what evidence, stays on record
    champion = versions.production(run)
    if champion is None:
        found = Assessment(version=None, volume=history.volume(run), rows_since_training=entry.rows_new or 0)
    else:
        model = ServedModel.load(run, f"models:/{run.problem.name}/{champion.version}")
        found = _against(run, str(champion.version), model)
    tracking.client(run).log_dict(
        tracking.parent_run(run),
        {**(audit.read(run).evidence or {}), ASSESSMENT: found.model_dump(mode="json")},
        f"{_FOLDER}/assessment.json",
    )
    audit.add_evidence(run, **{ASSESSMENT: found.model_dump(mode="json")})
    audit.note(run, champion_version=found.version)


def _against(run: Run, version: str, model: ServedModel) -> Assessment:
    """What is known of the new rows while version `version` is in production; `JUDGED_ROWS` of them are scored."""
    card = model.card
    found = Assessment(
        version=version,
        volume=history.volume(run),
        reference_rows=card.reference.rows if card.reference else None,
        rows_since_training=history.rows_since_training(run, card.training_set.last_collection_id),
        trained_on=card.training_set.rows,
    )
    if not found.volume.new:
        return found
    rows = batches.new_rows(run)
    # The order of the keys, which are digests, makes the first ones a random sample.
    scored = rows.head(dataset.JUDGED_ROWS)
    truth = dataset.part(Encoder(card.inputs), card.target, scored).labels
    clusters = groups(run.problem, scored)
    score, scores = assessment.score(card, truth, model.answers(scored), run.settings.seed, clusters)
    audit.add_evidence(run, production_on_new_rows=scores)
    found = found.model_copy(
        update={
            "columns": tuple(compare(card.reference, rows, run.problem.drift)) if card.reference else (),
            "new_categories": assessment.new_categories(card, rows),
            "score": score,
        }
    )
    _log_metrics(run, found, scores)
    _log_report(run, model, rows)
    return found


def _log_metrics(run: Run, found: Assessment, scores: dict[str, float]) -> None:
    metrics = {f"production_on_new_rows.{name}": score for name, score in scores.items()}
    if found.columns:
        metrics["drift.share"] = len(found.drifted) / len(found.columns)
        metrics["drift.largest_psi"] = max(column.psi for column in found.columns)
    mlflow, parent = tracking.client(run), tracking.parent_run(run)
    for name, value in metrics.items():
        mlflow.log_metric(parent, name, value)


def _log_report(run: Run, model: ServedModel, rows: pd.DataFrame) -> None:
    if model.reference_rows is None:
        return  # a version of an earlier release
    with TemporaryDirectory() as folder:
        page = Path(folder) / "drift.html"
        write_report(
            run.problem,
            (*model.card.inputs, model.card.target),
            sample.frame(model.reference_rows),
            rows.iloc[sample.positions(len(rows), run.settings.seed)],
            page,
        )
        tracking.client(run).log_artifact(tracking.parent_run(run), str(page), _FOLDER)
