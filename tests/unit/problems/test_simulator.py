"""Simulated rows keep what the columns promise, for problems of every kind."""

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from relevo_contract.columns import Column
from relevo_contract.encoding import Encoder
from relevo_problems import registry
from relevo_problems.problem import Problem, Slices
from relevo_problems.simulated_columns import UndescribedColumnError
from relevo_problems.simulator import SHIFTS, UNDESCRIBED, Shift, simulate
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.metrics import f1_score, r2_score

COVERTYPE = registry.load("covertype")
SEEDS = (0, 1, 42)
FITTING: dict[str, dict[str, Any]] = {
    "category": {},
    "number": {"task": "regression", "primary_metric": "mae", "guards": (), "candidates": ("xgboost",)},
}


def with_columns(inputs: tuple[Column, ...], target: Column) -> Problem:
    return replace(
        COVERTYPE,
        name="made_up",
        inputs=inputs,
        target=target,
        **FITTING["category" if target.is_category else "number"],
        slices=Slices(),
        derived=(),
    )


def number(name: str, kind: str = "number", **limits: object) -> Column:
    return Column.model_validate({"name": name, "kind": kind, "description": name, **limits})


@st.composite
def columns(draw: st.DrawFn, name: str, categories: bool = True) -> Column:
    kind = draw(st.sampled_from(("integer", "number", "category") if categories else ("integer", "number")))
    if kind == "category":
        choices = tuple(draw(st.lists(st.text(min_size=1, max_size=5), min_size=2, max_size=8, unique=True)))
        return Column(name=name, kind="category", description=name, choices=choices)
    limits = draw(st.lists(st.integers(-10_000, 10_000), min_size=4, max_size=4).map(sorted))
    scale = 1 if kind == "integer" else draw(st.sampled_from((1e-6, 0.01, 1.0, 1e6)))
    minimum, low, high, maximum = (limit * scale for limit in limits)
    if draw(st.booleans()):
        return number(name, kind, minimum=minimum, maximum=maximum)
    hard = draw(st.sampled_from(({}, {"minimum": minimum}, {"maximum": maximum})))
    return number(name, kind, typical=(low, high), **hard)


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    inputs = tuple(draw(columns(f"input {position}")) for position in range(draw(st.integers(1, 5))))
    return with_columns(inputs, draw(columns("target")))


def assert_allowed(column: Column, value: str) -> None:
    if column.is_category:
        assert value in column.choices
        return
    parsed = int(value) if column.kind == "integer" else float(value)
    assert np.isfinite(parsed)
    assert column.minimum is None or parsed >= column.minimum
    assert column.maximum is None or parsed <= column.maximum


@settings(max_examples=60, deadline=None)
@given(problems(), st.integers(-5, 2**40), st.integers(1, 12), st.data())
def test_every_value_is_allowed(problem: Problem, seed: int, parts: int, data: st.DataObject) -> None:
    part = data.draw(st.integers(0, parts - 1))
    rows = simulate(problem, 50, seed, part, parts)
    assert len(rows) == 50
    for row in rows:
        assert len(row) == len(problem.columns)
        for column, value in zip(problem.columns, row, strict=True):
            assert_allowed(column, value)
    assert rows == simulate(problem, 50, seed, part, parts)


def test_parts_and_seeds_differ() -> None:
    base = simulate(COVERTYPE, 100, 1, 0)
    assert base != simulate(COVERTYPE, 100, 1, 1)
    assert base != simulate(COVERTYPE, 100, 2, 0)
    assert base != simulate(COVERTYPE, 100, -1, 0)


@pytest.mark.parametrize("seed", SEEDS)
def test_all_classes_occur_in_every_part_but_not_equally_often(seed: int) -> None:
    for part in range(10):
        counts = Counter(row[-1] for row in simulate(COVERTYPE, 10_000, seed, part))
        assert set(counts) == set(COVERTYPE.target.choices)
        assert max(counts.values()) > 3 * min(counts.values())


def test_the_typical_range_holds_nine_in_ten_before_any_drift() -> None:
    rows = simulate(COVERTYPE, 20_000, 3)
    for position, column in enumerate(COVERTYPE.inputs):
        if column.typical is not None:
            low, high = column.typical
            inside = sum(low <= float(row[position]) <= high for row in rows) / len(rows)
            assert inside == pytest.approx(0.9, abs=0.03), column.name


def encoded(problem: Problem, rows: list[list[str]]) -> np.ndarray:
    table = {
        column.name: values if column.is_category else np.array(values, float)
        for column, values in zip(problem.columns, zip(*rows, strict=True), strict=True)
    }
    return Encoder(problem.inputs).table(table, len(rows))


@pytest.mark.parametrize("seed", SEEDS)
def test_there_is_something_to_learn_and_more_rows_teach_more(seed: int) -> None:
    rows = simulate(COVERTYPE, 16_000, seed)
    x, y = encoded(COVERTYPE, rows), np.array([int(row[-1]) for row in rows])
    scores = []
    for training in (600, 12_000):
        model = RandomForestClassifier(40, min_samples_leaf=3, class_weight="balanced", random_state=0, n_jobs=1)
        model.fit(x[:training], y[:training])
        scores.append(f1_score(y[12_000:], model.predict(x[12_000:]), average="macro"))
    few, many = scores
    # Guessing by the shares of the seven classes reaches 1/7.
    assert few > 0.3
    assert many > few + 0.05


