"""What a run found out about its new rows before anything was trained, as it stands in the audit row's evidence."""

from typing import Literal

from relevo_contract.record import Record


class ColumnDrift(Record):
    """How one column of the new rows differs from the production model's training rows.

    `test` is Kolmogorov–Smirnov's for numbers and Pearson's chi-squared for categories, `psi` the population
    stability index; `q` is `p` corrected for the number of columns (Benjamini and Hochberg).
    """

    column: str
    test: Literal["ks", "chi2"]
    statistic: float
    p: float
    q: float
    psi: float
    drifted: bool


class NewCategory(Record):
    """A category, of an input or of the target, that the production model has not been trained on."""

    column: str
    choice: str
    rows: int
    share: float


class Score(Record):
    """The production model on the new rows: its primary metric with the 95 % bootstrap interval.

    `recorded` is the interval that its card has from its own test rows; None in a card of an earlier release.
    `unit` is the target's, for metrics that are in it.
    """

    metric: str
    value: float
    low: float
    high: float
    recorded: tuple[float, float] | None
    unit: str | None = None


class Volume(Record):
    """Rows of this run beside the medians of up to twenty `batches` before it; None if it is the first."""

    received: int
    new: int
    batches: int
    usual_received: float | None
    usual_new: float | None


class Assessment(Record):
    """Evidence without a verdict. `version` is the production model's; without one there is nothing to compare.

    `columns` is empty when there are no new rows or the version has no reference (`reference_rows` is then None).
    `rows_since_training` are the new rows of all batches that no model has been trained and judged on, this one's
    among them; `trained_on` are the rows that the production model was trained on.
    """

    version: str | None
    volume: Volume
    reference_rows: int | None = None
    columns: tuple[ColumnDrift, ...] = ()
    new_categories: tuple[NewCategory, ...] = ()
    score: Score | None = None
    rows_since_training: int = 0
    trained_on: int | None = None

    @property
    def drifted(self) -> tuple[ColumnDrift, ...]:
        """The columns that drifted, the largest index first."""
        return tuple(sorted((c for c in self.columns if c.drifted), key=lambda c: -c.psi))


class RuleOutcome(Record):
    """What one rule measured. `measured` is None when it could not be; the sentence says why."""

    name: str
    threshold: float
    measured: float | None
    fired: bool
    sentence: str


# Keys of the audit row's evidence.
ASSESSMENT = "assessment"
RULES = "rules"
# How long each task of the run has worked, by its name.
SECONDS = "seconds"
