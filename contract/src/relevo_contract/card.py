"""The model card: everything the model server and the page know about a model."""

from datetime import datetime
from typing import Literal

from pydantic import Field

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


class Card(Record):
    """Travels with the registered version as `card.json`.

    `inputs` are in the order of the model's input matrix; categories list what was known at training.
    `metrics` are on the test split, by metric name, and `metric_intervals` their 95 % bootstrap intervals, where
    there is one; `decision` is the sentence that says why it was trained.
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
    training_set: TrainingSet
    reference: Reference | None = None
    background: tuple[tuple[int | float | str, ...], ...] = ()
    decision: str
    code_version: str
    packages: dict[str, str] = Field(default_factory=dict)
    run_id: str
    dag_run_id: str
    created_at: datetime

    @property
    def labels(self) -> tuple[str, ...]:
        """The classes in the order of the model's probabilities; empty for a regression."""
        return self.target.choices

    @property
    def background_columns(self) -> dict[str, tuple[int | float | str, ...]]:
        """The background by column name, ready to be encoded."""
        names = (column.name for column in self.inputs)
        return dict(zip(names, zip(*self.background, strict=True), strict=True)) if self.background else {}
