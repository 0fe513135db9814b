"""Is a problem defined as it has to be? Every fault is a sentence that begins with the field it is about."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from datetime import timedelta
from string import Formatter
from types import UnionType
from typing import TYPE_CHECKING, Any, get_args, get_origin

from relevo_contract.card import Task
from relevo_contract.metrics import METRICS

from relevo_problems.candidates import CANDIDATES
from relevo_problems.rules import Measure, TrainingRule
from relevo_problems.source import Protocol, Shape

if TYPE_CHECKING:
    from relevo_problems.problem import Problem

# It becomes part of table names, of URLs and of Airflow's ids.
NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
# Columns that every problem's tables have besides its own.
RESERVED = {"collection_id", "row_no", "row_key", "split", "extra"}
# A statistic is a table in the graph with four bytes a value.
MOST_VALUES = 1_000_000
# MySQL's limit for the name of a column.
LONGEST_COLUMN_NAME = 64


class DefinitionError(ValueError):
    """A problem that cannot be used; the sentences say which fields are wrong, and how."""


def check(problem: "Problem") -> None:
    """Raises `DefinitionError` with everything that is wrong."""
    # What is of another kind altogether is said first: the other checks would stumble over it.
    faults = list(_kinds(problem)) or [
        *_shape(problem),
        *_delivery(problem),
        *_judgement(problem),
        *_training(problem),
    ]
    if faults:
        raise DefinitionError(f"problem {problem.name}: {'; '.join(faults)}")


def _kinds(problem: "Problem") -> Iterator[str]:
    """By the type that each field is declared with."""
    for field in fields(problem):
        value: Any = getattr(problem, field.name)
        if get_origin(field.type) is tuple:
            element = get_args(field.type)[0]
            if not isinstance(value, tuple):
                yield f"{field.name}: this is a tuple, and one of a single element needs a comma: ({value!r},)"
            elif wrong := [one for one in value if not isinstance(one, element)]:
                yield f"{field.name}: {wrong[0]!r} is no {element.__name__}"
        elif get_origin(field.type) is Mapping:
            if not isinstance(value, Mapping):
                yield f"{field.name}: this is a mapping, not {value!r}"
        elif field.name == "prepare":
            if value is not None and not callable(value):
                yield f"prepare: this is a function, not {value!r}"
        elif isinstance(field.type, type | UnionType):
            if not isinstance(value, (int, float) if field.type is float else field.type):
                yield f"{field.name}: this is a {getattr(field.type, '__name__', field.type)}, not {value!r}"
            elif isinstance(value, str) and not value.strip():
                yield f"{field.name}: this is empty"


def _shape(problem: "Problem") -> Iterator[str]:
    if not NAME.fullmatch(problem.name):
        yield "name: at most 40 small letters, digits and _, a letter first"
    if problem.task not in get_args(Task):
        yield f"task: there is no {problem.task!r}; there are: {', '.join(get_args(Task))}"
    if not problem.inputs:
        yield "inputs: a model needs at least one"
    yield from _columns(problem)
    yield from _target(problem)
    if problem.group is not None and problem.group_column is None:
        yield f"group: {problem.group!r} is not one of its delivered columns"
    yield from _derived(problem)
    yield from _statistics(problem)
    if problem.schedule <= timedelta(0):
        yield "schedule: the time from one run to the next is more than nothing"


def _columns(problem: "Problem") -> Iterator[str]:
    for where, columns in (("inputs, target", problem.columns), ("raw", problem.raw)):
        names = [column.name for column in columns]
        # MySQL does not tell column names apart by case.
        if twice := _twice(name.lower() for name in names):
            yield f"{where}: two columns have the same name: {', '.join(twice)}"
        if taken := sorted(RESERVED & {name.lower() for name in names}):
            yield f"{where}: the tables have columns of their own called {', '.join(taken)}"
        if long := [name for name in names if len(name) > LONGEST_COLUMN_NAME]:
            yield f"{where}: {', '.join(long)}: MySQL takes {LONGEST_COLUMN_NAME} characters"
    for column in problem.columns:
        if column.nullable or column.kind == "text":
            what = "may be empty" if column.nullable else "is a text"
            yield f"inputs, target: {column.name} {what}, which no model reads; let `prepare` make something of it"
    if (problem.prepare is None) == bool(problem.raw):
        yield "raw, prepare: the one needs the other"
    elif problem.target.name not in {column.name for column in problem.delivered}:
        yield f"raw: no column is called {problem.target.name}, as the target is"


def _target(problem: "Problem") -> Iterator[str]:
    if (problem.task == "regression") == problem.target.is_category:
        yield f"target: a {problem.task} does not fit a target that is {problem.target.kind}"
    elif problem.task == "binary" and len(problem.target.choices) != 2:
        yield f"target: of a binary task it has two choices, not {len(problem.target.choices)}"
    elif problem.task == "multiclass" and len(problem.target.choices) < 2:
        yield "target: with one choice there is nothing to learn"
    if problem.target_scale not in ("linear", "log"):
        yield f"target_scale: there is no {problem.target_scale!r}; there are: linear, log"
    elif problem.target_scale == "log" and (problem.task != "regression" or not (problem.target.minimum or 0) > 0):
        yield "target_scale: log is for a regression whose target has a minimum above 0"


def _derived(problem: "Problem") -> Iterator[str]:
    integers = {column.name for column in problem.inputs if column.kind == "integer"}
    names = [column.name for column in problem.columns]
    if twice := _twice([*(derived.name for derived in problem.derived), *names]):
        yield f"derived: the name is taken: {', '.join(twice)}"
    for derived in problem.derived:
        if unknown := sorted(set(derived.terms) - integers):
            yield f"derived: {derived.name} adds {', '.join(unknown)}, which is no integer input"
        if not derived.terms or not all(isinstance(factor, int) and factor for factor in derived.terms.values()):
            yield f"derived: {derived.name} needs terms, and every factor is a whole number other than 0"


def _delivery(problem: "Problem") -> Iterator[str]:
    source = problem.source
    if source.protocol not in get_args(Protocol):
        yield f"source: there is no protocol {source.protocol!r}; there are: {', '.join(get_args(Protocol))}"
    if not source.path.startswith("/"):
        yield f"source: a path begins with /, unlike {source.path!r}"
    if source.rows not in get_args(Shape):
        yield f"source: there are no rows as {source.rows!r}; there are: {', '.join(get_args(Shape))}"
    if wrong := [name for name, value in source.parameters.items() if not isinstance(value, str)]:
        yield f"source: of the parameters every value is a text, unlike that of {', '.join(map(str, wrong))}"
    if unknown := sorted(set(problem.mixes) - {column.name for column in problem.delivered}):
        yield f"mixes: no delivered column is called {', '.join(unknown)}"


def _statistics(problem: "Problem") -> Iterator[str]:
    integers = {column.name: column for column in problem.inputs if column.kind == "integer"}
    if problem.statistics and problem.task != "regression":
        yield "statistics: only a regression has a mean target"
    for statistic in problem.statistics:
        column = integers.get(statistic.column)
        if column is None or column.minimum is None or column.maximum is None:
            yield f"statistics: {statistic.column} is no integer input with a minimum and a maximum"
        elif column.maximum - column.minimum >= MOST_VALUES:
            yield f"statistics: {statistic.column} may have more than {MOST_VALUES:,} values"
        if statistic.coarser < 2 or not statistic.weight > 0:
            yield f"statistics: {statistic.column} needs a divisor of at least 2 and a weight above 0"


def _judgement(problem: "Problem") -> Iterator[str]:
    fitting = [name for name, metric in METRICS.items() if problem.task in metric.tasks]
    # `recall` is one figure a class, so it can be guarded but not be what models are compared by.
    primary = [name for name in fitting if name != "recall"]
    if problem.primary_metric not in primary:
        yield f"primary_metric: {_no_metric(problem, problem.primary_metric, primary)}"
    for guard in problem.guards:
        if guard.metric not in fitting:
            yield f"guards: {_no_metric(problem, guard.metric, fitting)}"
        if not guard.tolerance >= 0:
            yield f"guards: the tolerance of {guard.metric} is 0 or more, not {guard.tolerance!r}"
    if twice := _twice(guard.metric for guard in problem.guards):
        yield f"guards: twice: {', '.join(twice)}"
    categories = {column.name for column in problem.inputs if column.is_category}
    if unknown := [name for name in problem.slices.columns if name not in categories]:
        yield f"slices: by {', '.join(unknown)}, which is no category among its inputs"
    if not problem.slices.tolerance >= 0:
        yield f"slices: the tolerance is 0 or more, not {problem.slices.tolerance!r}"
    if not 0 < problem.coverage < 1:
        yield f"coverage: a share between 0 and 1, not {problem.coverage!r}"
    if problem.flagged_share is not None and not 0 < problem.flagged_share < 1:
        yield f"flagged_share: a share between 0 and 1, not {problem.flagged_share!r}"
    if problem.guard_rows < 1:
        yield f"guard_rows: at least 1, not {problem.guard_rows}"
    if not (problem.budget.latency_ms > 0 and problem.budget.size_mb > 0):
        yield "budget: milliseconds and megabytes are more than 0"
    if not problem.parity_tolerance > 0:
        yield f"parity_tolerance: more than 0, not {problem.parity_tolerance!r}"


def _no_metric(problem: "Problem", name: str, fitting: list[str]) -> str:
    what = f"{name!r} does not fit a {problem.task}" if name in METRICS else f"there is no {name!r}"
    return f"{what}; there are: {', '.join(fitting)}"


def _training(problem: "Problem") -> Iterator[str]:
    fitting = [name for name, tasks in CANDIDATES.items() if problem.task in tasks]
    if not problem.candidates:
        yield f"candidates: none compete; there are: {', '.join(fitting)}"
    for name in problem.candidates:
        if name not in fitting:
            what = f"{name!r} does not fit a {problem.task}" if name in CANDIDATES else f"there is no {name!r}"
            yield f"candidates: {what}; there are: {', '.join(fitting)}"
    if twice := _twice(problem.candidates):
        yield f"candidates: twice: {', '.join(twice)}"
    if not 0 <= problem.reject_limit <= 1:
        yield f"reject_limit: a share between 0 and 1, not {problem.reject_limit!r}"
    if not (problem.drift.psi > 0 and 0 < problem.drift.false_discovery_rate < 1):
        yield "drift: psi is more than 0, false_discovery_rate between 0 and 1"
    yield from _rules(problem.training_rules)


def _rules(rules: tuple[TrainingRule, ...]) -> Iterator[str]:
    measures = get_args(Measure)
    names = [rule.name for rule in rules]
    if unknown := [name for name in names if name not in measures]:
        yield f"training_rules: nobody measures {', '.join(unknown)}; there are: {', '.join(measures)}"
    if twice := _twice(names):
        yield f"training_rules: twice: {', '.join(twice)}"
    if "no_production_model" not in names:
        yield "training_rules: without no_production_model there is never a first model"
    for rule in rules:
        try:
            list(Formatter().parse(rule.sentence))
        except ValueError as error:
            yield f"training_rules: the sentence of {rule.name} cannot be filled in ({error})"


def _twice(names: Iterable[Any]) -> list[Any]:
    return [name for name, times in Counter(names).items() if times > 1]
