"""From delivered rows to clean ones, for problems whose models read something else than what is delivered."""

import json
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from relevo_contract.columns import Column
from relevo_pipeline import audit
from relevo_pipeline.errors import StepError
from relevo_pipeline.preparation import Preparation
from relevo_pipeline.problem_tables import clean_table, raw_table
from relevo_pipeline.run import Run
from relevo_pipeline.steps.clean import clean
from relevo_pipeline.steps.collect import collect
from relevo_pipeline.steps.validate import validate_batch
from relevo_pipeline.validation import typed, validate
from relevo_problems.preparation import Exclusion
from relevo_problems.problem import Problem
from relevo_problems.registry import load
from relevo_problems.simulator import simulate
from sqlalchemy import select

PROBLEMS = ("diabetes", "realestate")


def delivered(problem: Problem, rows: list[list[Any]]) -> pd.DataFrame:
    texts = [[cell or None for cell in row] for row in rows]
    return pd.DataFrame(texts, columns=[column.name for column in problem.delivered], dtype="object")


def deliver(api: Any, problem: Problem, rows: list[list[str]]) -> None:
    """As the problem's data API does: lists of texts, or objects."""
    if problem.source.rows == "objects":
        names = [column.name for column in problem.delivered]
        objects = [dict(zip(names, (cell or None for cell in row), strict=True)) for row in rows]
        api.body = json.dumps({"batch_number": 1, "data": objects}).encode()
    else:
        api.delivers(rows)


@pytest.fixture(params=PROBLEMS)
def run(request: pytest.FixtureRequest, new_run: Callable[[str], Run]) -> Run:
    return replace(new_run("manual__1"), problem=load(request.param))


def test_a_batch_becomes_what_models_read(run: Run, api: Any) -> None:
    problem = run.problem
    rows = simulate(problem, 400, seed=5)
    deliver(api, problem, rows)
    collect(run)
    assert validate_batch(run) == 0
    new = clean(run)
    table = clean_table(problem)
    with run.stores.clean.connect() as connection:
        found = pd.DataFrame(connection.execute(select(table)).all(), columns=[c.name for c in table.columns])
    with run.stores.raw.connect() as connection:
        kept = len(connection.execute(select(raw_table(problem))).all())
    excluded = audit.read(run).evidence["excluded"]
    assert kept == len(rows)
    assert len(found) == new == len(rows) - sum(excluded.values())
    assert list(found.columns[3:]) == [*(column.name for column in problem.columns), problem.group]
    for column in problem.columns:
        assert not found[column.name].isna().any()
    assert (found.groupby(problem.group)["split"].nunique() == 1).all()
    before = audit.read(run)
    assert clean(run) == new
    assert audit.read(run) == before


@pytest.mark.parametrize("name", PROBLEMS)
def test_what_becomes_of_a_row_does_not_depend_on_its_chunk(name: str) -> None:
    problem = load(name)
    good = validate(problem, delivered(problem, simulate(problem, 200, seed=6))).good
    whole = Preparation(problem)
    expected = list(whole.rows(good))

    @settings(deadline=None, max_examples=20)
    @given(st.lists(st.integers(1, 199), unique=True, max_size=5))
    def in_chunks(cuts: list[int]) -> None:
        pieces = Preparation(problem)
        edges = [0, *sorted(cuts), len(good)]
        found = [row for a, b in pairwise(edges) for row in pieces.rows(good.iloc[a:b])]
        assert found == expected
        assert pieces.excluded == whole.excluded

    in_chunks()


def test_a_row_counts_under_the_first_reason_that_holds() -> None:
    problem = load("realestate")
    good = validate(problem, delivered(problem, simulate(problem, 300, seed=6))).good.head(20)
    first, second = (
        Exclusion("first", lambda rows: rows.index < 5),
        Exclusion("second", lambda rows: rows.index < 9),
    )
    preparation = Preparation(replace(problem, exclusions=(first, second, *problem.exclusions)))
    list(preparation.rows(good))
    assert (preparation.excluded["first"], preparation.excluded["second"]) == (5, 4)


def test_excluded_rows_do_not_count_against_the_limit(run: Run, api: Any) -> None:
    everything = Exclusion("all of it", lambda rows: np.ones(len(rows), dtype=bool))
    whole = replace(run, problem=replace(run.problem, exclusions=(everything,)))
    deliver(api, run.problem, simulate(run.problem, 50, seed=1))
    collect(whole)
    assert validate_batch(whole) == 0
    assert clean(whole) == 0
    assert audit.read(whole).evidence["excluded"] == {"all of it": 50}


@pytest.mark.parametrize(
    ("prepare", "sentence"),
    [
        (lambda rows: rows.drop(columns="bed"), "makes no column bed, years_since_sale"),
        (lambda rows: load("realestate").prepare(rows).head(1), "made 1 rows of 2; which rows to leave out"),
        (
            lambda rows: load("realestate").prepare(rows).assign(bed=99),
            "gave 2 rows a bed that the column does not allow, such as 99 in row 0",
        ),
        (
            lambda rows: load("realestate").prepare(rows).assign(state=[None, "Ohio"]),
            "gave 1 rows a state that the column does not allow, such as nan in row 0",
        ),
    ],
)
def test_a_preparation_that_does_something_else_is_refused(prepare: Any, sentence: str) -> None:
    problem = replace(load("realestate"), prepare=prepare)
    rows = [HOUSE, [*HOUSE[:2], "200000.0", *HOUSE[3:]]]
    with pytest.raises(StepError, match=sentence):
        list(Preparation(problem).rows(typed(problem, delivered(problem, rows))))


HOUSE = ["1.0", "sold", "100000.0", "3.0", "2.0", "0.1", "17.0", "Boston", "Ohio", "1603.0", "900.0", "2020-01-01"]


@settings(deadline=None)
@given(st.sampled_from(load("realestate").delivered), st.sampled_from(["", " ", "soon", "inf", "nan", "3.5", "-1"]))
def test_nothing_is_in_order_where_nothing_may_be_and_something_else_is_not(column: Column, cell: str) -> None:
    problem = load("realestate")
    row = dict(zip((c.name for c in problem.delivered), HOUSE, strict=True)) | {column.name: cell}
    found = validate(problem, delivered(problem, [list(row.values())]))
    blank, number = not cell.strip(), column.kind in ("integer", "number")
    if blank:
        rule = None if column.nullable else "missing"
    elif not number:
        rule = None
    elif cell == "3.5":
        rule = "not a whole number" if column.kind == "integer" else None
    else:
        rule = {"soon": "not a number", "-1": "below 0"}.get(cell, "not a finite number")
    assert list(found.rejected["rule"]) == ([] if rule is None else [rule])
