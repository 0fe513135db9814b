"""judge: challenger against champion on the same held-out rows."""

from dataclasses import replace

import numpy as np
import pandas as pd
from relevo_contract.metrics import metric as described
from relevo_contract.registry import TAG_VERDICT, TAG_VERDICT_REASON, VERDICT_FILE

from relevo_pipeline import audit, tracking
from relevo_pipeline.errors import StepError
from relevo_pipeline.judgement.compare import compare, first_model
from relevo_pipeline.judgement.eligibility import examine
from relevo_pipeline.judgement.outcomes import Answered, Outcomes
from relevo_pipeline.judgement.verdict import Examined, Verdict
from relevo_pipeline.run import Run
from relevo_pipeline.served_model import ServedModel
from relevo_pipeline.tracking import Candidate
from relevo_pipeline.training import dataset


def judge(run: Run) -> Verdict:
    """Pick the best eligible candidate by the validation split and compare it with production on the test split.

    No champion has been trained on a row of the test split, since a row's split depends on nothing but the row.
    A run that is cleared keeps the verdict that is on record.
    """
    if (verdict := on_record(run)) is not None:
        return verdict
    rows = dataset.judged(run)
    examined: list[Examined] = []
    for candidate in ranked_candidates(run):
        found, answers = examine(run, candidate, rows)
        examined.append(found)
        if answers is not None and not found.trouble:
            verdict = _verdict(run, rows, candidate, answers)
            break
    else:
        verdict = _nobody(run, examined, len(rows))
    verdict = _with_those_before(verdict, examined)
    put_on_record(run, verdict)
    return verdict


def put_on_record(run: Run, verdict: Verdict) -> None:
    """The verdict into MLflow and, last, into the audit row: from then on it stands."""
    mlflow, parent = tracking.client(run), tracking.parent_run(run)
    mlflow.log_dict(parent, verdict.document(), VERDICT_FILE)
    mlflow.set_tag(parent, TAG_VERDICT, verdict.outcome)
    mlflow.set_tag(parent, TAG_VERDICT_REASON, verdict.reason)
    for side, score in (("challenger", verdict.challenger_score), ("champion", verdict.champion_score)):
        if score is not None:
            mlflow.log_metric(parent, f"{side}_{verdict.metric}", score)
    audit.note(
        run,
        verdict=verdict.outcome,
        verdict_reason=verdict.reason,
        judgement=verdict.document(),
        challenger_score=verdict.challenger_score,
        champion_score=verdict.champion_score,
        challenger_algorithm=verdict.algorithm,
    )


def on_record(run: Run) -> Verdict | None:
    """The verdict of an earlier go, None if there is none yet."""
    entry = audit.read(run)
    return None if entry.judgement is None else Verdict.of(entry.judgement)


def ranked_candidates(run: Run) -> list[Candidate]:
    """The trained candidates, the one with the best primary metric on the validation split first."""
    trained = tracking.trained_candidates(run, tracking.parent_run(run))
    if not trained:
        raise StepError("no candidate finished training; the logs of the train tasks say why.")
    metric = f"validation_{run.problem.primary_metric}"
    sign = described(run.problem.primary_metric).sign

    def goodness(candidate: Candidate) -> float:
        # One that has no score, or scores no number, comes last.
        score = sign * candidate.metrics.get(metric, np.nan)
        return -np.inf if np.isnan(score) else score

    return sorted(trained, key=goodness, reverse=True)


def judged_candidate(run: Run) -> Candidate:
    """The candidate that the verdict is about, whatever trained since."""
    judged = audit.read(run).challenger_algorithm
    return next(candidate for candidate in ranked_candidates(run) if candidate.name == judged)


def _verdict(run: Run, rows: pd.DataFrame, candidate: Candidate, answers: Answered) -> Verdict:
    champion = audit.read(run).champion_version
    seed = run.settings.seed
    if champion is None:
        alone = Outcomes.between(run.problem, rows, answers, answers).compare(seed)
        return first_model(run.problem, candidate.name, alone.own(run.problem.primary_metric), len(rows))
    model = ServedModel.load(run, f"models:/{run.problem.name}/{champion}")
    outcomes = Outcomes.between(run.problem, rows, Answered(model.card, model.answers(rows)), answers)
    return compare(run.problem, rows, outcomes, algorithm=candidate.name, champion=champion, seed=seed)


def _nobody(run: Run, examined: list[Examined], rows: int) -> Verdict:
    troubles = "; ".join(f"{found.candidate}: {found.trouble}" for found in examined)
    return Verdict(
        outcome="rejected",
        reason=f"not eligible: {troubles}",
        rule="not_eligible",
        metric=run.problem.primary_metric,
        algorithm=examined[0].candidate,
        challenger_score=None,
        champion_score=None,
        champion_version=audit.read(run).champion_version,
        rows=rows,
    )


def _with_those_before(verdict: Verdict, examined: list[Examined]) -> Verdict:
    """Says which better candidates were passed over, and why."""
    passed = [f"{found.candidate} is not eligible: {found.trouble}" for found in examined if found.trouble]
    if verdict.rule == "not_eligible" or not passed:
        return replace(verdict, examined=tuple(examined))
    reason = f"{verdict.reason} ({'; '.join(passed)})"
    return replace(verdict, reason=reason, examined=tuple(examined))
