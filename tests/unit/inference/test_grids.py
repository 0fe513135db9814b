"""What a column is varied over."""

from hypothesis import given
from hypothesis import strategies as st
from relevo_contract.columns import Column
from relevo_inference.explaining.grids import grid

NUMBER = Column(name="n", kind="number", description="a number", minimum=0, maximum=10, typical=(2, 4))


def test_numbers_come_from_the_typical_range_and_hold_the_rows_own() -> None:
    values = grid(NUMBER, 3.3, [])
    assert (values[0], values[-1]) == (2, 4)
    assert 3.3 in values
    assert grid(NUMBER, 9.5, [])[-1] == 9.5


def test_without_a_typical_range_limits_or_background_say_how_far() -> None:
    limited = NUMBER.model_copy(update={"typical": None})
    assert (grid(limited, 1, [])[0], grid(limited, 1, [])[-1]) == (0, 10)
    free = limited.model_copy(update={"minimum": None, "maximum": None})
    values = grid(free, 6, [5, 8.5])
    assert (values[0], values[-1]) == (5, 8.5)


def test_integers_stay_integers() -> None:
    legs = Column(name="legs", kind="integer", description="legs", minimum=0, maximum=8)
    assert grid(legs, 4, []) == list(range(9))


def test_of_many_choices_the_most_frequent_and_the_rows_own() -> None:
    many = Column(name="c", kind="category", description="c", choices=tuple(f"{i:03}" for i in range(100)))
    values = grid(many, "007", ["099", "099", "050"])
    assert {"007", "050", "099"} < set(values)
    assert len(values) == 25
    assert values == sorted(values)


bounds = st.floats(-1e6, 1e6).map(lambda number: round(number, 3))


@given(kind=st.sampled_from(["integer", "number"]), ends=st.tuples(bounds, bounds), own=st.integers(-1000, 1000))
def test_every_value_is_one_that_the_column_may_have(kind, ends, own) -> None:
    low, high = min(*ends, own), max(*ends, own)
    column = Column(name="n", kind=kind, description="n", minimum=low, maximum=high)
    values = grid(column, own, [])
    assert own in values
    assert values == sorted(set(values))
    assert all(low <= value <= high for value in values if kind == "number")
    assert all(isinstance(value, int) for value in values if kind == "integer")
    assert all(low <= value <= high for value in values)
