"""Challenger against champion on the same rows: the primary metric, the guards, the slices, and the sentence."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from relevo_contract.metrics import metric as described
from relevo_problems.problem import Problem

from relevo_pipeline.judgement.outcomes import Comparison, Outcomes
from relevo_pipeline.judgement.verdict import Guarded, Outcome, Rule, Verdict, called, difference, tolerated
from relevo_pipeline.scoring.bootstrap import Estimate
from relevo_pipeline.scoring.classes import Classes


def first_model(problem: Problem, algorithm: str, score: Estimate, rows: int) -> Verdict:
    """The verdict on a challenger that has nobody to beat."""
    metric, unit = described(problem.primary_metric), problem.target.unit
    interval = f"{metric.shown(score.low, unit)}…{metric.shown(score.high, unit)}"
    return Verdict(
        outcome="promoted",
        reason=f"promoted: the first model, {algorithm} with {metric.title} {metric.shown(score.point, unit)} "
        f"(95 % {interval})",
        rule="first_model",
        metric=problem.primary_metric,
        algorithm=algorithm,
        challenger_score=score.point,
        champion_score=None,
        champion_version=None,
        rows=rows,
        unit=unit,
    )


def compare(
    problem: Problem, rows: pd.DataFrame, outcomes: Outcomes, *, algorithm: str, champion: str, seed: int
) -> Verdict:
    """The verdict on a challenger and the version `champion`.

    Args:
        rows: the rows of `outcomes`, with the columns of the problem.
    """
    whole = outcomes.compare(seed)
    primary = whole.score(problem.primary_metric)
    guards = (*_guards(problem, outcomes, whole), *_slices(problem, rows, outcomes, seed))
    unit = problem.target.unit
    shown = difference(primary, unit)
    violated = [_violation(guard, unit) for guard in guards if guard.violated]
    outcome: Outcome = "rejected"
    rule: Rule
    if primary.gain.high < 0:
        rule, reason = "worse", f"{shown}: worse than the champion"
    elif not primary.gain.low > 0:
        rule, reason = "not_distinguishable", f"{shown}: not distinguishable from the champion"
    elif violated:
        rule, reason = "guard", f"{'; '.join(violated)}, in spite of {shown}"
    else:
        outcome, rule, reason = "promoted", "better", f"{shown}: {algorithm} is better than the champion"
    return Verdict(
        outcome=outcome,
        reason=f"{outcome}: {reason}",
        rule=rule,
        metric=problem.primary_metric,
        algorithm=algorithm,
        challenger_score=primary.challenger,
        champion_score=primary.champion,
        champion_version=champion,
        rows=primary.rows,
        primary=primary,
        guards=guards,
        unit=unit,
    )


def _guards(problem: Problem, outcomes: Outcomes, whole: Comparison) -> Iterator[Guarded]:
    for guard in problem.guards:
        scorer = outcomes.champion
        if guard.metric != "recall" or not isinstance(scorer, Classes):
            paired = whole.score(guard.metric)
            if np.isfinite(paired.difference):
                yield Guarded(called(guard.metric), guard.tolerance, paired.rows >= problem.guard_rows, paired)
            continue
        for code, label in enumerate(outcomes.labels):
            if rows := int((scorer.truth == code).sum()):
                subject = f"recall of {problem.target.display(label)}"
                yield Guarded(subject, guard.tolerance, rows >= problem.guard_rows, whole.recall(code, rows))


def _slices(problem: Problem, rows: pd.DataFrame, outcomes: Outcomes, seed: int) -> Iterator[Guarded]:
    columns = [column for column in problem.inputs if column.name in problem.slices.columns]
    for column in columns:
        values = rows[column.name].to_numpy()
        for value in sorted(set(values)):
            paired = outcomes.only(values == value).compare(seed).score(problem.primary_metric)
            if np.isfinite(paired.difference):
                subject = f"{called(problem.primary_metric)} where {column.name} is {column.display(value)}"
                yield Guarded(subject, problem.slices.tolerance, paired.rows >= problem.guard_rows, paired)


def _violation(guard: Guarded, unit: str | None) -> str:
    paired, metric = guard.paired, described(guard.paired.metric)
    scores = (
        f"{paired.challenger:.3f} vs {paired.champion:.3f}"
        if metric.scale == "share"
        else f"{metric.shown(paired.challenger, unit)} vs {metric.shown(paired.champion, unit)}"
    )
    return f"{guard.subject} {scores} (tolerance {tolerated(guard)})"
