"""Keys, splits and the clean table: idempotent, in any order, each row once."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from relevo_pipeline.errors import StepError
from relevo_pipeline.problem_tables import clean_table, ensure
from relevo_pipeline.run import Run
from relevo_pipeline.splits import SPLITS, row_keys, splits
from relevo_pipeline.steps.clean import clean
from relevo_pipeline.steps.collect import collect
from relevo_pipeline.steps.validate import validate_batch
from relevo_pipeline.validation import validate
from relevo_problems.registry import load
from relevo_problems.simulator import simulate
from sqlalchemy import select, text

PROBLEM = load("covertype")


def typed(count: int, seed: int) -> pd.DataFrame:
    rows = [list(row) for row in simulate(PROBLEM, count, seed=seed)]
    return validate(PROBLEM, pd.DataFrame(rows, columns=[c.name for c in PROBLEM.columns], dtype="object")).good


ROWS = typed(2000, seed=3)


@settings(deadline=None, max_examples=25)
@given(order=st.permutations(range(60)))
def test_a_row_keeps_its_key_and_split_in_any_order(order: list[int]) -> None:
    some = ROWS.head(60)
    keys = row_keys(PROBLEM, some)
    shuffled = some.iloc[order]
    assert row_keys(PROBLEM, shuffled) == [keys[position] for position in order]
    assert list(splits(PROBLEM, shuffled, row_keys(PROBLEM, shuffled))) == list(splits(PROBLEM, some, keys)[order])


def test_keys_and_splits_do_not_depend_on_the_process() -> None:
    """Pinned: a key that changes would move rows between splits of a database that is in use."""
    first = pd.DataFrame(
        [[2596, 51, 3, 258, 0, 510, 221, 232, 148, 6279, "Rawah", "C7745", "4"]],
        columns=[column.name for column in PROBLEM.columns],
    )
    keys = row_keys(PROBLEM, first)
    assert keys == ["d4f25c4d57ca756f3e314958547b578d"]
    assert list(splits(PROBLEM, first, keys)) == ["train"]


def test_different_rows_have_different_keys() -> None:
    assert len(set(row_keys(PROBLEM, ROWS))) == len(ROWS.drop_duplicates())


def test_the_shares_are_70_15_15() -> None:
    many = typed(40_000, seed=11)
    found = splits(PROBLEM, many, row_keys(PROBLEM, many))
    shares = [float(np.mean(found == split)) for split in SPLITS]
    # Four standard deviations of a share of 0.15 in 40,000 draws are 0.007.
    assert shares == pytest.approx([0.70, 0.15, 0.15], abs=0.01)


@settings(deadline=None, max_examples=25)
@given(groups=st.lists(st.integers(0, 20), min_size=60, max_size=60))
def test_a_group_never_spans_splits(groups: list[int]) -> None:
    grouped = replace(PROBLEM, group="Elevation")
    some = ROWS.head(60).assign(Elevation=groups)
    found = pd.Series(splits(grouped, some, row_keys(grouped, some))).groupby(groups).nunique()
    assert (found == 1).all()


def cleaned(run: Run) -> int:
    validate_batch(run)
    return clean(run)


def stored(run: Run) -> list[tuple[object, ...]]:
    table = clean_table(run.problem)
    with run.stores.clean.connect() as connection:
        return [tuple(row) for row in connection.execute(select(table).order_by(table.c.row_key))]


def test_a_second_go_changes_nothing(run: Run, api, rows) -> None:
    api.delivers(rows)
    collect(run)
    new = cleaned(run)
    before = stored(run)
    assert clean(run) == new == len(before)
    assert stored(run) == before


def test_a_row_that_comes_again_is_not_new(new_run: Callable[[str], Run], api, rows) -> None:
    api.delivers(rows[:200])
    collect(new_run("one"))
    first = cleaned(new_run("one"))
    api.delivers(rows[100:])
    collect(new_run("two"))
    second = cleaned(new_run("two"))
    distinct = len({tuple(row) for row in rows})
    assert first + second == len(stored(new_run("two"))) == distinct
    assert first == len({tuple(row) for row in rows[:200]})


def test_a_table_that_does_not_fit_the_problem_is_refused(run: Run) -> None:
    table = clean_table(run.problem)
    ensure(run.stores.clean, table)
    with run.stores.clean.begin() as connection:
        connection.execute(text(f"ALTER TABLE {table.name} RENAME COLUMN Slope TO Steepness"))
    with pytest.raises(StepError, match=r"missing \['Slope \(integer\)'\], unexpected \['Steepness \(integer\)'\]"):
        ensure(run.stores.clean, table)


def test_a_column_that_changed_its_kind_is_refused(run: Run) -> None:
    ensure(run.stores.clean, clean_table(run.problem))
    slope = next(column for column in run.problem.inputs if column.name == "Slope")
    inputs = tuple(
        column.model_copy(update={"kind": "number"}) if column is slope else column for column in run.problem.inputs
    )
    with pytest.raises(StepError, match=r"missing \['Slope \(number\)'\], unexpected \['Slope \(integer\)'\]"):
        ensure(run.stores.clean, clean_table(replace(run.problem, inputs=inputs)))
