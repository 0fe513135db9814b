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
from relevo_pipeline.validation import Tally, schema, validate
from relevo_problems.problem import Problem, Slices
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


def of_one(column: Column) -> Problem:
    return replace(PROBLEM, inputs=(column,), derived=(), slices=Slices())


def test_an_integer_that_no_float_holds_exactly_is_put_aside() -> None:
    counts = of_one(Column(name="Count", kind="integer", description="c"))
    # 2^53 is also what 2^53 + 1 becomes.
    cells = ["1e30", str(2**53 + 1), str(2**53), str(2**53 - 1), "7"]
    batch = pd.DataFrame({"Count": cells, "Cover_Type": ["0"] * 5}, dtype="object")
    found = validate(counts, batch.rename_axis("row_no"))
    assert found.rejected["rule"].tolist() == ["too large to be exact"] * 3
    assert found.good["Count"].tolist() == [2**53 - 1, 7]


NUMBER = of_one(Column(name="Weight", kind="number", description="w"))


def weights(*cells: str | None) -> pd.DataFrame:
    return pd.DataFrame({"Weight": cells, "Cover_Type": ["0"] * len(cells)}, dtype="object").rename_axis("row_no")


@settings(deadline=None, max_examples=50)
@given(number=st.floats(-1e300, 1e300), digits=st.integers(1, 25))
def test_a_number_is_the_nearest_to_its_text(number: float, digits: int) -> None:
    for text in (repr(number), f"{number:.{digits}e}"):
        alone, among = (validate(NUMBER, weights(text, *others)).good for others in ([], ["1", None, "x"]))
        assert alone["Weight"].tolist() == [float(text)]
        assert among["Weight"].tolist()[0] == float(text)
        assert row_keys(NUMBER, alone)[0] == row_keys(NUMBER, among)[0]


@pytest.mark.parametrize("text", ["1_000", "٣", "0x10", "nan", "True", "1,5", "5 6"])
def test_what_is_no_plain_number_is_put_aside(text: str) -> None:
    found = validate(NUMBER, weights(text, "1"))
    assert found.rejected["row_no"].tolist() == [0]


def test_one_number_has_one_key_however_it_is_spelled() -> None:
    for spelled in (["5", "5.0", " 5 ", "+5", "5e0", "0.5e1"], ["0", "-0", "-0.0", "0.0"]):
        good = validate(NUMBER, weights(*spelled)).good
        assert len(set(row_keys(NUMBER, good))) == 1


def test_a_new_category_is_evidence_not_a_fault(rows) -> None:
    for row in rows[:3]:
        row[NAMES.index("Soil_Type")] = "C9999"
    found = validate(PROBLEM, frame(rows))
    assert found.rejected_rows == 0
    tally = Tally(PROBLEM)
    tally.add(found)
    assert tally.new_categories() == {"Soil_Type": {"C9999": 3}}


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
