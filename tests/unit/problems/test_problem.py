"""A wrong definition says which column, and what about it."""

from dataclasses import replace

import pytest
from relevo_contract.columns import Column
from relevo_problems.registry import load, names

PROBLEM = load("diabetes")
NUMBER = Column(name="weight", kind="number", description="Weight", nullable=True)
TEXT = Column(name="name", kind="text", description="Name")


def test_without_a_preparation_what_is_delivered_is_inputs_and_target() -> None:
    covertype = load("covertype")
    assert covertype.delivered == covertype.columns == covertype.clean_columns


def test_the_group_is_kept_beside_what_models_read() -> None:
    assert [column.name for column in PROBLEM.clean_columns] == [*(c.name for c in PROBLEM.columns), "patient_nbr"]
    of_an_input = replace(load("covertype"), group="Slope")
    assert of_an_input.clean_columns == of_an_input.columns


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"inputs": (*PROBLEM.inputs, NUMBER)}, "a model cannot read weight, which is nullable; let `prepare`"),
        ({"inputs": (*PROBLEM.inputs, TEXT)}, "a model cannot read name, which is a text; let `prepare`"),
        ({"prepare": None}, "`raw` and `prepare` go together"),
        ({"raw": ()}, "`raw` and `prepare` go together"),
        ({"raw": PROBLEM.raw[:-1]}, "no delivered column is called readmitted, as the target is"),
        ({"raw": (*PROBLEM.raw, PROBLEM.raw[0])}, "two columns have the same name"),
        ({"group": "patient"}, "the group 'patient' is not one of its delivered columns"),
    ],
)
def test_a_wrong_definition_is_refused(changes: dict[str, object], sentence: str) -> None:
    with pytest.raises(ValueError, match=f"problem diabetes: {sentence}"):
        replace(PROBLEM, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", names())
def test_a_form_can_be_filled_with_defaults_that_the_contract_allows(name: str) -> None:
    for column in load(name).inputs:
        assert column.default is not None, column.name
        assert column.description
        if column.is_category:
            assert column.default in column.choices
        else:
            assert isinstance(column.default, int | float)
            assert (column.minimum or 0) <= column.default
            assert column.maximum is None or column.default <= column.maximum
