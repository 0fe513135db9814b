"""judge: challenger against champion on the same held-out rows."""

from dataclasses import dataclass
from typing import Literal

import pandas as pd
from relevo_contract.encoding import Encoder
from relevo_contract.registry import TAG_VERDICT, TAG_VERDICT_REASON
from relevo_problems.problem import Problem

from relevo_pipeline import audit, tracking, versions
from relevo_pipeline.errors import StepError
from relevo_pipeline.run import Run
from relevo_pipeline.tracking import Candidate
from relevo_pipeline.training import dataset
from relevo_pipeline.training.dataset import part
from relevo_pipeline.training.metrics import classification_scores


@dataclass(frozen=True)
class Verdict:
    """Every number that led to it; `reason` is the sentence for people."""

    outcome: Literal["promoted", "rejected"]
    reason: str
    challenger_score: float
    champion_score: float | None


def judge(run: Run) -> Verdict:
    """Pick the best candidate by the validation split and compare it with production on the test split.

    A run that is cleared keeps the verdict that is on record.
    """
    entry = audit.read(run)
    if entry.verdict is not None:
        return Verdict(entry.verdict, entry.verdict_reason, entry.challenger_score, entry.champion_score)
    parent = tracking.parent_run(run)
    challenger = best_candidate(run)
    rows = dataset.read(run).parts["test"].frame
    score = _score(run, f"models:/{challenger.model_id}", rows)
    champion = entry.champion_version
    champion_score = _score(run, f"models:/{run.problem.name}/{champion}", rows) if champion else None
    verdict = compare(run.problem, challenger, score, champion_score)
    mlflow = tracking.client(run)
    mlflow.set_tag(parent, TAG_VERDICT, verdict.outcome)
    mlflow.set_tag(parent, TAG_VERDICT_REASON, verdict.reason)
    mlflow.log_metric(parent, f"challenger_{run.problem.primary_metric}", score)
    if champion_score is not None:
        mlflow.log_metric(parent, f"champion_{run.problem.primary_metric}", champion_score)
    # Last: from here on the verdict stands.
    audit.note(
        run,
        verdict=verdict.outcome,
        verdict_reason=verdict.reason,
        challenger_score=score,
        champion_score=champion_score,
        challenger_algorithm=challenger.name,
    )
    return verdict


def best_candidate(run: Run) -> Candidate:
    """The trained candidate with the best primary metric on the validation split.

    Once the verdict stands it is the one that was judged, whatever trained since.
    """
    trained = tracking.trained_candidates(run, tracking.parent_run(run))
    if judged := audit.read(run).challenger_algorithm:
        trained = [candidate for candidate in trained if candidate.name == judged]
    if not trained:
        raise StepError("no candidate finished training; the logs of the train tasks say why.")
    return max(trained, key=lambda candidate: candidate.metrics[f"validation_{run.problem.primary_metric}"])


def _score(run: Run, uri: str, rows: pd.DataFrame) -> float:
    model = versions.ServedModel.load(run, uri)
    labels = part(Encoder(model.card.inputs), model.card.target, rows).labels
    return classification_scores(labels, model.probabilities(rows))[run.problem.primary_metric]


def compare(problem: Problem, challenger: Candidate, score: float, champion_score: float | None) -> Verdict:
    """The verdict on scores of the primary metric, higher is better; None when there is no champion."""
    metric = problem.primary_metric.replace("_", " ").replace("f1", "F1")
    difference = challenger.metrics["parity_max_difference"]
    unequal = int(challenger.metrics["parity_different_labels"])
    if unequal or not difference <= problem.parity_tolerance:
        reason = (
            f"rejected: the served form of {challenger.name} is not the trained model: {unequal} labels differ, "
            f"probabilities by up to {difference:.2g} (tolerance {problem.parity_tolerance:.0e})"
        )
        return Verdict("rejected", reason, score, champion_score)
    if champion_score is None:
        reason = f"promoted: the first model, {challenger.name} with {metric} {score:.4f}"
        return Verdict("promoted", reason, score, None)
    comparison = (
        f"{metric}, {challenger.name} {score:.4f} vs {champion_score:.4f} ({score - champion_score:+.4f}) "
        "on the same test rows"
    )
    if score > champion_score:
        return Verdict("promoted", f"promoted: better {comparison}", score, champion_score)
    return Verdict("rejected", f"rejected: no better {comparison}", score, champion_score)
