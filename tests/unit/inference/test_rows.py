import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from relevo_contract.columns import Column
from relevo_inference.problem_details import ProblemError
from relevo_inference.serving.rows import RowContract, allowed, json_schema

COLUMNS = (
    Column(name="metres", kind="number", description="d", unit="m", minimum=-1.5, maximum=10, default=1),
    Column(name="legs-count", kind="integer", description="d", minimum=0, maximum=8, default=4),
    Column(name="free", kind="integer", description="d", default=0),
    Column(name="Colour", kind="category", description="d", choices=("red", "vert é"), default="red"),
)
ROW: dict[str, Any] = {"metres": 2.5, "legs-count": 4, "free": 0, "Colour": "red"}
contract = RowContract(COLUMNS)


def refusal(row: Any) -> ProblemError:
    with pytest.raises(ProblemError) as raised:
        contract.one(row)
    assert raised.value.status == 422
    return raised.value


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"metres": 10.5}, "metres must be a number from -1.5 to 10 (m), not 10.5"),
        ({"metres": "2"}, 'metres must be a number from -1.5 to 10 (m), not the text "2"'),
        ({"metres": True}, "metres must be a number from -1.5 to 10 (m), not true"),
        ({"metres": None}, "metres must be a number from -1.5 to 10 (m), not null"),
        ({"metres": float("inf")}, "metres must be a number from -1.5 to 10 (m), not inf"),
        ({"legs-count": 1.5}, "legs-count must be an integer from 0 to 8, not 1.5"),
        ({"legs-count": [1]}, "legs-count must be an integer from 0 to 8, not a list"),
        ({"legs-count": {}}, "legs-count must be an integer from 0 to 8, not an object"),
        ({"Colour": "blue"}, 'Colour must be one of: red, vert é, not the text "blue"'),
        ({"Colour": 1}, "Colour must be one of: red, vert é, not 1"),
        ({"size": 1}, "size is not an input of this model"),
    ],
)
def test_a_wrong_field_is_named_with_what_is_allowed(changes: dict[str, Any], message: str) -> None:
    error = refusal({**ROW, **changes})
    assert error.detail == message
    assert [(e.field, e.message) for e in error.errors] == [(next(iter(changes)), message)]
    assert error.errors[0].allowed


def test_a_missing_field_is_named() -> None:
    error = refusal({name: value for name, value in ROW.items() if name != "Colour"})
    assert error.detail == "Colour is missing: one of: red, vert é"


def test_every_wrong_field_is_named() -> None:
    error = refusal({})
    assert [e.field for e in error.errors] == list(ROW)
    assert error.detail.endswith("(4 errors in all)")


@pytest.mark.parametrize("value", [10**400, -(10**30), 1e300])
def test_what_no_integer_can_hold(value: float) -> None:
    error = refusal({**ROW, "free": value})
    assert error.errors[0].field == "free"


def test_an_integral_float_is_an_integer() -> None:
    row = contract.one({**ROW, "legs-count": 3.0})
    assert row["legs-count"] == 3
    assert type(row["legs-count"]) is int


def test_rows_are_named_by_position() -> None:
    with pytest.raises(ProblemError) as raised:
        contract.many({"rows": [ROW, {**ROW, "metres": 11}, 7]}, limit=10)
    assert [(e.row, e.field) for e in raised.value.errors] == [(1, "metres"), (2, "")]
    assert raised.value.detail.startswith("row 1: metres must be")


def test_too_many_rows() -> None:
    with pytest.raises(ProblemError) as raised:
        contract.many({"rows": [ROW] * 11}, limit=10)
    assert raised.value.status == 413


def test_errors_shown_are_bounded() -> None:
    with pytest.raises(ProblemError) as raised:
        contract.many({"rows": [{}] * 1000}, limit=1000)
    assert len(raised.value.errors) == 100
    assert "(4000 errors in all)" in raised.value.detail


def test_a_column_called_rows_is_a_column() -> None:
    named = RowContract((Column(name="rows", kind="integer", description="d"),))
    assert not named.is_batch({"rows": 3})
    assert named.one({"rows": 3}) == {"rows": 3}
    assert named.is_batch({"rows": [{"rows": 3}]})
    assert named.many({"rows": [{"rows": 3}]}, limit=5) == [{"rows": 3}]


def test_the_schema_says_what_is_checked() -> None:
    schema = json_schema(COLUMNS)
    assert contract.one(schema["example"]) == schema["example"]
    assert schema["required"] == list(ROW)
    assert schema["additionalProperties"] is False
    assert schema["properties"]["metres"] == {
        "description": "d (m)",
        "type": "number",
        "minimum": -1.5,
        "maximum": 10,
    }
    assert schema["properties"]["Colour"]["enum"] == ["red", "vert é"]


@pytest.mark.parametrize(
    ("limits", "phrase"),
    [
        ({}, "a number"),
        ({"minimum": 0}, "a number of at least 0"),
        ({"maximum": 0.25}, "a number of at most 0.25"),
        ({"minimum": -3, "maximum": 1e6, "unit": "km"}, "a number from -3 to 1000000 (km)"),
    ],
)
def test_allowed(limits: dict[str, Any], phrase: str) -> None:
    assert allowed(Column(name="x", kind="number", description="d", **limits)) == phrase


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
near_rows = st.fixed_dictionaries(
    {},
    optional={
        "metres": json_values | st.floats(-2, 11),
        "legs-count": json_values | st.integers(-1, 9),
        "free": json_values,
        "Colour": json_values | st.sampled_from(["red", "vert é"]),
        "other": json_values,
    },
)


@given(json_values | near_rows)
def test_a_payload_is_a_row_or_refused_in_a_sentence(payload: Any) -> None:
    refused: ProblemError | None = None
    try:
        row = contract.one(payload)
    except ProblemError as error:
        refused = error
    if refused is None:
        assert row.keys() == ROW.keys()
        assert -1.5 <= row["metres"] <= 10
        assert row["legs-count"] in range(9)
        assert row["Colour"] in ("red", "vert é")
    else:
        assert refused.status == 422
        assert refused.detail
        json.dumps([e.model_dump() for e in refused.errors], allow_nan=False)
