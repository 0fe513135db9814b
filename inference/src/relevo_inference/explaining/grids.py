"""The values that one column is varied over, the row's own among them."""

import math
from collections import Counter
from collections.abc import Iterable
from typing import Any

import numpy as np
from relevo_contract.columns import Column

Cell = int | float | str

# Enough for a smooth line, and for as many bars as a person reads.
_POINTS = 25
_MOST_CHOICES = 25


def grid(column: Column, own: Any, background: Iterable[Cell]) -> list[Cell]:
    """Values of `column` in ascending order (a category's in the order of its choices), each once.

    Numbers come from the typical range, from the limits where there is none, or else from what the background rows
    hold; of a category with many choices come those that are most frequent there.
    """
    return _choices(column, own, background) if column.is_category else _numbers(column, own, background)


def _choices(column: Column, own: Any, background: Iterable[Cell]) -> list[Cell]:
    frequent = Counter(background)
    first = sorted(column.choices, key=lambda choice: (choice != own, -frequent[choice]))[:_MOST_CHOICES]
    return [choice for choice in column.choices if choice in first]


def _numbers(column: Column, own: Any, background: Iterable[Cell]) -> list[Cell]:
    low, high = _range(column, [float(cell) for cell in background])
    low, high = min(low, own), max(high, own)
    if column.kind == "integer":
        points = np.linspace(math.ceil(low), math.floor(high), _POINTS).round()
        return sorted({own, *map(int, points.tolist())})
    points = np.linspace(low, high, _POINTS)
    return sorted({float(own), *points.tolist()})


def _range(column: Column, background: list[float]) -> tuple[float, float]:
    if column.typical is not None:
        return column.typical
    low = min(background) if column.minimum is None else column.minimum
    high = max(background) if column.maximum is None else column.maximum
    return low, max(low, high)
