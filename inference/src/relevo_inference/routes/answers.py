"""The shapes of the answers."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from relevo_contract.card import Card, DataKind, Task, TrainingSet


class ModelIdentity(BaseModel):
    """Which model answered."""

    name: str
    version: str
    run_id: str
    stale: bool = Field(description="the last good model stood in: this may not be the one in production")


class Interval(BaseModel):
    """The truth lies between `low` and `high` for the share `coverage` of all rows."""

    low: float
    high: float
    coverage: float


class OnePrediction(BaseModel):
    """A label with its probabilities, or the value of a regression with its prediction interval."""

    prediction_id: str
    label: str | None = None
    label_name: str | None = None
    probabilities: dict[str, float] | None = None
    value: float | None = None
    interval: Interval | None = None


class Prediction(OnePrediction):
    """The answer to one row."""

    model: ModelIdentity


class Predictions(BaseModel):
    """The answer to `{"rows": [...]}`, in the same order."""

    predictions: list[OnePrediction]
    model: ModelIdentity


Cell = int | float | str


class Contribution(BaseModel):
    column: str
    value: Cell
    contribution: float


class ExplainedOutput(BaseModel):
    """One label's probability: `base` and the contributions of all columns sum up to `answer`."""

    base: float
    answer: float
    contributions: dict[str, float]


class Variation(BaseModel):
    """The explained output while `column` takes each of `values` and the other columns stay."""

    column: str
    values: list[Cell]
    answers: list[float]


class Explanation(BaseModel):
    """`base` and all contributions sum up to `answer`, within the rounding of the model's arithmetic."""

    output: str | None = Field(description="the label that is explained: the one predicted; null for a regression")
    output_name: str
    unit: str = Field(description='"probability", or the unit of the target')
    base: float
    answer: float
    contributions: list[Contribution] = Field(description="of every column, the most important first")
    by_output: dict[str, ExplainedOutput] = Field(description="the same for every label; empty for a regression")
    variations: list[Variation]
    background_rows: int = Field(description="as many of the card's as there was time for")
    model: ModelIdentity


class ServedIdentity(ModelIdentity):
    """`since` is when this server first saw the version in production (UTC)."""

    since: datetime


class ModelAnswer(BaseModel):
    """A model in production with its card."""

    model: ServedIdentity
    card: Card


class ModelInfo(BaseModel):
    """The model in production in short."""

    name: str
    title: str
    version: str
    run_id: str
    stale: bool
    since: datetime
    task: Task
    algorithm: str
    data: DataKind
    primary_metric: str
    metrics: dict[str, float]
    trained_at: datetime


class ModelSummary(BaseModel):
    """One served problem; without `model` nothing is in production, and `reason` says why."""

    name: str
    default: bool
    model: ModelInfo | None = None
    reason: str | None = None


class Models(BaseModel):
    models: list[ModelSummary]


class LineageModel(BaseModel):
    """The version that answered, by the MLflow run that made it."""

    name: str
    version: str
    run_id: str


class Trigger(BaseModel):
    """The batch whose arrival had the version trained, and the DAG run that did it."""

    batch: str
    collection_id: int
    dag_run_id: str


class Lineage(BaseModel):
    """Where a prediction came from. Without the version's card its training is not known; `reason` says why."""

    prediction_id: str
    request_id: str
    predicted_at: datetime
    status: int
    model: LineageModel
    training_set: TrainingSet | None = None
    triggered_by: Trigger | None = None
    decision: str | None = None
    reason: str | None = None


class FeedbackGiven(BaseModel):
    """The truth is one of the version's labels, or a number for a regression."""

    model_config = ConfigDict(extra="forbid")

    prediction_id: UUID
    truth: str | float = Field(examples=["1"])


class FeedbackAnswer(BaseModel):
    """`correct` for a label; for a value `absolute_error`, and whether its interval `covered` the truth."""

    prediction_id: str
    model: LineageModel
    predicted: str | float
    truth: str | float
    correct: bool | None = None
    absolute_error: float | None = None
    covered: bool | None = None


class RegistryHealth(BaseModel):
    reachable: bool
    reason: str | None = None


class JournalHealth(BaseModel):
    backlog: int = Field(description="predictions that are not in the database yet")
    reason: str | None = Field(default=None, description="why predictions are not taken there")


class ModelHealth(BaseModel):
    name: str
    version: str | None
    stale: bool
    reason: str | None = None


class Health(BaseModel):
    """`ok`; `degraded` when something is wrong; `unavailable` when the default problem has no model."""

    status: Literal["ok", "degraded", "unavailable"]
    version: str
    started_at: datetime
    registry: RegistryHealth
    journal: JournalHealth
    models: list[ModelHealth]


class Alive(BaseModel):
    status: str = "ok"
