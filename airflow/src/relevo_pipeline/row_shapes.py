"""Delivered rows, as lists or as objects, brought into the order of a problem's columns. Nothing gets lost."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from relevo_contract.tables import NAME

Cells = list[str | None]
# Rows by column name, as JSON keeps them.
Counts = dict[str, int]

# An API that makes up a name for every row must not fill the audit with them.
MOST_NAMES = 50


class ShapeError(Exception):
    """A row has no cells that could be told apart."""


@dataclass(frozen=True)
class Shaped:
    """`cells` in the order of the columns. `extra` has, by row number, what has no column: an object as JSON.

    `missing` and `unexpected` count the rows in which a column is missing, or a name is that is no column's.
    """

    cells: list[Cells]
    extra: dict[int, str] = field(default_factory=dict)
    missing: Counts = field(default_factory=dict)
    unexpected: Counts = field(default_factory=dict)


def shape(rows: Sequence[Any], columns: Sequence[str]) -> Shaped:
    """Read rows that are all lists, in the order of the columns, or all objects, by name.

    Raises:
        ShapeError: a row is neither, or unlike the ones before it, or a list of another length; or no object
            has any of the columns.
    """
    if isinstance(rows[0], dict):
        return _objects(rows, columns)
    cells = []
    for number, row in enumerate(rows):
        if not isinstance(row, list) or len(row) != len(columns):
            raise ShapeError(f"row {number} of the data API's answer is {_kind(row)}, not {len(columns)} cells")
        cells.append([_text(cell) for cell in row])
    return Shaped(cells)


def _objects(rows: Sequence[Any], columns: Sequence[str]) -> Shaped:
    cells: list[Cells] = []
    extra: dict[int, str] = {}
    missing: Counter[str] = Counter()
    unexpected: Counter[str] = Counter()
    known = frozenset(columns)
    for number, row in enumerate(rows):
        if not isinstance(row, dict):
            raise ShapeError(
                f"row {number} of the data API's answer is {_kind(row)}, and the rows before it are objects"
            )
        if row.keys() != known:
            missing.update(known - row.keys())
            if more := {name: cell for name, cell in row.items() if name not in known}:
                unexpected.update(more.keys())
                extra[number] = json.dumps(more)
        cells.append([_text(row.get(column)) for column in columns])
    if all(missing[column] == len(rows) for column in columns):
        found = ", ".join(list(counted(unexpected))[:10]) or "none at all"
        raise ShapeError(f"no row of the data API's answer has any of the problem's columns; there are: {found}")
    # In the problem's order, then by how often.
    return Shaped(cells, extra, {name: missing[name] for name in columns if missing[name]}, counted(unexpected))


def counted(names: Counter[str]) -> Counts:
    """The most frequent names, cut to what a person reads and every database can store."""
    return {storable(name)[:NAME]: count for name, count in names.most_common(MOST_NAMES)}


def storable(text: str) -> str:
    r"""The same text; half a surrogate pair, which is no character and which UTF-8 cannot hold, as `\ud800`."""
    return text.encode("utf-8", "backslashreplace").decode()


def _text(cell: Any) -> str | None:
    return cell if cell is None or isinstance(cell, str) else json.dumps(cell, ensure_ascii=False)


def _kind(row: Any) -> str:
    match row:
        case list():
            return f"a list of {len(row)}"
        case dict():
            return "an object"
        case None:
            return "null"
        case bool():
            return "true or false"
        case _:
            return "one text or number"
