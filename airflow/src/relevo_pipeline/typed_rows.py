"""Rows of the clean table, gathered in typed columns while they are read."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from relevo_contract.columns import Column
from sqlalchemy import ColumnElement, select

from relevo_pipeline import chunks
from relevo_pipeline.problem_tables import KEY_LENGTH, clean_table
from relevo_pipeline.run import Run
from relevo_pipeline.splits import SPLITS, Split

_KEY = f"S{KEY_LENGTH}"
_DTYPES = {"integer": np.int64, "number": np.float64}

Array = NDArray[Any]


class _Codes(dict[Any, int]):
    """Numbers the texts it meets: 0, 1, 2 …"""

    def __missing__(self, text: Any) -> int:
        code = self[text] = len(self)
        return code


@dataclass(frozen=True)
class TypedRows:
    """Rows in the order of their keys, which are unique.

    `keys` and `splits` (positions in `SPLITS`) have shape (rows,). `frame` has the problem's columns: int64,
    float64, and categories with a category of pandas for each of the column's choices and for each new one. A
    group that no model reads is a category, too, whatever it is called by.
    """

    keys: NDArray[np.bytes_]
    splits: NDArray[np.int8]
    frame: pd.DataFrame

    def of(self, split: Split) -> tuple[NDArray[np.bytes_], pd.DataFrame]:
        """The keys and the rows of one split."""
        positions = np.flatnonzero(self.splits == SPLITS.index(split))
        return self.keys[positions], self.frame.take(positions).reset_index(drop=True)


def read(run: Run, which: Callable[[Any], ColumnElement[bool]], first: int | None = None) -> TypedRows:
    """Read the rows of the clean table for which a condition on its columns holds: all, or the `first` by key."""
    table = clean_table(run.problem)
    columns = run.problem.clean_columns
    named = {column.name for column in run.problem.columns if not column.is_category}
    coded = [column.name not in named for column in columns]
    wanted = [table.c.row_key, table.c.split, *(table.c[column.name] for column in columns)]
    codes = [_Codes({choice: code for code, choice in enumerate(column.choices)}) for column in columns]
    split_codes = {split: code for code, split in enumerate(SPLITS)}
    makers: list[Callable[[Sequence[Any]], Array]] = [
        lambda keys: np.array(keys, dtype=_KEY),
        lambda splits: np.fromiter(map(split_codes.__getitem__, splits), np.int8, count=len(splits)),
        *(_coder(code) if is_coded else _maker(c) for c, code, is_coded in zip(columns, codes, coded, strict=True)),
    ]
    pieces: list[list[Array]] = [[maker(())] for maker in makers]
    query = select(*wanted).where(which(table.c))
    # All of them are not ordered by the database: it would sort whole rows, here it is the keys alone.
    if first is not None:
        query = query.order_by(table.c.row_key).limit(first)
    for rows in chunks.read(run.stores.clean, query):
        for maker, piece, cells in zip(makers, pieces, zip(*rows, strict=True), strict=True):
            piece.append(maker(cells))
    keys = np.concatenate(pieces[0])
    order = np.argsort(keys)
    frame = {}
    for column, code, is_coded, piece in zip(columns, codes, coded, pieces[2:], strict=True):
        values = np.concatenate(piece)[order]
        piece.clear()
        frame[column.name] = pd.Categorical.from_codes(values, list(code)) if is_coded else values
    return TypedRows(keys[order], np.concatenate(pieces[1])[order], pd.DataFrame(frame, copy=False))


def _maker(column: Column) -> Callable[[Sequence[Any]], Array]:
    """What makes an array of the cells of a column of numbers."""
    dtype = _DTYPES[column.kind]
    return lambda cells: np.fromiter(cells, dtype, count=len(cells))


def _coder(codes: _Codes) -> Callable[[Sequence[Any]], Array]:
    """What numbers the cells of any other column; −1 where nothing is."""
    return lambda cells: np.fromiter(
        (-1 if cell is None else codes[cell] for cell in cells), np.int32, count=len(cells)
    )
