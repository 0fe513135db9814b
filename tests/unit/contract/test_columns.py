import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from relevo_contract.columns import Column


def category(**changes: object) -> Column:
    return Column.model_validate(
        {"name": "Soil", "kind": "category", "description": "d", "choices": ("a", "b"), **changes}
    )


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"choices": ()}, "column Soil: a category needs choices"),
        ({"choices": ("a", "a")}, "column Soil: a choice is listed twice"),
        ({"choice_names": {"z": "Z", "y": "Y"}}, "column Soil: names for choices that do not exist: y, z"),
        ({"default": "z"}, "column Soil: the default 'z' is not one of its choices"),
        ({"kind": "number"}, "column Soil: only a category has choices, this is number"),
        (
            {"kind": "integer", "choices": (), "minimum": 2, "maximum": 1},
            "column Soil: minimum 2.0 is above maximum 1.0",
        ),
    ],
)
def test_a_wrong_column_says_what_is_wrong(changes: dict[str, object], sentence: str) -> None:
    with pytest.raises(ValidationError) as raised:
        category(**changes)
    assert [e["msg"] for e in raised.value.errors()] == [f"Value error, {sentence}"]


def test_equal_limits_are_a_constant() -> None:
    column = Column(name="x", kind="number", description="d", minimum=1, maximum=1)
    assert (column.minimum, column.maximum) == (1, 1)


def test_a_misspelt_attribute_is_refused() -> None:
    with pytest.raises(ValidationError, match="units"):
        category(units="m")


def test_a_column_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        category().name = "Other"


def test_display_falls_back_on_the_code() -> None:
    column = category(choice_names={"a": "Alpha"})
    assert (column.display("a"), column.display("b")) == ("Alpha", "b")


choices = st.lists(st.text(max_size=5), min_size=1, unique=True)


@given(known=choices, seen=st.sets(st.text(max_size=5)))
def test_new_choices_go_behind_the_known_ones(known: list[str], seen: set[str]) -> None:
    column = category(choices=tuple(known)).with_choices(seen)
    assert column.choices[: len(known)] == tuple(known)
    assert set(column.choices) == set(known) | seen
    assert len(set(column.choices)) == len(column.choices)
    assert column.with_choices(seen) is column
