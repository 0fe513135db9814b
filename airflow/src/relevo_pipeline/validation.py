"""The column contract, derived from the problem: which rows may enter the clean tables, and why others may not."""

import math
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pandera.pandas as pandera
import pyarrow as pa
from numpy.typing import NDArray
from relevo_contract.columns import LARGEST_INTEGER, Column
from relevo_problems.problem import Problem

from relevo_pipeline.problem_tables import CATEGORY_LENGTH

ROW_NO = "row_no"
MISSING, NOT_A_NUMBER, NOT_FINITE = "missing", "not a number", "not a finite number"
# A column of free text must not fill the audit.
MOST_NEW_CATEGORIES = 50
_NULL = "not_nullable"
_TEXTS = ("category", "text")


@dataclass(frozen=True)
class Validated:
    """`good` is typed, indexed by row number; `rejected` has row_no, column_name, rule, value, one line a fault."""

    good: pd.DataFrame
    rejected: pd.DataFrame

    @property
    def rejected_rows(self) -> int:
        return int(self.rejected[ROW_NO].nunique())


@dataclass
class Tally:
    """What was found in all chunks of a batch."""

    problem: Problem
    rows: int = 0
    rejected_rows: int = 0
    faults: Counter[tuple[str, str]] = field(default_factory=Counter)
    new: dict[str, Counter[str]] = field(default_factory=dict)

    def add(self, found: Validated) -> None:
        """Count what was found in one chunk."""
        self.rejected_rows += found.rejected_rows
        self.rows += len(found.good) + found.rejected_rows
        self.faults.update(zip(found.rejected["column_name"], found.rejected["rule"], strict=True))
        for column in self.problem.delivered:
            if column.is_category and column.name != self.problem.target.name:
                counts = found.good[column.name].value_counts()
                new = counts[~counts.index.isin(column.choices)]
                if len(new):
                    self.new.setdefault(column.name, Counter()).update({str(c): int(n) for c, n in new.items()})

    def new_categories(self) -> dict[str, dict[str, int]]:
        """How many good rows have each category that the problem does not list, by column, most frequent first."""
        names = [column.name for column in self.problem.delivered if column.name in self.new]
        return {name: dict(self.new[name].most_common(MOST_NEW_CATEGORIES)) for name in names}

    def counts(self) -> dict[str, dict[str, int]]:
        """How many values broke each rule, by column."""
        found: dict[str, dict[str, int]] = {}
        for (column, rule), count in sorted(self.faults.items()):
            found.setdefault(column, {})[rule] = count
        return found

    def counts_by_rule(self) -> str:
        """`Slope: not a number (12), Aspect: above 360 (3)`, most frequent first."""
        each = [(count, column, rule) for (column, rule), count in self.faults.items()]
        each.sort(key=lambda one: (-one[0], one[1], one[2]))
        return ", ".join(f"{column}: {rule} ({count})" for count, column, rule in each)


def validate(problem: Problem, delivered: pd.DataFrame) -> Validated:
    """Check delivered rows (text cells, indexed by row number) against the contract and type the good ones.

    What is found in a row does not depend on the rows it comes with: a batch can be checked in chunks.
    """
    typed = _typed(problem, delivered)
    faults = pd.concat([_faults(problem, typed), _unreadable(problem, delivered, typed)], ignore_index=True)
    faults = faults[~faults.duplicated([ROW_NO, "column_name"])]
    cells = zip(faults[ROW_NO], faults["column_name"], strict=True)
    # As objects: pandas would make NaN of a missing value beside a text.
    faults["value"] = pd.Series([delivered.at[cell] for cell in cells], dtype="object", index=faults.index)
    nulls = faults["rule"] == _NULL
    faults.loc[nulls, "rule"] = [_why_null(value) for value in faults.loc[nulls, "value"]]
    return Validated(_exact(problem, typed.drop(index=faults[ROW_NO].unique())), faults)


def typed(problem: Problem, good: pd.DataFrame) -> pd.DataFrame:
    """Type delivered rows that were found to be good, as `validate` does."""
    return _exact(problem, _typed(problem, good))


def _exact(problem: Problem, good: pd.DataFrame) -> pd.DataFrame:
    kinds = {c.name: "int64" for c in problem.delivered if c.kind == "integer" and not c.nullable}
    return good.astype(kinds)


def _why_null(value: str | None) -> str:
    """The rule that a cell broke which is no value of its column."""
    if value is None or not value.strip():
        return MISSING
    try:
        return NOT_A_NUMBER if math.isfinite(float(value)) else NOT_FINITE
    except ValueError:
        return NOT_A_NUMBER


