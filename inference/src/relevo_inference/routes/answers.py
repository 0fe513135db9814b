"""The shapes of the answers."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field
from relevo_contract.card import Card, DataKind, Task


class ModelIdentity(BaseModel):
    """Which model answered."""

    name: str
    version: str
    run_id: str
    stale: bool = Field(description="the last good model stood in: this may not be the one in production")


class OnePrediction(BaseModel):
    """A label with its probabilities, or the value of a regression."""

    prediction_id: str
    label: str | None = None
    label_name: str | None = None
    probabilities: dict[str, float] | None = None
    value: float | None = None


class Prediction(OnePrediction):
    """The answer to one row."""

    model: ModelIdentity


class Predictions(BaseModel):
    """The answer to `{"rows": [...]}`, in the same order."""

    predictions: list[OnePrediction]
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
    registry: RegistryHealth
    journal: JournalHealth
    models: list[ModelHealth]


class Alive(BaseModel):
    status: str = "ok"
