"""Answers as text: what a JSON reader finds in them is what the rows hold."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from relevo_contract.columns import Column
from relevo_datasource.answer import body
from relevo_problems.registry import load
from relevo_problems.source import Source

COVERTYPE = load("covertype")
TARGET = Column(name='100 % "of" it', kind="number", description="A share", minimum=0, maximum=1)
PLACE = Column(name="place", kind="text", description="A place", nullable=True)
OBJECTS = replace(
    load("realestate"),
    raw=(PLACE, TARGET),
    target=TARGET,
    target_scale="linear",
    mixes={},
    group=None,
    source=Source("daily", rows="objects"),
)
texts = st.text(max_size=10)


def test_an_answer_of_many_rows_is_whole() -> None:
    rows = [[str(number)] for number in range(12_345)]
    assert json.loads(body({}, rows, COVERTYPE)) == {"data": rows}


@given(st.lists(st.lists(texts, min_size=1, max_size=4), max_size=5))
def test_lists_hold_the_texts(rows: list[list[str]]) -> None:
    assert json.loads(body({"group_number": 3}, rows, COVERTYPE)) == {"group_number": 3, "data": rows}


@given(
    st.lists(st.tuples(texts, st.one_of(st.just(""), st.floats(allow_nan=False, allow_infinity=False))), max_size=5)
)
def test_objects_hold_numbers_texts_and_nulls(rows: list[tuple[str, float | str]]) -> None:
    written = [(place, number if number == "" else repr(number)) for place, number in rows]
    found = json.loads(body({"day": "Friday"}, written, OBJECTS))
    assert found["day"] == "Friday"
    assert found["data"] == [
        {"place": place or None, TARGET.name: None if number == "" else number} for place, number in rows
    ]


@pytest.mark.parametrize("cell", ["nan", "inf", "1_0", "01", "+1", ".5", "1.", "soon", "٣"])
def test_what_is_no_number_in_json_goes_out_as_text(cell: str) -> None:
    assert json.loads(body({}, [("x", cell)], OBJECTS))["data"][0][TARGET.name] == cell
