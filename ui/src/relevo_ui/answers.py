"""The shapes of the model server's answers, as far as the page reads them."""

from datetime import datetime

from pydantic import BaseModel
from relevo_contract.card import Card, TrainingSet

Cell = int | float | str
# The unit of what is explained where that is a class.
PROBABILITY = "probability"


class FieldError(BaseModel):
    """One value that the model's contract does not allow; `row` counts from 0 where many rows were sent."""

    field: str
    message: str
    row: int | None = None


class Version(BaseModel):
    """The version that answers; `stale` when it may not be the one in production any more."""

    name: str
    version: str
    run_id: str
    stale: bool


class ServedVersion(Version):
    """A version with the time from which on the server answers with it."""

    since: datetime


class Production(BaseModel):
    """A problem's model in production, with its card."""

    card: Card
    model: ServedVersion


class Interval(BaseModel):
    """The truth lies between `low` and `high` for the share `coverage` of all rows."""

    low: float
    high: float
    coverage: float


class OnePrediction(BaseModel):
    """An answer: `label` and `probabilities` by label for a class, `value` for a regression."""

    prediction_id: str
    label: str | None = None
    label_name: str | None = None
    probabilities: dict[str, float] | None = None
    value: float | None = None
    interval: Interval | None = None


class Prediction(OnePrediction):
    """The answer to one row."""

    model: Version


class Predictions(BaseModel):
    """The answers to many rows, in their order."""

    predictions: list[OnePrediction]
    model: Version


class Contribution(BaseModel):
    """What one column adds to the answer."""

    column: str
    value: Cell
    contribution: float


class Variation(BaseModel):
    """The answer while `column` takes each of `values` and all other columns stay."""

    column: str
    values: list[Cell]
    answers: list[float]


class Explanation(BaseModel):
    """Why: `base` and all contributions sum up to `answer`. `output` is the explained label, if any."""

    output: str | None
    output_name: str
    unit: str
    base: float
    answer: float
    contributions: list[Contribution]
    variations: list[Variation]
    background_rows: int
    model: Version

    @property
    def is_probability(self) -> bool:
        return self.unit == PROBABILITY


class LineageModel(BaseModel):
    """The version that answered once, by the MLflow run that made it."""

    name: str
    version: str
    run_id: str


class Trigger(BaseModel):
    """The batch that had the version trained, and the DAG run that did it."""

    batch: str
    collection_id: int
    dag_run_id: str


class Lineage(BaseModel):
    """Where a prediction came from; without the version's card `reason` says why its training is not known."""

    prediction_id: str
    predicted_at: datetime
    status: int
    model: LineageModel
    training_set: TrainingSet | None = None
    triggered_by: Trigger | None = None
    decision: str | None = None
    reason: str | None = None
