"""What the pipeline says about a version's columns, as JSON among the artifacts of the run that trained it."""

from relevo_contract.record import Record

FOLDER = "explanation"
IMPORTANCE_FILE = "importance.json"
IMPORTANCE_PICTURE = "importance.png"
BEESWARM_FILE = "beeswarm.json"
BEESWARM_PICTURE = "beeswarm.png"
CHANGES_FILE = "changes.json"
CHANGES_PICTURE = "changes.png"
CHANGES_TABLE = "changes.md"

Cell = int | float | str


class Importance(Record):
    """How much each column counts in a model's answers to `rows` test rows, in `unit`.

    `by_output` is mean |SHAP value| by class (for a regression: by its one output) and column; `base` the mean
    answer to the background. `overall`, in descending order, is a column's mean over the rows of half the sum of
    |SHAP value| over the classes: the probability that it moves from some classes to others. For a regression it
    is mean |SHAP value|.
    """

    unit: str
    rows: int
    background_rows: int
    overall: dict[str, float]
    by_output: dict[str, dict[str, float]]
    base: dict[str, float]


class Beeswarm(Record):
    """The SHAP values themselves: `values[output][column][row]`; cells of `rows` are in the order of `columns`."""

    unit: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    values: dict[str, dict[str, tuple[float, ...]]]


class Change(Record):
    """A column's importance and rank in the previous model and in this one; None where a model has no such column.

    `interval` is the 95 % interval of the difference, both models explained on the same rows.
    """

    column: str
    before: float | None
    after: float | None
    rank_before: int | None
    rank_after: int | None
    difference: float
    interval: tuple[float, float]

    @property
    def is_distinguishable(self) -> bool:
        """Whether the difference is more than chance among the rows explains."""
        low, high = self.interval
        return low > 0 or high < 0


class Changes(Record):
    """What changed since the version `previous`; `columns` in the order of their importance now."""

    previous: str
    unit: str
    rows: int
    sentence: str
    columns: tuple[Change, ...]
