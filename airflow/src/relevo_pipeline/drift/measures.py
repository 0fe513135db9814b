"""What each rule measures in an assessment: a number to hold against its threshold, and the words around it."""

import math
from collections.abc import Callable
from typing import NamedTuple

from relevo_contract.assessment import Assessment, RuleOutcome
from relevo_contract.metrics import metric as described
from relevo_problems.rules import Measure, TrainingRule

from relevo_pipeline.splits import TRAINED_SHARE

# As many are named in a sentence; all of them are in the evidence.
_NAMED = 3


class _Measured(NamedTuple):
    """`value` is None when there is nothing to measure; `instead`, where given, takes the sentence's place."""

    value: float | None
    fields: dict[str, str]
    instead: str | None = None


def evaluate(rule: TrainingRule, found: Assessment) -> RuleOutcome:
    """Whether the rule fires, and the sentence that says what it saw."""
    value, fields, instead = _MEASURES[rule.name](found, rule.threshold)
    return RuleOutcome(
        name=rule.name,
        threshold=rule.threshold,
        measured=value,
        fired=value is not None and value >= rule.threshold,
        sentence=instead or rule.sentence.format(**fields),
    )


def _unknown(why: str) -> _Measured:
    return _Measured(None, {}, why)


def _no_production_model(found: Assessment, _threshold: float) -> _Measured:
    if found.version is None:
        return _Measured(1.0, {})
    return _Measured(0.0, {}, f"version {found.version} is in production")


def _drift(found: Assessment, threshold: float) -> _Measured:
    if found.version is None:
        return _unknown("there is no model in production whose training rows the new ones could be compared with")
    if not found.columns:
        return _unknown(
            f"version {found.version} has no reference, so there is nothing to compare the new rows with"
            if found.reference_rows is None
            else "there are no new rows to compare"
        )
    drifted, total = found.drifted, len(found.columns)
    if drifted:
        named = ", ".join(f"{column.column} PSI {column.psi:.2f}" for column in drifted[:_NAMED])
        named += f" and {len(drifted) - _NAMED} more" if len(drifted) > _NAMED else ""
    else:
        nearest = max(found.columns, key=lambda column: column.psi)
        named = f"the largest PSI is {nearest.psi:.2f}, of {nearest.column}"
    # 0.2 of 15 columns are 3, whatever the product is in binary.
    needed = math.ceil(threshold * total - 1e-9)
    return _Measured(
        len(drifted) / total,
        {"drifted": str(len(drifted)), "columns": str(total), "named": named, "needed": str(needed)},
    )


def _score(found: Assessment, _threshold: float) -> _Measured:
    score = found.score
    if found.version is None:
        return _unknown("there is no model in production to score on the new rows")
    if score is None:
        has_rows = "the new rows have no such score, as when all of them are of one class"
        return _unknown(has_rows if found.volume.new else "there are no new rows to score")
    metric = described(score.metric)

    def shown(value: float) -> str:
        return f"{value:.3f}" if metric.scale == "share" else metric.shown(value, score.unit)

    interval = f"{shown(score.low)}–{shown(score.high)}"
    if score.recorded is None:
        said = f"{metric.title} {shown(score.value)} ({interval}) on the new rows"
        return _unknown(f"{said}, and version {found.version} has no recorded interval to compare it with")
    low, high = score.recorded
    compared = "below" if score.high <= low else "above" if score.low >= high else "in line with"
    return _Measured(
        low - score.high if metric.higher_is_better else score.low - high,
        {
            "metric": metric.title,
            "score": shown(score.value),
            "interval": interval,
            "compared": compared,
            "recorded": f"{shown(low)}–{shown(high)}",
        },
    )


def _new_categories(found: Assessment, threshold: float) -> _Measured:
    new = found.new_categories
    named = ", ".join(
        f"{one.column} {one.choice!r} in {one.rows:,} row{'' if one.rows == 1 else 's'} ({one.share:.1%})"
        for one in new[:_NAMED]
    )
    return _Measured(
        float(max((category.rows for category in new), default=0)),
        {
            "named": f"never seen in training: {named}" if named else "no new category",
            "needed": f"{threshold:,g}",
        },
    )


def _new_rows(found: Assessment, threshold: float) -> _Measured:
    if found.trained_on is None:
        return _unknown("no model has been trained yet")
    # Like with like: of the new rows too, some are kept to validate and to test on.
    to_train_on = round(found.rows_since_training * TRAINED_SHARE)
    share = to_train_on / found.trained_on
    return _Measured(
        share,
        {
            "rows": f"{found.rows_since_training:,}",
            "to_train_on": f"{to_train_on:,}",
            # What falls short of the threshold must not be rounded to it.
            "share": f"{share:.0%}" if (round(share, 2) >= threshold) == (share >= threshold) else f"{share:.2%}",
            "trained": f"{found.trained_on:,}",
            "needed": f"{threshold:.0%}",
        },
    )


_MEASURES: dict[Measure, Callable[[Assessment, float], _Measured]] = {
    "no_production_model": _no_production_model,
    "drift": _drift,
    "score": _score,
    "new_categories": _new_categories,
    "new_rows": _new_rows,
}
