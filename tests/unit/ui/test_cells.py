"""What may stand in a column: as the model server sees it, in two languages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from relevo_contract.columns import Column
from relevo_inference.problem_details import ProblemError
from relevo_inference.serving.rows import RowContract
from relevo_ui.answers import Cell
from relevo_ui.cells import CellError, parsed, refusal
from relevo_ui.texts import ENGLISH, SPANISH

LEGS = Column(name="Legs", kind="integer", description="", minimum=0, maximum=8)
WIDTH = Column(name="Width", kind="number", description="", unit="m", minimum=0)
HEAT = Column(name="Heat", kind="number", description="", maximum=100)
ANY = Column(name="Any", kind="number", description="")
COLOUR = Column(name="Colour", kind="category", description="", choices=("r", "g"), choice_names={"r": "Red"})


@pytest.mark.parametrize(
    ("column", "text", "value"),
    [
        (LEGS, "8", 8),
        (LEGS, " 4.0 ", 4),
        (WIDTH, "1e3", 1000.0),
        (HEAT, "-5", -5.0),
        (COLOUR, "g", "g"),
        (COLOUR, "Red", "r"),
    ],
)
def test_values_that_fit(column: Column, text: str, value: Cell) -> None:
    read = parsed(column, text, ENGLISH)
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(
    ("column", "text", "said"),
    [
        (LEGS, "9", "Legs must be an integer from 0 to 8, not 9"),
        (LEGS, "3.5", "Legs must be an integer from 0 to 8, not 3.5"),
        (LEGS, "many", "Legs must be an integer from 0 to 8, not “many”"),
        (LEGS, "", "Legs is missing: an integer from 0 to 8"),
        (WIDTH, "-1", "Width must be a number of at least 0 (m), not -1"),
        (HEAT, "101", "Heat must be a number of at most 100, not 101"),
        (ANY, "nan", "Any must be a number, not nan"),
        (ANY, "1,5", "Any must be a number, not “1,5”"),
        (COLOUR, "blue", "Colour must be one of: r, g, not “blue”"),
    ],
)
def test_values_that_do_not_fit_are_named(column: Column, text: str, said: str) -> None:
    with pytest.raises(CellError) as error:
        parsed(column, text, ENGLISH)
    assert str(error.value) == said
    with pytest.raises(CellError) as spanish:
        parsed(column, text, SPANISH)
    assert str(spanish.value) != said


@given(st.floats(-20, 20) | st.integers(-20, 20) | st.sampled_from(["r", "g", "Red", ""]) | st.just(1e400))
def test_the_model_server_is_of_the_same_opinion(value: float | str) -> None:
    for column in (LEGS, WIDTH, HEAT, COLOUR):
        contract = RowContract([column])
        try:
            contract.one({column.name: value})
        except ProblemError:
            refused = True
        else:
            refused = False
        assert (refusal(column, value, ENGLISH) is not None) == refused, column.name
