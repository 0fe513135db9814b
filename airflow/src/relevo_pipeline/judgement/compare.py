"""Challenger against champion on the same rows: the primary metric, the guards, the slices, and the sentence."""

from collections.abc import Iterator

import pandas as pd
from relevo_problems.problem import Problem

from relevo_pipeline.judgement.bootstrap import Estimate
from relevo_pipeline.judgement.outcomes import Comparison, Outcomes
from relevo_pipeline.judgement.verdict import Guarded, Outcome, Rule, Verdict, called, difference


def first_model(problem: Problem, algorithm: str, score: Estimate, rows: int) -> Verdict:
    """The verdict on a challenger that has nobody to beat."""
    reason = (
        f"promoted: the first model, {algorithm} with {called(problem.primary_metric)} {score.point:.4f} "
        f"(95 % {score.low:.4f}…{score.high:.4f})"
    )
    return Verdict(
        "promoted", reason, "first_model", problem.primary_metric, algorithm, score.point, None, None, rows=rows
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
    shown = difference(problem.primary_metric, primary)
    violated = [_violation(guard) for guard in guards if guard.violated]
    outcome: Outcome = "rejected"
    rule: Rule
    if primary.high < 0:
        rule, reason = "worse", f"{shown}: worse than the champion"
    elif primary.low <= 0:
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
    )


def _guards(problem: Problem, outcomes: Outcomes, whole: Comparison) -> Iterator[Guarded]:
    for guard in problem.guards:
        if guard.metric != "recall":
            paired = whole.score(guard.metric)
            yield Guarded(called(guard.metric), guard.tolerance, paired.rows >= problem.guard_rows, paired)
            continue
        for code, label in enumerate(outcomes.labels):
            paired = whole.recall(code)
            if paired.rows:
                subject = f"recall of {problem.target.display(label)}"
                yield Guarded(subject, guard.tolerance, paired.rows >= problem.guard_rows, paired)


def _slices(problem: Problem, rows: pd.DataFrame, outcomes: Outcomes, seed: int) -> Iterator[Guarded]:
    columns = [column for column in problem.inputs if column.name in problem.slices.columns]
    for column in columns:
        values = rows[column.name].to_numpy()
        for value in sorted(set(values)):
            paired = outcomes.only(values == value).compare(seed).score(problem.primary_metric)
            subject = f"{called(problem.primary_metric)} where {column.name} is {column.display(value)}"
            yield Guarded(subject, problem.slices.tolerance, paired.rows >= problem.guard_rows, paired)


def _violation(guard: Guarded) -> str:
    paired = guard.paired
    return f"{guard.subject} {paired.challenger:.3f} vs {paired.champion:.3f} (tolerance {guard.tolerance:g})"
