"""When new rows call for training: rules as data, which a problem takes as they are or changes."""

from dataclasses import dataclass
from typing import Literal

# What a rule looks at; `relevo_pipeline.steps.decide` measures it.
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

    `fired` and `quiet` are the sentences for the two cases; what stands in braces is filled in by the measurement.
    """

    name: Measure
    threshold: float
    fired: str
    quiet: str


_DRIFT = "{drifted} of {columns} columns drifted ({named}the rule needs {needed})"
_SCORE = "{metric} {score} ({low}–{high}) on the new rows, {where} {recorded}"
_CATEGORIES = "{rows} rows of a category the model has never seen ({named}; the rule needs {needed})"
_ROWS = "{rows} new rows since the last training, {share} of those it was trained on (the rule needs {needed})"

TRAINING_RULES = (
    TrainingRule("no_production_model", 1, "no model is in production yet", "version {version} is in production"),
    # Share of the columns, the target among them.
    TrainingRule("drift", 0.2, _DRIFT, _DRIFT),
    # By how much, at least, the whole interval on the new rows lies below the one recorded with the model.
    TrainingRule("score", 0.0, _SCORE, _SCORE),
    # Rows of one category.
    TrainingRule("new_categories", 50, _CATEGORIES, "no category is new to the model in more than {rows} rows"),
    # Share of the rows the production model was trained on.
    TrainingRule("new_rows", 0.5, _ROWS, _ROWS),
)
