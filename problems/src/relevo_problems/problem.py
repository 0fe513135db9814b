"""A problem: the columns, where its rows come from, and the thresholds by which its models are judged."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from relevo_contract.card import Task
from relevo_contract.columns import Column

from relevo_problems.dataset import Dataset
from relevo_problems.preparation import Exclusion, Prepare
from relevo_problems.rules import DRIFT_THRESHOLDS, TRAINING_RULES, DriftThresholds, TrainingRule
from relevo_problems.source import ROTATING, Source

# Columns that every problem's tables have besides its own.
RESERVED = {"collection_id", "row_no", "row_key", "split", "extra"}


@dataclass(frozen=True)
class Guard:
    """A score that a challenger may lose no more than `tolerance` of, whatever it wins in the primary metric.

    `recall` stands for the recall of each class.
    """

    metric: str
    tolerance: float


@dataclass(frozen=True)
class Slices:
    """Rows that share a value of one of the `columns`, each judged by the primary metric on its own."""

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
class Problem:
    """Everything that is particular to one problem. No other folder names a problem.

    `reject_limit` is the share of a batch's rows that may break the contract before the batch is refused.
    `training_rules`, in their order, say when new rows call for training; `drift` when a column has drifted.
    `guard_rows` are the rows of a class or a slice below which nothing is said about it.
    `derived` columns are for the models that gain by them; a linear one does not.
    `group` names the delivered column whose rows stay together in one split; without it a row is its own group.

    Where the data API's columns are not simply the inputs and the target, `raw` has them in delivery order, one of
    them named like the target. `prepare` makes inputs and target of them. Rows for which one of the `exclusions`
    holds are left out before.
    `mixes` are for the simulator: how often each choice of a delivered column occurs, or each of some texts.
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
    group: str | None = None
    reject_limit: float = 0.10
    parity_tolerance: float = 1e-5
    drift: DriftThresholds = DRIFT_THRESHOLDS
    training_rules: tuple[TrainingRule, ...] = TRAINING_RULES
    guards: tuple[Guard, ...] = ()
    slices: Slices = Slices()
    guard_rows: int = 50
    budget: Budget = Budget()

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
        return self.columns if group is None or group.name in self._names() else (*self.columns, group)

    def _names(self) -> list[str]:
        return [column.name for column in self.columns]

    def __post_init__(self) -> None:
        for columns in (self.delivered, self.columns):
            names = [column.name for column in columns]
            # MySQL does not tell column names apart by case.
            if len({name.lower() for name in names}) != len(names):
                raise ValueError(f"problem {self.name}: two columns have the same name")
            if taken := sorted(RESERVED & {name.lower() for name in names}):
                raise ValueError(
                    f"problem {self.name}: the tables have columns of their own called {', '.join(taken)}"
                )
        if bool(self.raw) != (self.prepare is not None):
            raise ValueError(f"problem {self.name}: `raw` and `prepare` go together")
        if self.target.name not in {column.name for column in self.delivered}:
            raise ValueError(
                f"problem {self.name}: no delivered column is called {self.target.name}, as the target is"
            )
        for column in self.columns:
            if column.nullable or column.kind == "text":
                raise ValueError(
                    f"problem {self.name}: a model cannot read {column.name}, which is "
                    f"{'nullable' if column.nullable else 'a text'}; let `prepare` make something of it"
                )
        if (self.task == "regression") == self.target.is_category:
            raise ValueError(f"problem {self.name}: a {self.task} does not fit a target that is {self.target.kind}")
        if self.group is not None and self.group_column is None:
            raise ValueError(f"problem {self.name}: the group {self.group!r} is not one of its delivered columns")
        categories = {column.name for column in self.inputs if column.is_category}
        if unknown := [name for name in self.slices.columns if name not in categories]:
            raise ValueError(
                f"problem {self.name}: slices by {', '.join(unknown)}, which is no category among its inputs"
            )
        integers = {column.name for column in self.inputs if column.kind == "integer"}
        for derived in self.derived:
            if unknown := sorted(set(derived.terms) - integers):
                raise ValueError(
                    f"problem {self.name}: {derived.name} adds {', '.join(unknown)}, which is no integer input"
                )
        if not 0 <= self.reject_limit <= 1:
            raise ValueError(f"problem {self.name}: reject_limit is a share between 0 and 1")