def _typed(problem: Problem, delivered: pd.DataFrame) -> pd.DataFrame:
    """Numbers as float64, NaN for what is no finite number; categories and texts as text, None for a blank."""
    return pd.DataFrame({c.name: _cells(c, delivered[c.name]) for c in problem.delivered}, index=delivered.index)


class _Stripped(dict[str | None, str | None]):
    """Each text without the blanks around it, None for nothing else than blanks; cells repeat."""

    def __missing__(self, cell: str | None) -> str | None:
        text = self[cell] = (cell.strip() or None) if cell else None
        return text


def _cells(column: Column, delivered: pd.Series) -> pd.Series:
    cells = delivered.tolist()
    if column.kind in _TEXTS:
        return pd.Series(list(map(_Stripped().__getitem__, cells)), delivered.index, dtype="object")
    numbers = _numbers(cells)
    # Infinity is no measurement: it is null here and gets its rule from the cell. Minus zero is zero: one value
    # has one key.
    return pd.Series(np.where(np.isfinite(numbers), numbers + 0.0, np.nan), delivered.index)


def _numbers(cells: list[str | None]) -> NDArray[np.float64]:
    """The float64 nearest to each text; `pandas.to_numeric` is off by the last digit for one text in four.

    Arrow is as exact as Python's `float`, five times as fast, and refuses what is written in any other way than it
    expects; then each cell is read by itself.
    """
    with suppress(ValueError):
        numbers = pa.array(cells, pa.string()).cast(pa.float64())
        return np.asarray(numbers.to_numpy(zero_copy_only=False), np.float64)
    return np.fromiter(map(_number, cells), np.float64, count=len(cells))


def _number(cell: str | None) -> float:
    text = cell.strip() if cell else ""
    with suppress(ValueError):
        return float(text) if _plain(text) else math.nan
    return math.nan


def _plain(text: str) -> bool:
    """Python also reads 1_000 and the digits of other scripts."""
    return text.isascii() and "_" not in text


def _faults(problem: Problem, typed: pd.DataFrame) -> pd.DataFrame:
    columns = [ROW_NO, "column_name", "rule"]
    try:
        schema(problem).validate(typed, lazy=True)
    except pandera.errors.SchemaErrors as error:
        cases = error.failure_cases
        found = pd.DataFrame({ROW_NO: cases["index"], "column_name": cases["column"], "rule": cases["check"]})
        return found[columns].reset_index(drop=True)
    return pd.DataFrame(columns=columns)


def _unreadable(problem: Problem, delivered: pd.DataFrame, typed: pd.DataFrame) -> pd.DataFrame:
    """Cells of nullable numbers that hold something, and no number: nothing at all would be in order there."""
    found = []
    for column in problem.delivered:
        if column.nullable and column.kind not in _TEXTS:
            empty = delivered[column.name][typed[column.name].isna()]
            rows = [row for row, cell in zip(empty.index, empty, strict=True) if cell and cell.strip()]
            found.append(pd.DataFrame({ROW_NO: rows, "column_name": column.name, "rule": _NULL}))
    found = [each for each in found if len(each)]
    return pd.concat(found) if found else pd.DataFrame(columns=[ROW_NO, "column_name", "rule"])


def schema(problem: Problem) -> pandera.DataFrameSchema:
    """The contract as a pandera schema over typed columns."""
    return pandera.DataFrameSchema({column.name: _schema_column(problem, column) for column in problem.delivered})


def _schema_column(problem: Problem, column: Column) -> pandera.Column:
    checks = []
    if column.kind == "integer":
        exact = pandera.Check.in_range(-LARGEST_INTEGER, LARGEST_INTEGER, error="too large to be exact")
        checks.append(exact)
        checks.append(
            pandera.Check(lambda numbers: numbers % 1 == 0, name="not a whole number", error="not a whole number")
        )
    if column.is_category or (column.kind == "text" and column.name == problem.group):
        longest = f"longer than {CATEGORY_LENGTH} characters"
        checks.append(pandera.Check.str_length(max_value=CATEGORY_LENGTH, error=longest))
    if column.minimum is not None:
        checks.append(pandera.Check.ge(column.minimum, error=f"below {column.minimum:g}"))
    if column.maximum is not None:
        checks.append(pandera.Check.le(column.maximum, error=f"above {column.maximum:g}"))
    if column.name == problem.target.name and column.is_category:
        # Inputs may bring new categories, which are evidence; a label outside the task is a fault.
        checks.append(pandera.Check.isin(column.choices, error="not one of its labels"))
    return pandera.Column(None, checks, nullable=column.nullable, name=column.name)
