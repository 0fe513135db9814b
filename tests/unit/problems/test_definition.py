"""A wrong definition gets a sentence that begins with the field."""

import re
from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from relevo_contract.columns import Column
from relevo_problems.definition import DefinitionError
from relevo_problems.problem import Budget, Derived, Guard, Problem, Slices, Statistic
from relevo_problems.rules import TRAINING_RULES, DriftThresholds, TrainingRule
from relevo_problems.source import Source

SIZE = Column(name="size", kind="integer", description="Size", minimum=0, maximum=9, default=3)
COLOUR = Column(name="colour", kind="category", description="Colour", choices=("red", "blue"), default="red")
KIND = Column(name="kind", kind="category", description="Kind", choices=("a", "b"))
WEIGHT = Column(name="weight", kind="number", description="Weight", nullable=True)
LABEL = Column(name="label", kind="text", description="Label")
PRICE = Column(name="price", kind="number", description="Price", minimum=0)

PROBLEM = Problem(
    name="flowers",
    title="Flowers",
    description="Which flower is it?",
    task="multiclass",
    inputs=(SIZE, COLOUR),
    target=KIND,
    primary_metric="macro_f1",
    candidates=("xgboost",),
    schedule=timedelta(hours=1),
)


def as_it_is(rows: Any) -> Any:
    return rows


def named(column: Column, name: str) -> Column:
    return column.model_copy(update={"name": name})


