"""Prices of houses in the United States, from listings of realtor.com as published on Kaggle.

What is left out and what is made of the columns is argued in docs/problems.md.
"""

from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from relevo_problems.csv_file import cells_of
from relevo_problems.dataset import Dataset
from relevo_problems.problem import Guard, Problem, Statistic
from relevo_problems.realestate.columns import INPUTS, MIXES, RAW, TARGET
from relevo_problems.realestate.prepare import EXCLUSIONS, prepare
from relevo_problems.source import Row, Source, by_rule

_NAMES = [column.name for column in RAW]
_NUMBERS = {column.name for column in RAW if column.kind in ("integer", "number")}
_STATUS, _PRICE, _STATE, _SIZE = (_NAMES.index(name) for name in ("status", "price", "state", "house_size"))
BATCHES = 6
_SAMPLE = "966503c7889359164069623b14fc9418f8c5976448ce9d4ad9e666122fd032bc"


def batch(row: Row) -> int | None:
    """The batch that a row is in by the design of the data API's drift; it delivers complete rows only."""
    if not all(row):
        return None
    price, here = float(row[_PRICE]), row[_STATE] == "Massachusetts"
    if price > 300_000:
        return 4 if price <= 500_000 else 5
    if here:
        return 3
    if row[_STATUS] == "for_sale":
        return 0 if float(row[_SIZE]) > 1500 else 1
    return 2 if row[_STATUS] == "sold" else None


def convert(published: Path) -> Iterator[str]:
    """Any edition of the file that has the twelve columns, in whatever order, with its numbers as floats."""
    are_numbers = [name in _NUMBERS for name in _NAMES]
    yield ",".join(_NAMES) + "\n"
    for cells in cells_of(published, _NAMES):
        line = ",".join(_cell(cell, number=number) for cell, number in zip(cells, are_numbers, strict=True))
        yield f"{line}\n"


def _cell(text: str, *, number: bool) -> str:
    text = text.strip()
    if number and text:
        with suppress(ValueError):  # for whoever reads the data to find out
            text = repr(float(text))
    return '"' + text.replace('"', '""') + '"' if "," in text or '"' in text else text


PROBLEM = Problem(
    name="realestate",
    title="House prices",
    description="What a house in the United States is offered or sold for.",
    task="regression",
    inputs=INPUTS,
    target=TARGET,
    target_scale="log",
    primary_metric="mae",
    candidates=("linear_regression", "random_forest", "xgboost"),
    guards=(Guard("rmse", 0.05), Guard("mape", 0.05), Guard("r2", 0.02)),
    # Zip codes with the same first three digits are one region of the postal service.
    statistics=(Statistic("zip_code", coarser=100),),
    group="street",
    raw=RAW,
    exclusions=EXCLUSIONS,
    prepare=prepare,
    mixes=MIXES,
    source=Source(
        protocol="daily",
        parameters={"day": "Tuesday"},
        rows="objects",
        divide=by_rule(batch, BATCHES),
    ),
    schedule=timedelta(minutes=30),
    dataset=Dataset(
        title="USA real estate listings (realtor.com, Kaggle)",
        published="realtor-data.zip.csv",
        also=("realtor-data.csv", "realtor_sample_100k.csv"),
        known={_SAMPLE: "a random sample of 100,000 listings"},
        convert=convert,
    ),
)
