"""The model card: everything the model server and the page know about a model."""

from datetime import datetime
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from relevo_contract.columns import Column
from relevo_contract.record import Record
from relevo_contract.reference import Reference

Task = Literal["multiclass", "binary", "regression"]
DataKind = Literal["real", "simulated"]


class TrainingSet(Record):
    """Names the rows a model was trained on, so that it can be trained again from the database."""

    name: str
    last_collection_id: int
    split_rule: str
    rows: int
    digest: str
    batch: str


class Conformal(Record):
    """What is added to a regression's value, so that the truth lies in between for `coverage` of the rows.

    Split conformal prediction (Lei et al. 2018, https://arxiv.org/abs/1604.04173) on the validation rows; with the
    scale `log` the interval is value·exp(low) … value·exp(high). `test_coverage` is what it came to on test rows.
    """

    coverage: float = Field(gt=0, lt=1)
    scale: Literal["linear", "log"] = "linear"
    low: float
    high: float
    test_coverage: float | None = None

    def around(self, values: NDArray[np.floating]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The ends of the interval of each value, shape (rows,) each."""
        exact = values.astype(np.float64)
        if self.scale == "log":
            return exact * np.exp(self.low), exact * np.exp(self.high)
        return exact + self.low, exact + self.high


class SliceScore(Record):
    """The primary metric on the test rows in which `column` is `choice`, with its 95 % interval.

    No score where it has none, such as an AUROC of rows of one class.
    """

    column: str
    choice: str
    rows: int
    score: float | None = None
    interval: tuple[float, float] | None = None


class ReliabilityBin(Record):
    """Test rows of about the same probability: its mean, and the share of them that are positive."""

    rows: int
    probability: float
    positive: float


class Card(Record):
    """Travels with the registered version as `card.json`.

    `inputs` are in the order of the model's input matrix; categories list what was known at training.
    `metrics` are on the test split, by metric name, and `metric_intervals` their 95 % bootstrap intervals, where
    there is one; `decision` is the sentence that says why it was trained.
    `slices` are its scores on parts of the test rows, `reliability` how far its probabilities can be believed.
    `threshold`, of two classes, is the probability from which on the second one is the answer; without one it is
    the likelier of both. `conformal` makes a prediction interval of a regression's value.
    `reference` sums up the training rows, to compare new ones with; versions of earlier releases have none.
    `background` are training rows, cells in the order of `inputs`, to explain answers against.
    `packages` are the versions of the libraries that trained it, by name.
    """

    schema_version: Literal[1] = 1
    problem: str
    title: str
    description: str
    task: Task
    data: DataKind
    algorithm: str
    inputs: tuple[Column, ...]
    target: Column
    primary_metric: str
    metrics: dict[str, float]
    metric_intervals: dict[str, tuple[float, float]] = Field(default_factory=dict)
    slices: tuple[SliceScore, ...] = ()
    reliability: tuple[ReliabilityBin, ...] = ()
    threshold: float | None = Field(default=None, ge=0, le=1)
    conformal: Conformal | None = None
    training_set: TrainingSet
    reference: Reference | None = None
    background: tuple[tuple[int | float | str, ...], ...] = ()
    decision: str
    code_version: str
    packages: dict[str, str] = Field(default_factory=dict)
    run_id: str
    dag_run_id: str
    created_at: datetime

    @model_validator(mode="after")
    def _fits_its_task(self) -> Self:
        if self.threshold is not None and (self.task != "binary" or len(self.labels) != 2):
            raise ValueError("only a model of two classes has a threshold")
        if self.conformal is not None and self.task != "regression":
            raise ValueError("only a regression has a prediction interval")
        return self

    @property
    def labels(self) -> tuple[str, ...]:
        """The classes in the order of the model's probabilities; empty for a regression."""
        return self.target.choices

    def codes(self, probabilities: NDArray[np.floating]) -> NDArray[np.int64]:
        """The position of the label that is the answer to each row, from probabilities of shape (rows, classes)."""
        if self.threshold is None:
            return np.asarray(probabilities.argmax(axis=1), dtype=np.int64)
        return np.asarray(probabilities[:, 1] >= self.threshold, dtype=np.int64)

    @property
    def background_columns(self) -> dict[str, tuple[int | float | str, ...]]:
        """The background by column name, ready to be encoded."""
        names = (column.name for column in self.inputs)
        return dict(zip(names, zip(*self.background, strict=True), strict=True)) if self.background else {}
