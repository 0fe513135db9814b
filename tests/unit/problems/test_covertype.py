"""The real rows keep the contract that the cover type problem states for them."""

import os
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from relevo_problems import registry
from relevo_problems.problem import Derived, Slices
from relevo_problems.published import verify

PROBLEM = registry.load("covertype")


@pytest.fixture(scope="module")
def published() -> Path:
    folder = os.environ.get("RELEVO_DATASETS")
    if not folder:
        pytest.skip("RELEVO_DATASETS is not set: the real data is not at hand")
    return Path(folder) / PROBLEM.dataset.published


@pytest.fixture(scope="module")
def lines(published: Path) -> list[str]:
    return list(PROBLEM.dataset.convert(published))


def test_the_file_is_the_published_one(published: Path) -> None:
    verify(PROBLEM.dataset, published)


def test_every_real_row_is_within_the_contract(lines: list[str]) -> None:
    header, *rows = lines
    assert header == ",".join(column.name for column in PROBLEM.columns) + "\n"
    assert len(rows) == 581_012
    numbers = [position for position, column in enumerate(PROBLEM.columns) if not column.is_category]
    values = np.loadtxt(rows, dtype=np.int64, delimiter=",", usecols=numbers)
    for position, column_values in zip(numbers, values.T, strict=True):
        column = PROBLEM.columns[position]
        assert column.minimum is not None
        assert column.maximum is not None
        assert column_values.min() >= column.minimum, column.name
        assert column_values.max() <= column.maximum, column.name
        assert column.typical is not None
        low, high = column.typical
        assert np.mean((column_values >= low) & (column_values <= high)) == pytest.approx(0.9, abs=0.02), (
            column.name
        )
    categories = [position for position, column in enumerate(PROBLEM.columns) if column.is_category]
    seen = Counter(tuple(row.rstrip("\n").split(",")[position] for position in categories) for row in rows)
    for place, position in enumerate(categories):
        assert {choices[place] for choices in seen} == set(PROBLEM.columns[position].choices)


def test_the_code_map_of_the_publisher_agrees(published: Path) -> None:
    code_map = published.with_name("covertype_code_map.csv")
    if not code_map.is_file():
        pytest.skip(f"{code_map} is not there")
    text = code_map.read_text()
    soils, areas = PROBLEM.inputs[-1].choices, PROBLEM.inputs[-2].choices
    codes = [line.split(",") for line in text.splitlines()[1:]]
    assert len(codes) == len(soils) + len(areas)
    named = [next(cell for cell in line if cell in (*soils, *areas)) for line in codes]
    assert [name for name in named if name in areas] == list(areas)
    assert [name for name in named if name in soils] == list(soils)


@pytest.mark.parametrize("name", ["split", "Row_Key", "elevation"])
def test_a_column_may_not_be_called_like_another_of_its_tables(name: str) -> None:
    column = PROBLEM.inputs[1].model_copy(update={"name": name})
    with pytest.raises(ValueError, match=r"two columns have the same name|the tables have columns of their own"):
        replace(PROBLEM, inputs=(*PROBLEM.inputs, column))


def test_slices_are_by_categories_that_there_are() -> None:
    with pytest.raises(ValueError, match="slices: by Elevation, which is no category among its inputs"):
        replace(PROBLEM, slices=Slices(columns=("Wilderness_Area", "Elevation")))


def test_a_derived_column_adds_integers_only() -> None:
    mixed = Derived(name="Odd", description="No number", terms={"Elevation": 1, "Soil_Type": 1})
    with pytest.raises(ValueError, match="Odd adds Soil_Type, which is no integer input"):
        replace(PROBLEM, derived=(mixed,))
