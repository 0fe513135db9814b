"""House prices, on the real sample where it is at hand."""

import csv
import math
import os
from collections import Counter
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from relevo_problems.published import WrongContentError, find
from relevo_problems.realestate import PROBLEM, batch
from relevo_problems.realestate.prepare import COLLECTED, years_since

NAMES = [column.name for column in PROBLEM.delivered]
NUMBERS = {column.name for column in PROBLEM.delivered if column.kind in ("integer", "number")}
ROW = {
    "brokered_by": "103378.0",
    "status": "for_sale",
    "price": "105000.0",
    "bed": "3.0",
    "bath": "2.0",
    "acre_lot": "0.12",
    "street": "1962661.0",
    "city": "Adjuntas",
    "state": "Puerto Rico",
    "zip_code": "601.0",
    "house_size": "920.0",
    "prev_sold_date": "2015-06-18",
}


def converted(path: Path) -> list[list[str]]:
    assert PROBLEM.dataset is not None
    return list(csv.reader(PROBLEM.dataset.convert(path)))


@pytest.fixture(scope="module")
def table() -> list[list[str]]:
    folder = os.environ.get("RELEVO_DATASETS")
    published = find(PROBLEM.dataset, [Path(folder)]) if folder and PROBLEM.dataset else None
    if published is None:
        pytest.skip("RELEVO_DATASETS has no file of listings: the real data is not at hand")
    return converted(published)[1:]


@pytest.fixture(scope="module")
def complete(table: list[list[str]]) -> pd.DataFrame:
    frame = pd.DataFrame([row for row in table if all(row)], columns=NAMES, dtype="object")
    return frame.astype(dict.fromkeys(NUMBERS, "float64"))


def of(**changes: str) -> int | None:
    return batch(list({**ROW, **changes}.values()))


def test_the_batches_are_as_designed() -> None:
    massachusetts = {"state": "Massachusetts"}
    assert of(house_size="1501.0") == 0
    assert of(house_size="1500.0") == 1
    assert of(status="sold") == 2
    assert of(status="sold", house_size="1501.0") == 2
    assert of(**massachusetts) == of(**massachusetts, status="sold", price="300000.0") == 3
    assert of(price="300000.0") == 1
    assert of(price="300000.01") == of(price="500000.0", **massachusetts) == 4
    assert of(price="500000.01") == of(price="2000000.0", **massachusetts) == 5
    assert all(of(**{name: ""}) is None for name in NAMES)
    assert of(status="ready_to_build") is None


def test_every_complete_row_of_the_sample_is_in_one_batch(table: list[list[str]]) -> None:
    (batches,) = PROBLEM.source.divide(table).values()
    assert [len(found) for found in batches] == [3245, 4264, 10441, 189, 14297, 16082]
    assert sorted(at for found in batches for at in found) == [at for at, row in enumerate(table) if all(row)]
    assert all(list(found) == sorted(found) for found in batches)


cells = st.one_of(st.just(""), st.integers(0, 10**7).map(str), st.floats(0, 1e9).map(repr))
texts = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=12).map(str.strip)


@given(st.permutations(NAMES), st.lists(st.tuples(*(cells if n in NUMBERS else texts for n in NAMES)), max_size=8))
def test_any_edition_of_the_file_becomes_the_same_rows(
    tmp_path_factory: pytest.TempPathFactory, order: list[str], rows: list[tuple[str, ...]]
) -> None:
    path = tmp_path_factory.mktemp("editions") / "realtor-data.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [*order, "more"])
        writer.writeheader()
        writer.writerows(dict(zip(NAMES, row, strict=True)) | {"more": "1"} for row in rows)
    header, *found = converted(path)
    assert header == NAMES
    for row, cells in zip(rows, found, strict=True):
        for name, before, after in zip(NAMES, row, cells, strict=True):
            assert after == (repr(float(before)) if before and name in NUMBERS else before)


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("price,bed\n1,2\n")
    with pytest.raises(WrongContentError, match="has no column brokered_by, status"):
        converted(tmp_path / "a.csv")
    (tmp_path / "b.csv").write_text(",".join(NAMES) + "\n1,2\n")
    with pytest.raises(WrongContentError, match="2 cells in line 2, not 12"):
        converted(tmp_path / "b.csv")


@given(st.dates(date(1950, 1, 1), date(2030, 1, 1)))
def test_an_age_is_up_to_the_day_the_file_was_collected(sold: date) -> None:
    age = years_since(sold.isoformat())
    assert age == pytest.approx(max(0, (COLLECTED - sold).days) / 365.25, abs=0.006)


@pytest.mark.parametrize("text", [None, "", "1905-07-17", "2022-02-30", "soon"])
def test_what_is_no_date_has_no_age(text: str | None) -> None:
    assert math.isnan(years_since(text))


def test_what_is_left_out_of_the_sample_is_what_the_docs_say(complete: pd.DataFrame) -> None:
    left, out = complete, Counter[str]()
    for exclusion in PROBLEM.exclusions:
        mask = np.asarray(exclusion.where(left))
        out[exclusion.reason] = int(mask.sum())
        left = left[~mask]
    assert +out == {
        "price below 10,000: a rent or a placeholder": 15,
        "price above 20,000,000": 17,
        "prev_sold_date is no date since 1950": 1,
        "bed not from 1 to 20": 10,
        "bath not from 1 to 20": 1,
        "acre_lot not from 0 to 1,000": 31,
        "house_size not from 200 to 20,000": 8,
    }
    assert len(left) == len(complete) - out.total()


def test_prepared_rows_are_what_the_columns_say(complete: pd.DataFrame) -> None:
    assert PROBLEM.prepare is not None
    out = np.any([exclusion.where(complete) for exclusion in PROBLEM.exclusions], axis=0)
    prepared = PROBLEM.prepare(complete[~out])
    assert list(prepared.columns) == [column.name for column in PROBLEM.columns]
    for column in PROBLEM.columns:
        values = prepared[column.name]
        if column.is_category:
            assert set(values) <= {*column.choices, "Guam"}
        else:
            assert column.minimum is not None
            assert column.maximum is not None
            assert values.between(column.minimum, column.maximum).all(), column.name
            assert column.kind == "number" or (values % 1 == 0).all()
