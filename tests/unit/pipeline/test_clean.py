"""Keys, splits and the clean table: idempotent, in any order, each row once."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

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


OTHER_PROCESS = """
import json, sys
import pandas as pd
from dataclasses import replace
from relevo_pipeline.splits import row_keys, splits
from relevo_pipeline.validation import typed
from relevo_problems.registry import load

problem = load("covertype")
names = [column.name for column in problem.columns]
found = {}
for group in (None, "Soil_Type"):
    of = replace(problem, group=group)
    rows = typed(of, pd.DataFrame(json.load(open(sys.argv[1])), columns=names, dtype="object"))
    keys = row_keys(of, rows)
    found[str(group)] = [keys, splits(of, rows, keys).tolist()]
print(json.dumps(found))
"""


def test_another_process_finds_the_same_keys_and_splits(tmp_path: Path) -> None:
    """Hashes of texts differ from process to process in Python; ours must not."""
    texts = [list(row) for row in simulate(PROBLEM, 500, seed=4)]
    path = tmp_path / "rows.json"
    path.write_text(json.dumps(texts))
    said = [
        subprocess.run(
            [sys.executable, "-c", OTHER_PROCESS, path],
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            stdout=subprocess.PIPE,
        ).stdout
        for seed in ("1", "2")
    ]
    assert said[0] == said[1]
    found = json.loads(said[0])
    here = typed(500, seed=4)
    keys = row_keys(PROBLEM, here)
    assert found["None"] == [keys, splits(PROBLEM, here, keys).tolist()]
    by_group = splits(replace(PROBLEM, group="Soil_Type"), here, keys)
    assert found["Soil_Type"] == [keys, by_group.tolist()]


cell = st.integers(-(2**53) + 1, 2**53 - 1)
# Separators, their escapes and digits: what could make two rows look alike.
category = st.text("\x1e\x1f\\1a", max_size=3) | st.text(st.characters(exclude_categories=["Cs"]), max_size=4)


@settings(deadline=None, max_examples=100)
@given(rows=st.lists(st.tuples(cell, cell, category, category), min_size=2, max_size=12), data=st.data())
def test_rows_have_one_key_exactly_when_they_are_equal(rows, data: st.DataObject) -> None:
    """In any order, and whatever other rows are in their batch."""
    columns = [ROWS.columns[position] for position in (0, 1, 10, 11)]
    # Half of the rows come again.
    rows = [*rows, *rows[::2]]
    batch = pd.concat([ROWS.head(1)] * len(rows), ignore_index=True)
    for name, cells in zip(columns, zip(*rows, strict=True), strict=True):
        batch[name] = pd.Series(cells, dtype=batch[name].dtype)
    keys = row_keys(PROBLEM, batch)
    assert len(set(zip(rows, keys, strict=True))) == len(set(rows)) == len(set(keys))
    order = data.draw(st.permutations(range(len(rows))))
    part = order[: data.draw(st.integers(1, len(rows)))]
    some = batch.iloc[part]
    assert row_keys(PROBLEM, some) == [keys[position] for position in part]
    found = splits(PROBLEM, batch, keys)
    assert splits(PROBLEM, some, row_keys(PROBLEM, some)).tolist() == found[part].tolist()


def test_a_separator_inside_a_cell_is_not_one_between_cells() -> None:
    batch = ROWS.head(2).assign(Wilderness_Area=["a\x1f", "a"], Soil_Type=["b", "\x1fb"])
    batch.iloc[1, :10] = batch.iloc[0, :10]
    assert len(set(row_keys(PROBLEM, batch.assign(Cover_Type="0")))) == 2


def test_the_shares_of_the_real_rows_are_70_15_15() -> None:
    folder = os.environ.get("RELEVO_DATASETS")
    if folder is None:
        pytest.skip("RELEVO_DATASETS is not set: the real data is not at hand")
    _, *lines = PROBLEM.dataset.convert(Path(folder) / PROBLEM.dataset.published)
    # A tenth of the file, from all over it.
    texts = [line.rstrip("\n").split(",") for line in lines[::10]]
    names = [column.name for column in PROBLEM.columns]
    checked = validate(PROBLEM, pd.DataFrame(texts, columns=names, dtype="object").rename_axis("row_no"))
    assert checked.rejected_rows == 0
    found = splits(PROBLEM, checked.good, row_keys(PROBLEM, checked.good))
    shares = [float(np.mean(found == split)) for split in SPLITS]
    assert shares == pytest.approx([0.70, 0.15, 0.15], abs=0.01)
