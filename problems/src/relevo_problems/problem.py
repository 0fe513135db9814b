"""A problem: the columns, where its rows come from, and the thresholds by which its models are judged."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from relevo_contract.card import Task
from relevo_contract.columns import Column

from relevo_problems.dataset import Dataset
from relevo_problems.definition import check
from relevo_problems.preparation import Exclusion, Prepare
from relevo_problems.rules import DRIFT_THRESHOLDS, TRAINING_RULES, DriftThresholds, TrainingRule
from relevo_problems.source import ROTATING, Source


@dataclass(frozen=True)
class Guard:
    """A score that a challenger may lose no more than `tolerance` of, whatever it wins in the primary metric.

    `recall` stands for the recall of each class; of two classes, for that of the positive one at the threshold.
    The tolerance of a metric in the target's unit is a share of the champion's score: 0.02 of its RMSE.
    """

    metric: str
    tolerance: float


@dataclass(frozen=True)
class Slices:
    """Rows that share a value of one of the `columns`, each judged by the primary metric on its own.

    `tolerance` is as that of a `Guard`.
    """

    columns: tuple[str, ...] = ()
    tolerance: float = 0.05


@dataclass(frozen=True)
class Budget:
    """What a served model may cost: milliseconds for one row on one thread, megabytes of its graph."""

    latency_ms: float = 5
    size_mb: float = 100


@dataclass(frozen=True)
class Derived:
    """A sum of integer inputs, each times a whole number, that trees cannot see in one column alone.

    It is part of a model's own graph: nobody delivers it, stores it or types it in. Whole numbers only, because
    float32 adds them exactly; anything else could end up on either side of a split.
    """

    name: str
    description: str
    terms: Mapping[str, int]

    @property
    def formula(self) -> str:
        """In one line, such as `Total = +1 First -2 Second`."""
        return f"{self.name} = {' '.join(f'{factor:+d} {column}' for column, factor in self.terms.items())}"


@dataclass(frozen=True)
class Statistic:
    """What training rows say of an integer input whose values are names rather than sizes, such as a zip code.

    Trees get the mean of what is learnt over the training rows with the same value. Few rows count less: the mean
    is drawn to that of the values with the same quotient by `coarser` (33156 and 33158 by 100), and that one to the
    mean of all, as if `weight` rows of it were among them (Micci-Barreca, A preprocessing scheme for
    high-cardinality categorical attributes, SIGKDD Explorations 2001). It is part of a model's own graph: a value
    that no training row had gets the coarser mean.
    """

    column: str
    coarser: int
    weight: float = 5.0

    @property
    def formula(self) -> str:
        """In one line."""
        return f"mean target by {self.column}, then by {self.column} // {self.coarser}, weight {self.weight:g}"


@dataclass(frozen=True)
class Problem:
    """Everything that is particular to one problem. No other folder names a problem.

    `reject_limit` is the share of a batch's rows that may break the contract before the batch is refused.
    `training_rules`, in their order, say when new rows call for training; `drift` when a column has drifted.
    `guard_rows` are the rows of a class or a slice below which nothing is said about it.
    `derived` columns and `statistics` are for the models that gain by them; a linear one has neither.
    `group` names the delivered column whose rows stay together in one split; without it a row is its own group.

    Where the data API's columns are not simply the inputs and the target, `raw` has them in delivery order, one of
    them named like the target. `prepare` makes inputs and target of them. Rows for which one of the `exclusions`
    holds are left out before.
    `mixes` are for the simulator: how often each choice of a delivered column occurs, or each of some texts.

    A regression with the `target_scale` "log" learns the logarithm of its target; its answers and errors are in the
    target's unit all the same. `coverage` is the share of rows whose truth lies in the prediction interval.
    The second choice of a binary target is the positive one; `flagged_share` of the rows get it for an answer, and
    without it as many as are positive.
    """

    name: str
    title: str
    description: str
    task: Task
    inputs: tuple[Column, ...]
    target: Column
    primary_metric: str
    candidates: tuple[str, ...]
    schedule: timedelta
    dataset: Dataset | None = None
    source: Source = ROTATING
    raw: tuple[Column, ...] = ()
    exclusions: tuple[Exclusion, ...] = ()
    prepare: Prepare | None = None
    mixes: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    derived: tuple[Derived, ...] = ()
    statistics: tuple[Statistic, ...] = ()
    group: str | None = None
    reject_limit: float = 0.10
    parity_tolerance: float = 1e-5
    drift: DriftThresholds = DRIFT_THRESHOLDS
    training_rules: tuple[TrainingRule, ...] = TRAINING_RULES
    guards: tuple[Guard, ...] = ()
    slices: Slices = Slices()
    guard_rows: int = 50
    budget: Budget = Budget()
    target_scale: Literal["linear", "log"] = "linear"
    coverage: float = 0.90
    flagged_share: float | None = None

    @property
    def columns(self) -> tuple[Column, ...]:
        """What models learn from: the inputs, then the target."""
        return (*self.inputs, self.target)

    @property
    def delivered(self) -> tuple[Column, ...]:
        """What the data API sends, in delivery order."""
        return self.raw or self.columns

    @property
    def group_column(self) -> Column | None:
        """The delivered column that is the group."""
        return next((column for column in self.delivered if column.name == self.group), None)

    @property
    def clean_columns(self) -> tuple[Column, ...]:
        """What the clean table has: `columns`, and the group where it is none of them."""
        group = self.group_column
        named = {column.name for column in self.columns}
        return self.columns if group is None or group.name in named else (*self.columns, group)

    def __post_init__(self) -> None:
        check(self)
