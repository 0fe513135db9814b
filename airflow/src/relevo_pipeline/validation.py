"""The column contract, derived from the problem: which rows may enter the clean tables, and why others may not."""

import math
from dataclasses import dataclass

import pandas as pd
import pandera.pandas as pa
from relevo_contract.columns import LARGEST_INTEGER, Column
from relevo_problems.problem import Problem

from relevo_pipeline.problem_tables import CATEGORY_LENGTH

ROW_NO = "row_no"
MISSING, NOT_A_NUMBER, NOT_FINITE = "missing", "not a number", "not a finite number"
# A column of free text must not fill the audit.
MOST_NEW_CATEGORIES = 50
_NULL = "not_nullable"


@dataclass(frozen=True)
class Validated:
    """`good` is typed, indexed by row number; `rejected` has row_no, column_name, rule, value, one line a fault."""

    good: pd.DataFrame
    rejected: pd.DataFrame
    new_categories: dict[str, dict[str, int]]

    @property
    def rejected_rows(self) -> int:
        return int(self.rejected[ROW_NO].nunique())

    def counts(self) -> dict[str, dict[str, int]]:
        """How many values broke each rule, by column."""
        found: dict[str, dict[str, int]] = {}
        for (column, rule), count in self.rejected.groupby(["column_name", "rule"]).size().items():
            found.setdefault(column, {})[rule] = int(count)
        return found

    def counts_by_rule(self) -> str:
        """`Slope: not a number (12), Aspect: above 360 (3)`, most frequent first."""
        each = [(count, column, rule) for column, rules in self.counts().items() for rule, count in rules.items()]
        each.sort(key=lambda one: (-one[0], one[1], one[2]))
        return ", ".join(f"{column}: {rule} ({count})" for count, column, rule in each)


def validate(problem: Problem, delivered: pd.DataFrame) -> Validated:
    """Check delivered rows (text cells, indexed by row number) against the contract and type the good ones."""
    blank_as_null = delivered.apply(lambda cells: cells.str.strip()).replace("", None)
    typed = pd.DataFrame({c.name: _typed(c, blank_as_null[c.name]) for c in problem.columns})
    faults = _faults(problem, typed)
    faults = faults[~faults.duplicated([ROW_NO, "column_name"])]
    cells = zip(faults[ROW_NO], faults["column_name"], strict=True)
    # As objects: pandas would make NaN of a missing value beside a text.
    faults["value"] = pd.Series([delivered.at[cell] for cell in cells], dtype="object", index=faults.index)
    nulls = faults["rule"] == _NULL
    faults.loc[nulls, "rule"] = [_why_null(value) for value in faults.loc[nulls, "value"]]
    good = typed.drop(index=faults[ROW_NO].unique())
    for column in problem.columns:
        if not column.is_category:
            # Not what pandas makes of this batch: "5" must be the same value whatever else is in it.
            good[column.name] = good[column.name].astype("int64" if column.kind == "integer" else "float64")
    return Validated(good, faults, _new_categories(problem, good))


def _why_null(value: str | None) -> str:
    """The rule that a cell broke which is no value of its column."""
    if value is None or not value.strip():
        return MISSING
    try:
        return NOT_A_NUMBER if math.isfinite(float(value)) else NOT_FINITE
    except ValueError:
        return NOT_A_NUMBER


def _typed(column: Column, cells: pd.Series) -> pd.Series:
    if column.is_category:
        return cells.astype("object")
    # Infinity is no measurement: what is no finite number is null here and gets its rule from the cell.
    return pd.to_numeric(cells, errors="coerce").replace([float("inf"), float("-inf")], float("nan"))


def _faults(problem: Problem, typed: pd.DataFrame) -> pd.DataFrame:
    columns = [ROW_NO, "column_name", "rule"]
    try:
        schema(problem).validate(typed, lazy=True)
    except pa.errors.SchemaErrors as error:
        cases = error.failure_cases
        found = pd.DataFrame({ROW_NO: cases["index"], "column_name": cases["column"], "rule": cases["check"]})
        return found[columns].reset_index(drop=True)
    return pd.DataFrame(columns=columns)


def schema(problem: Problem) -> pa.DataFrameSchema:
    """The contract as a pandera schema over typed columns."""
    return pa.DataFrameSchema({column.name: _schema_column(problem, column) for column in problem.columns})


def _schema_column(problem: Problem, column: Column) -> pa.Column:
    checks = []
    if column.kind == "integer":
        exact = pa.Check.in_range(-LARGEST_INTEGER, LARGEST_INTEGER, error="too large to be exact")
        checks.append(exact)
        checks.append(
            pa.Check(lambda numbers: numbers % 1 == 0, name="not a whole number", error="not a whole number")
        )
    if column.is_category:
        longest = f"longer than {CATEGORY_LENGTH} characters"
        checks.append(pa.Check.str_length(max_value=CATEGORY_LENGTH, error=longest))
    if column.minimum is not None:
        checks.append(pa.Check.ge(column.minimum, error=f"below {column.minimum:g}"))
    if column.maximum is not None:
        checks.append(pa.Check.le(column.maximum, error=f"above {column.maximum:g}"))
    if column is problem.target and column.is_category:
        # Inputs may bring new categories, which are evidence; a label outside the task is a fault.
        checks.append(pa.Check.isin(column.choices, error="not one of its labels"))
    return pa.Column(None, checks, nullable=False, name=column.name)


def _new_categories(problem: Problem, good: pd.DataFrame) -> dict[str, dict[str, int]]:
    found = {}
    for column in problem.inputs:
        if column.is_category:
            counts = good[column.name].value_counts()
            new = counts[~counts.index.isin(column.choices)].head(MOST_NEW_CATEGORIES)
            if len(new):
                found[column.name] = {str(choice): int(count) for choice, count in new.items()}
    return found
