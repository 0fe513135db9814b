"""What a problem says of its columns."""

from dataclasses import replace

import pytest
from relevo_problems.registry import load, names

PROBLEM = load("diabetes")


def test_without_a_preparation_what_is_delivered_is_inputs_and_target() -> None:
    covertype = load("covertype")
    assert covertype.delivered == covertype.columns == covertype.clean_columns


def test_the_group_is_kept_beside_what_models_read() -> None:
    assert [column.name for column in PROBLEM.clean_columns] == [*(c.name for c in PROBLEM.columns), "patient_nbr"]
    of_an_input = replace(load("covertype"), group="Slope")
    assert of_an_input.clean_columns == of_an_input.columns


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
