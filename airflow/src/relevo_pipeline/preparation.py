"""From good rows as they were delivered to rows of the clean table: exclusions, and what the problem prepares."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from relevo_contract.columns import Column
from relevo_problems.problem import Problem

from relevo_pipeline.errors import StepError
from relevo_pipeline.splits import row_keys, splits

_DTYPES = {"integer": "int64", "number": "float64"}


@dataclass
class Preparation:
    """Prepares a batch chunk by chunk; `excluded` counts the rows that were left out, by reason."""

    problem: Problem
    excluded: Counter[str] = field(default_factory=Counter)

    def rows(self, typed: pd.DataFrame) -> Iterator[tuple[object, ...]]:
        """Key, split and the clean columns' cells of each row that stays.

        What becomes of a row depends on that row alone, so that it does not matter which rows it comes with.
        A row's key is that of the row as delivered: two rows that differ in a column that no model reads are two.

        Raises:
            StepError: the problem prepared a value that its own columns do not allow.
        """
        kept = self._without_excluded(typed)
        keys = row_keys(self.problem, kept)
        found = splits(self.problem, kept, keys).tolist()
        prepared = self._prepared(kept)
        cells = [_cells(column, prepared[column.name]) for column in self.problem.clean_columns]
        yield from zip(keys, found, *cells, strict=True)

    def _without_excluded(self, typed: pd.DataFrame) -> pd.DataFrame:
        """Counted under the first reason that holds."""
        for exclusion in self.problem.exclusions:
            out = np.asarray(exclusion.where(typed), dtype=bool)
            if out.any():
                self.excluded[exclusion.reason] += int(out.sum())
                typed = typed[~out]
        return typed

    def _prepared(self, kept: pd.DataFrame) -> pd.DataFrame:
        if self.problem.prepare is None:
            return kept
        prepared = self.problem.prepare(kept)
        if lost := [column.name for column in self.problem.columns if column.name not in prepared]:
            raise StepError(f"`prepare` of the problem {self.problem.name} makes no column {', '.join(lost)}.")
        if len(prepared) != len(kept):
            raise StepError(
                f"`prepare` of the problem {self.problem.name} made {len(prepared)} rows of {len(kept)}; "
                "which rows to leave out is for its `exclusions` to say."
            )
        for column in self.problem.columns:
            self._check(column, prepared[column.name])
        group = self.problem.group
        return prepared if group is None or group in prepared else prepared.assign(**{group: kept[group]})

    def _check(self, column: Column, values: pd.Series) -> None:
        wrong = values.isna()
        if column.minimum is not None:
            wrong |= values < column.minimum
        if column.maximum is not None:
            wrong |= values > column.maximum
        if wrong.any():
            row = values.index[wrong][0]
            raise StepError(
                f"`prepare` of the problem {self.problem.name} gave {int(wrong.sum())} rows a {column.name} that "
                f"the column does not allow, such as {values[row]} in row {row}; exclude such rows, or change the "
                "column."
            )


def _cells(column: Column, values: pd.Series) -> list[object]:
    """As plain Python values, None where nothing is."""
    if column.nullable and values.isna().any():
        return [None if gone else value for value, gone in zip(values.tolist(), values.isna(), strict=True)]
    return list(values.astype(_DTYPES.get(column.kind, "object")).tolist())
