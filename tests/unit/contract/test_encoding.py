from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from relevo_contract.columns import Column
from relevo_contract.encoding import UNKNOWN_CHOICE, Encoder

names = st.lists(st.text(min_size=1, max_size=8), min_size=1, max_size=6, unique=True)
numbers = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**53), 2**53)


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[Column], list[dict[str, Any]]]:
    columns, cells = [], {}
    for name in draw(names):
        if draw(st.booleans()):
            columns.append(Column(name=name, kind="number", description="d"))
            cells[name] = numbers
        else:
            choices = draw(st.lists(st.text(max_size=4), min_size=1, max_size=5, unique=True))
            columns.append(Column(name=name, kind="category", description="d", choices=tuple(choices)))
            # Some that were never seen in training.
            cells[name] = st.sampled_from(choices) | st.text(max_size=4)
    return columns, draw(st.lists(st.fixed_dictionaries(cells), max_size=8))


@given(tables())
def test_a_row_is_encoded_like_a_table(table: tuple[list[Column], list[dict[str, Any]]]) -> None:
    columns, rows = table
    encoder = Encoder(columns)
    by_column = {c.name: [row[c.name] for row in rows] for c in columns}
    matrix = encoder.table(by_column, len(rows))
    assert matrix.shape == (len(rows), len(columns))
    assert matrix.dtype == np.float64
    assert matrix.tolist() == [encoder.row(row) for row in rows]


def test_codes_are_positions_in_the_cards_order() -> None:
    encoder = Encoder(
        [
            Column(name="b", kind="category", description="d", choices=("x", "y")),
            Column(name="a", kind="integer", description="d"),
        ]
    )
    assert encoder.row({"a": 3, "b": "y", "ignored": 1}) == [1.0, 3.0]
    assert encoder.row({"a": 3, "b": "z"}) == [UNKNOWN_CHOICE, 3.0]
