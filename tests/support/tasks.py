"""Two small problems of other kinds than the cover type: a price, and a rare event of people who come again.

Their rows are drawn from a known function, so that a test knows what there is to learn.
"""

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import pandas as pd
from relevo_contract.card import TrainingSet
from relevo_contract.columns import Column
from relevo_contract.encoding import Encoder
from relevo_pipeline.splits import SPLITS, row_keys, splits
from relevo_pipeline.training.dataset import Dataset, part
from relevo_problems.covertype import PROBLEM as COVERTYPE
from relevo_problems.problem import Guard, Problem, Slices


def _number(name: str, kind: str, low: float, high: float, unit: str | None = None) -> Column:
    return Column(
        name=name,
        kind=kind,
        description=name,
        unit=unit,
        minimum=low,
        maximum=high,
        typical=(low, high),
        default=low,
    )


TOWN = Column(name="Town", kind="category", description="Town", choices=("a", "b", "c"), default="a")
PRICE = Column(
    name="Price", kind="number", description="Price", unit="USD", minimum=1, maximum=1e9, typical=(5e4, 9e5)
)
HOUSES = Problem(
    name="houses",
    title="Houses",
    description="What a house costs.",
    task="regression",
    inputs=(_number("Area", "number", 20, 400, "m²"), _number("Rooms", "integer", 1, 9), TOWN),
    target=PRICE,
    primary_metric="mae",
    candidates=("linear_regression", "random_forest", "xgboost"),
    schedule=timedelta(minutes=5),
    dataset=COVERTYPE.dataset,
    guards=(Guard("rmse", 0.05), Guard("r2", 0.02)),
    slices=Slices(("Town",), 0.10),
    target_scale="log",
)
_TOWN_FACTOR = np.array([1.0, 1.6, 0.7])


def houses(rows: int, seed: int = 1) -> pd.DataFrame:
    """Price = 2,000 · area^0.9 · factor of the town, times noise of 20 %."""
    random = np.random.default_rng(seed)
    area, town = random.uniform(20, 400, rows).round(1), random.integers(0, 3, rows)
    price = 2000 * area**0.9 * _TOWN_FACTOR[town] * np.exp(random.normal(0, 0.2, rows))
    columns = {"Area": area, "Rooms": random.integers(1, 10, rows), "Town": np.array(TOWN.choices)[town]}
    return pd.DataFrame({**columns, "Price": price.round(0)})


PERSON = Column(name="Person", kind="integer", description="Number of the person", minimum=0, maximum=10**6)
SEX = Column(name="Sex", kind="category", description="Sex", choices=("f", "m"), default="f")
_PEOPLE = (_number("Age", "integer", 0, 100, "years"), _number("Visits", "integer", 0, 20), SEX)
_BACK = Column(
    name="Back", kind="category", description="Comes back", choices=("no", "yes"), choice_names={"yes": "Yes"}
)
RELAPSE = Problem(
    name="relapse",
    title="Relapse",
    description="Who comes back soon.",
    task="binary",
    inputs=_PEOPLE,
    target=_BACK,
    raw=(PERSON, *_PEOPLE, _BACK),
    prepare=lambda rows: rows.drop(columns="Person"),
    group="Person",
    primary_metric="auroc",
    candidates=("logistic_regression", "random_forest", "xgboost"),
    schedule=timedelta(minutes=5),
    dataset=COVERTYPE.dataset,
    guards=(Guard("average_precision", 0.02), Guard("recall", 0.05), Guard("brier", 0.01)),
    slices=Slices(("Sex",), 0.05),
)


def relapse(rows: int, seed: int = 1) -> pd.DataFrame:
    """One row in ten comes back: more likely with every visit, and above 60. Most people come several times."""
    random = np.random.default_rng(seed)
    age, visits, sex = (
        random.integers(0, 101, rows),
        random.poisson(4, rows).clip(0, 20),
        random.integers(0, 2, rows),
    )
    chance = 1 / (1 + np.exp(-(-6.5 + 0.6 * visits + 2.0 * (age > 60) + 0.3 * sex)))
    back = np.where(random.random(rows) < chance, "yes", "no")
    person = random.integers(0, 1 + rows // 3, rows) + 1000 * seed
    return pd.DataFrame(
        {"Person": person, "Age": age, "Visits": visits, "Sex": np.array(SEX.choices)[sex], "Back": back}
    )


def delivered(problem: Problem, rows: pd.DataFrame) -> list[list[str]]:
    """As the data API sends them."""
    return rows[[column.name for column in problem.delivered]].astype(str).to_numpy().tolist()


@dataclass(frozen=True)
class Task:
    """A problem with rows of it."""

    problem: Problem
    rows: pd.DataFrame

    def dataset(self) -> Dataset:
        """As the pipeline would read it, without a database."""
        found = splits(self.problem, self.rows, row_keys(self.problem, self.rows))
        named = TrainingSet(name="t", last_collection_id=1, split_rule="r", rows=1, digest="d", batch="1")
        encoder = Encoder(self.problem.inputs)
        frames = {split: self.rows[found == split].reset_index(drop=True) for split in SPLITS}
        parts = {split: part(encoder, self.problem.target, frame) for split, frame in frames.items()}
        return Dataset(self.problem.inputs, self.problem.target, named, parts)
