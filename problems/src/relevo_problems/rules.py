"""When new rows call for training: rules as data, which a problem takes as they are or changes."""

from dataclasses import dataclass
from typing import Literal

# What a rule looks at; `relevo_pipeline.drift.measures` says how each is measured.
Measure = Literal["no_production_model", "drift", "score", "new_categories", "new_rows"]


@dataclass(frozen=True)
class DriftThresholds:
    """When a column has drifted: its difference is significant *and* large.

    With many rows every difference is significant, and with few rows every index is large: each threshold guards
    against what the other one overlooks. `psi` is the population stability index from which on one speaks of a
    shift (0.1 a moderate, 0.25 a large one: Siddiqi, Credit Risk Scorecards, 2006);
    `false_discovery_rate` is that of Benjamini and Hochberg over all columns.
    """

    psi: float = 0.10
    false_discovery_rate: float = 0.05


DRIFT_THRESHOLDS = DriftThresholds()


@dataclass(frozen=True)
class TrainingRule:
    """Fires when what it measures reaches `threshold`.

    `sentence` says what was found, whether the rule fires or not; the measure fills in what stands in braces.
    """

    name: Measure
    threshold: float
    sentence: str


_NEW_ROWS = (
    "{rows} new rows, about {to_train_on} of them to train on: {share} of the {trained} that the model was trained "
    "on (the rule needs {needed})"
)

TRAINING_RULES = (
    TrainingRule("no_production_model", 1, "no model is in production yet"),
    # Share of the columns, the target among them.
    TrainingRule("drift", 0.2, "{drifted} of {columns} columns drifted ({named}; the rule needs {needed})"),
    # By how much the interval on the new rows lies on the worse side of the one recorded with the model, in the
    # metric's unit: below it, or above it where lower is better.
    TrainingRule("score", 0.0, "{metric} {score} ({interval}) on the new rows, {compared} {recorded} at training"),
    # Rows of one category.
    TrainingRule("new_categories", 50, "{named} (the rule needs {needed} rows)"),
    # New rows to train on, as a share of those the production model was trained on.
    TrainingRule("new_rows", 0.5, _NEW_ROWS),
)