WRONG: list[tuple[Mapping[str, Any], str]] = [
    ({"name": "My flowers"}, "name: at most 40 small letters, digits and _, a letter first"),
    ({"name": 3}, "name: this is a str, not 3"),
    ({"title": " "}, "title: this is empty"),
    ({"task": "clustering"}, "task: there is no 'clustering'; there are: multiclass, binary, regression"),
    ({"inputs": ()}, "inputs: a model needs at least one"),
    ({"inputs": SIZE}, "inputs: this is a tuple, and one of a single element needs a comma"),
    ({"inputs": (SIZE, "colour")}, "inputs: 'colour' is no Column"),
    ({"inputs": (SIZE, named(SIZE, "Size"))}, "inputs, target: two columns have the same name: size"),
    ({"inputs": (named(SIZE, "row_key"),)}, "inputs, target: the tables have columns of their own called row_key"),
    ({"inputs": (named(SIZE, "s" * 65),)}, "MySQL takes 64 characters"),
    ({"target": "kind"}, "target: this is a Column, not 'kind'"),
    ({"target": PRICE}, "target: a multiclass does not fit a target that is number"),
    ({"task": "regression"}, "target: a regression does not fit a target that is category"),
    (
        {"task": "binary", "target": KIND.model_copy(update={"choices": ("a", "b", "c")})},
        "target: of a binary task it has two choices, not 3",
    ),
    ({"target": KIND.model_copy(update={"choices": ("a",)})}, "target: with one choice there is nothing to learn"),
    ({"target_scale": "sqrt"}, "target_scale: there is no 'sqrt'; there are: linear, log"),
    ({"target_scale": "log"}, "target_scale: log is for a regression whose target has a minimum above 0"),
    ({"coverage": 1.0}, "coverage: a share between 0 and 1, not 1.0"),
    ({"flagged_share": 0.0}, "flagged_share: a share between 0 and 1, not 0.0"),
    ({"primary_metric": "f1"}, "primary_metric: there is no 'f1'; there are: macro_f1, accuracy"),
    ({"primary_metric": "mae"}, "primary_metric: 'mae' does not fit a multiclass; there are: macro_f1, accuracy"),
    ({"primary_metric": "recall"}, "primary_metric: 'recall' does not fit"),
    (
        {"candidates": "xgboost"},
        "candidates: this is a tuple, and one of a single element needs a comma: ('xgboost',)",
    ),
    ({"candidates": ()}, "candidates: none compete; there are: logistic_regression, random_forest, xgboost"),
    ({"candidates": ("xgbost",)}, "candidates: there is no 'xgbost'; there are: logistic_regression"),
    ({"candidates": ("xgboost", "xgboost")}, "candidates: twice: xgboost"),
    ({"schedule": 60}, "schedule: this is a timedelta, not 60"),
    ({"schedule": timedelta(0)}, "schedule: the time from one run to the next is more than nothing"),
    ({"group": "patient"}, "group: 'patient' is not one of its"),
    ({"inputs": (SIZE, WEIGHT)}, "inputs, target: weight may be empty, which no model reads; let `prepare`"),
    ({"inputs": (SIZE, LABEL)}, "inputs, target: label is a text, which no model reads; let `prepare`"),
    ({"raw": (SIZE, COLOUR, KIND)}, "raw, prepare: the one needs the other"),
    ({"prepare": as_it_is}, "raw, prepare: the one needs the other"),
    ({"prepare": "clean", "raw": (SIZE, KIND)}, "prepare: this is a function, not 'clean'"),
    ({"prepare": as_it_is, "raw": (SIZE, COLOUR)}, "raw: no column is called kind, as the target is"),
    ({"prepare": as_it_is, "raw": (SIZE, SIZE, KIND)}, "raw: two columns have the same name: size"),
    ({"prepare": as_it_is, "raw": (named(SIZE, "extra"), KIND)}, "raw: the tables have columns of their own"),
    ({"exclusions": ("rents",)}, "exclusions: 'rents' is no Exclusion"),
    ({"statistics": (Statistic("size", 2),)}, "statistics: only a regression has a mean target"),
    (
        {"statistics": (Statistic("colour", 2),)},
        "statistics: colour is no integer input with a minimum",
    ),
    (
        {"statistics": (Statistic("size", 1),)},
        "statistics: size needs a divisor of at least 2 and a weight",
    ),
    (
        {"inputs": (SIZE.model_copy(update={"maximum": 1e6}),), "statistics": (Statistic("size", 2),)},
        "statistics: size may have more than 1,000,000 values",
    ),
    (
        {"source": Source(protocol="carrier pigeon")},
        "source: there is no protocol 'carrier pigeon'; there are: rota",
    ),
    ({"source": Source(path="data")}, "source: a path begins with /, unlike 'data'"),
    ({"source": Source(rows="columns")}, "source: there are no rows as 'columns'; there are: lists, objects"),
    (
        {"source": Source(parameters={"day": 2})},
        "source: of the parameters every value is a text, unlike that of day",
    ),
    ({"mixes": {"shape": {"round": 1.0}}}, "mixes: no delivered column is called shape"),
    ({"source": "http://here"}, "source: this is a Source, not 'http://here'"),
    ({"derived": (Derived("d", "D", {"colour": 1}),)}, "derived: d adds colour, which is no integer input"),
    ({"derived": (Derived("size", "D", {"size": 1}),)}, "derived: the name is taken: size"),
    ({"derived": (Derived("d", "D", {"size": 0}),)}, "derived: d needs terms, and every factor is a whole number"),
    ({"guards": (Guard("mae", 0.1),)}, "guards: 'mae' does not fit a multiclass"),
    ({"guards": (Guard("speed", 0.1),)}, "guards: there is no 'speed'"),
    ({"guards": (Guard("accuracy", -0.1),)}, "guards: the tolerance of accuracy is 0 or more, not -0.1"),
    ({"guards": (Guard("accuracy", 0.1), Guard("accuracy", 0.2))}, "guards: twice: accuracy"),
    ({"slices": Slices(columns=("size",))}, "slices: by size, which is no category among its inputs"),
    ({"slices": Slices(tolerance=-1)}, "slices: the tolerance is 0 or more, not -1"),
    ({"guard_rows": 0}, "guard_rows: at least 1, not 0"),
    ({"budget": Budget(latency_ms=0)}, "budget: milliseconds and megabytes are more than 0"),
    ({"reject_limit": 5}, "reject_limit: a share between 0 and 1, not 5"),
    ({"parity_tolerance": 0.0}, "parity_tolerance: more than 0, not 0.0"),
    ({"drift": DriftThresholds(psi=0)}, "drift: psi is more than 0, false_discovery_rate between 0 and 1"),
    ({"training_rules": TRAINING_RULES[1:]}, "training_rules: without no_production_model there is never a first"),
    ({"training_rules": (*TRAINING_RULES, TRAINING_RULES[1])}, "training_rules: twice: drift"),
    (
        {"training_rules": (*TRAINING_RULES, TrainingRule("mood", 1, "bad"))},  # type: ignore[arg-type]
        "training_rules: nobody measures mood; there are: no_production_model",
    ),
    (
        {"training_rules": (TrainingRule("no_production_model", 1, "none {yet"),)},
        "training_rules: the sentence of no_production_model cannot be filled in",
    ),
]


@pytest.mark.parametrize(("fault", "sentence"), WRONG, ids=[sentence[:40] for _, sentence in WRONG])
def test_a_wrong_field_is_named(fault: Mapping[str, Any], sentence: str) -> None:
    with pytest.raises(DefinitionError, match=re.escape(sentence)):
        replace(PROBLEM, **fault)


def test_everything_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(DefinitionError) as refused:
        replace(PROBLEM, primary_metric="mae", candidates=("oracle",), guard_rows=0)
    said = str(refused.value)
    assert said.startswith("problem flowers: ")
    assert all(f"{field}: " in said for field in ("primary_metric", "candidates", "guard_rows"))


JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=5),
    st.tuples(st.one_of(st.text(max_size=5), st.integers(), st.none())),
    st.just(timedelta(days=-1)),
    st.just(SIZE),
    st.just(Guard("accuracy", float("nan"))),
)


@given(st.sampled_from([field.name for field in fields(Problem)]), JUNK)
def test_whatever_stands_in_a_field_is_taken_or_refused_by_its_name(field: str, value: Any) -> None:
    said = None
    try:
        replace(PROBLEM, **{field: value})
    except DefinitionError as error:
        said = str(error)
    # A task decides what fits the other fields.
    assert said is None or re.search(rf"\b{field}\b.*: ", said)
