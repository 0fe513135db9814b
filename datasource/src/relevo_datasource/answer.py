"""Rows as the data API writes them: lists of texts, or objects with numbers and nulls."""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from io import BytesIO
from itertools import islice
from typing import Any

from relevo_contract.columns import Column
from relevo_problems.problem import Problem

# JSON's own grammar: Python also reads 01, 1_0 and inf.
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?").fullmatch
Cell = Callable[[str], str]

_PIECE = 1_000
_text = lru_cache(maxsize=100_000)(json.dumps)


def body(named: Mapping[str, Any], rows: Iterable[Sequence[str]], problem: Problem) -> bytes:
    """The JSON of an answer: what is `named`, then `data`. Each row is written as it is read: there may be many."""
    texts = iter(map(json.dumps, rows) if problem.source.rows == "lists" else _objects(rows, problem.delivered))
    answer = BytesIO()
    answer.write(json.dumps({**named, "data": []}).removesuffix("]}").encode())
    between = ""
    # In pieces: one text of the whole answer, and one more in bytes, would be twice its size.
    while piece := ", ".join(islice(texts, _PIECE)):
        answer.write(f"{between}{piece}".encode())
        between = ", "
    answer.write(b"]}")
    return answer.getvalue()


def _objects(rows: Iterable[Sequence[str]], columns: Sequence[Column]) -> Iterable[str]:
    names = [json.dumps(column.name) for column in columns]
    row = "{" + ", ".join(f"{name.replace('%', '%%')}: %s" for name in names) + "}"
    cells: list[Cell] = [_number if column.kind in ("integer", "number") else _nullable_text for column in columns]
    for texts in rows:
        yield row % tuple(cell(text) for cell, text in zip(cells, texts, strict=True))


def _nullable_text(cell: str) -> str:
    return _text(cell) if cell else "null"


def _number(cell: str) -> str:
    """A number as it stands; what should be one and is none goes out as the text it is."""
    return cell if _NUMBER(cell) else _nullable_text(cell)