def test_the_function_behind_the_target_is_the_same_for_all_parts() -> None:
    first, last = (simulate(COVERTYPE, 8_000, 42, part) for part in (0, 9))
    model = RandomForestClassifier(40, min_samples_leaf=3, random_state=0, n_jobs=1)
    model.fit(encoded(COVERTYPE, first), [row[-1] for row in first])
    predicted = model.predict(encoded(COVERTYPE, last))
    truth = [row[-1] for row in last]
    majority = Counter(truth).most_common(1)[0][1] / len(truth)
    assert np.mean(predicted == np.array(truth)) > majority + 0.1


@pytest.mark.parametrize("seed", SEEDS)
def test_drift_grows_with_the_part(seed: int) -> None:
    first, middle, last = (simulate(COVERTYPE, 20_000, seed, part) for part in (0, 4, 9))

    def moved(position: int, rows: list[list[str]]) -> float:
        """How far the column has moved from part 0: standard deviations, or half the sum of share differences."""
        column = COVERTYPE.inputs[position]
        before, after = ([row[position] for row in some] for some in (first, rows))
        if column.is_category:
            shares = Counter(before), Counter(after)
            return sum(abs(shares[0][choice] - shares[1][choice]) for choice in column.choices) / 2 / len(rows)
        numbers = np.array(before, float), np.array(after, float)
        return float(abs(numbers[1].mean() - numbers[0].mean()) / numbers[0].std())

    positions = range(len(COVERTYPE.inputs))
    numeric = [position for position in positions if not COVERTYPE.inputs[position].is_category]
    half, full = ([moved(position, rows) for position in positions] for rows in (middle, last))
    drifting = [position for position in numeric if full[position] > 0.2]
    assert 0 < len(drifting) < len(numeric)
    assert all(0 < half[position] < full[position] for position in drifting)
    for position in set(positions) - set(numeric):
        assert 0.05 < half[position] < full[position]


def test_a_number_can_be_the_target_too() -> None:
    inputs = (
        number("area", typical=(50, 250), minimum=10),
        number("rooms", "integer", minimum=1, maximum=9),
        Column(name="town", kind="category", description="town", choices=("A", "B", "C")),
    )
    problem = with_columns(inputs, number("price", typical=(100_000, 900_000), minimum=0))
    rows = simulate(problem, 4_000, 5)
    x, y = encoded(problem, rows), np.array([row[-1] for row in rows], float)
    assert np.mean((y >= 100_000) & (y <= 900_000)) == pytest.approx(0.9, abs=0.05)
    model = RandomForestRegressor(30, random_state=0, n_jobs=1).fit(x[:3_000], y[:3_000])
    assert r2_score(y[3_000:], model.predict(x[3_000:])) > 0.7


def test_a_number_without_any_range_is_named() -> None:
    problem = with_columns((number("weight", minimum=0),), COVERTYPE.target)
    with pytest.raises(UndescribedColumnError, match="column weight: give it a typical range"):
        simulate(problem, 1, 0)


@pytest.mark.parametrize(("rows", "part", "parts"), [(1, 10, 10), (1, -1, 10), (-1, 0, 10), (1, 0, 0)])
def test_parts_that_do_not_exist_are_refused(rows: int, part: int, parts: int) -> None:
    with pytest.raises(ValueError, match="cannot draw"):
        simulate(COVERTYPE, rows, 0, part, parts)


def test_no_rows_are_no_rows() -> None:
    assert simulate(COVERTYPE, 0, 0) == []


@pytest.mark.parametrize("shift", SHIFTS)
def test_before_any_drift_all_shifts_are_the_same_and_afterwards_only_one_thing_is_different(shift: Shift) -> None:
    assert simulate(COVERTYPE, 500, 1, 0, shift=shift) == simulate(COVERTYPE, 500, 1, 0)
    plain, last = simulate(COVERTYPE, 500, 1, 9, 10, "category"), simulate(COVERTYPE, 500, 1, 9, 10, shift)
    area = [column.name for column in COVERTYPE.columns].index("Wilderness_Area")
    columns = list(zip(*plain, strict=True)), list(zip(*last, strict=True))
    same = [one == other for one, other in zip(*columns, strict=True)]
    if shift == "function":
        # The target, and the category in which the rows that they are compared with have the new choice.
        assert [number for number, equal in enumerate(same) if not equal] == [area, len(same) - 1]
        assert sum(one != other for one, other in zip(columns[0][-1], columns[1][-1], strict=True)) > 200
    elif shift == "category":
        assert 60 < columns[1][area].count(UNDESCRIBED) < 140
    else:
        assert 3 <= sum(not equal for equal in same[:-1]) < len(same) - 1


def test_a_new_choice_needs_a_category() -> None:
    problem = with_columns((number("weight", minimum=0, maximum=1),), COVERTYPE.target)
    with pytest.raises(ValueError, match="no category among its inputs"):
        simulate(problem, 1, 0, 1, shift="category")
