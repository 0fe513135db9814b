"""The column contract, derived from the problem."""

from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from relevo_contract.columns import Column
from relevo_pipeline import audit
from relevo_pipeline.errors import StepError
from relevo_pipeline.problem_tables import rejected_table
from relevo_pipeline.run import Run
from relevo_pipeline.splits import row_keys
from relevo_pipeline.steps.collect import collect
from relevo_pipeline.steps.validate import validate_batch
from relevo_pipeline.validation import schema, validate
from relevo_problems.problem import Slices
from relevo_problems.registry import load
from sqlalchemy import select

PROBLEM = load("covertype")
NAMES = [column.name for column in PROBLEM.columns]


def frame(rows: list[list[str | None]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=NAMES, dtype="object").rename_axis("row_no")


@pytest.mark.parametrize(
    ("column", "value", "rule"),
    [
        ("Elevation", "high", "not a number"),
        ("Elevation", "1_000", "not a number"),
        ("Elevation", "true", "not a number"),
        ("Elevation", None, "missing"),
        ("Elevation", "  ", "missing"),
        ("Elevation", "inf", "not a finite number"),
        ("Elevation", "NaN", "not a finite number"),
        ("Elevation", "1e400", "not a finite number"),
        ("Elevation", "9" * 5000, "not a finite number"),
        ("Elevation", "1" + "0" * 30, "too large to be exact"),
        ("Elevation", "2500.5", "not a whole number"),
        ("Elevation", "999", "below 1000"),
        ("Slope", "91", "above 90"),
        ("Soil_Type", "", "missing"),
        ("Soil_Type", "C" * 300, "longer than 255 characters"),
        ("Cover_Type", "7", "not one of its labels"),
    ],
)
def test_a_row_that_breaks_a_rule_is_put_aside(rows, column: str, value: str | None, rule: str) -> None:
    rows[5][NAMES.index(column)] = value
    found = validate(PROBLEM, frame(rows))
    assert found.rejected.to_dict("records") == [{"row_no": 5, "column_name": column, "rule": rule, "value": value}]
    assert found.good.index.tolist() == [number for number in range(300) if number != 5]


def test_a_missing_value_beside_a_wrong_one_stays_missing(rows) -> None:
    rows[1][0], rows[2][0] = None, "low"
    found = validate(PROBLEM, frame(rows)).rejected
    assert found["value"].tolist() == [None, "low"]


def test_a_number_s_value_does_not_depend_on_the_rest_of_its_batch() -> None:
    weights = replace(
        PROBLEM, inputs=(Column(name="Weight", kind="number", description="w"),), derived=(), slices=Slices()
    )
    whole = pd.DataFrame({"Weight": ["5", "6"], "Cover_Type": ["0", "1"]}, dtype="object")
    mixed = pd.DataFrame({"Weight": ["5", "6.5"], "Cover_Type": ["0", "1"]}, dtype="object")
    first, second = (validate(weights, batch).good for batch in (whole, mixed))
    assert row_keys(weights, first)[0] == row_keys(weights, second)[0]


def test_an_integer_that_no_float_holds_exactly_is_put_aside() -> None:
    counts = replace(
        PROBLEM, inputs=(Column(name="Count", kind="integer", description="c"),), derived=(), slices=Slices()
    )
    batch = pd.DataFrame({"Count": ["1e30", str(2**53), "7"], "Cover_Type": ["0", "1", "2"]}, dtype="object")
    found = validate(counts, batch.rename_axis("row_no"))
    assert found.rejected["rule"].tolist() == ["too large to be exact"]
    assert found.good["Count"].tolist() == [2**53, 7]


def test_a_new_category_is_evidence_not_a_fault(rows) -> None:
    for row in rows[:3]:
        row[NAMES.index("Soil_Type")] = "C9999"
    found = validate(PROBLEM, frame(rows))
    assert found.rejected_rows == 0
    assert found.new_categories == {"Soil_Type": {"C9999": 3}}


@settings(deadline=None, max_examples=30)
@given(
    st.lists(
        st.lists(
            st.none() | st.text(max_size=8) | st.integers(-(10**20), 10**20).map(str) | st.floats().map(str),
            min_size=len(NAMES),
            max_size=len(NAMES),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_every_row_is_good_or_has_a_reason(cells: list[list[str | None]]) -> None:
    found = validate(PROBLEM, frame(cells))
    assert sorted([*found.good.index, *found.rejected["row_no"].unique()]) == list(range(len(cells)))
    assert found.rejected["rule"].astype(bool).all()
    schema(PROBLEM).validate(found.good)


def test_faults_are_stored_once(run: Run, api, rows) -> None:
    rows[5][0], rows[5][2], rows[9][0] = "low", "-1", "low"
    api.delivers(rows)
    collect(run)
    for _ in range(2):
        assert validate_batch(run) == 2
    table = rejected_table(run.problem)
    with run.stores.clean.connect() as connection:
        stored = connection.execute(select(table).order_by(table.c.row_no, table.c.column_name)).all()
    assert [(row.row_no, row.column_name, row.rule, row.value) for row in stored] == [
        (5, "Elevation", "not a number", "low"),
        (5, "Slope", "below 0", "-1"),
        (9, "Elevation", "not a number", "low"),
    ]
    assert audit.read(run).rows_rejected == 2


def test_a_batch_with_too_many_faults_is_refused_with_the_counts(run: Run, api, rows) -> None:
    for row in rows[:31]:
        row[2] = "steep"
    api.delivers(rows)
    collect(run)
    with pytest.raises(
        StepError, match=r"31 of 300 rows break the contract \(10\.3%, the limit is 10\.0%\): Slope: .* \(31\)"
    ):
        validate_batch(run)
    assert audit.read(run).rows_rejected == 31
