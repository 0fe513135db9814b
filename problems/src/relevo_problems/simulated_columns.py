"""Values of one column for the simulator, from its description: numbers, categories and texts, groups."""

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from relevo_contract.columns import Column

from relevo_problems.problem import Problem

Floats = NDArray[np.float64]

# Half the width of the central 90 % of a normal distribution, in standard deviations.
_CENTRAL_90 = 1.6449
_DRIFTING_SHARE = 0.4
_LARGEST_SHIFT = 1.2
_LARGEST_MIX_CHANGE = 1.5
# A mix that is described stays recognisable.
_DESCRIBED_MIX_CHANGE = 0.3
# Rows of a group, on average.
_GROUP_ROWS = 1.5


class UndescribedColumnError(ValueError):
    """A column says too little about its values for anybody to draw them."""


class Number:
    """An integer or number column: normal, central 90 % in its typical range, kept within its limits."""

    def __init__(self, column: Column, world: np.random.Generator, *, log: bool = False) -> None:
        low, high = typical(column)
        self._integer = column.kind == "integer"
        self._mean, self._deviation = (low + high) / 2, (high - low) / 2 / _CENTRAL_90
        self._digits = 0 if self._integer or high <= low else max(0, 4 - math.ceil(math.log10(high - low)))
        # Money and the like: a range over a factor of ten that is bounded by zero is even on a log scale.
        self._log = log and low > 0 and high >= 10 * low
        if self._log:
            self._mean, self._deviation = math.log(low * high) / 2, math.log(high / low) / 2 / _CENTRAL_90
        self._limits = (_limit(column.minimum, -np.inf), _limit(column.maximum, np.inf))
        if self._integer:
            self._limits = (np.ceil(self._limits[0]), np.floor(self._limits[1]))
        drifts, sign = world.random() < _DRIFTING_SHARE, world.choice((-1, 1))
        self._shift = float(drifts * sign) * world.uniform(0.5, 1.0) * _LARGEST_SHIFT

    def draw(self, rows: int, drift: float, rng: np.random.Generator) -> Floats:
        """Values in the column's unit, rounded as they will be delivered; `drift` is from 0 to 1."""
        return self.place(rng.normal(drift * self._shift, 1.0, rows))

    def place(self, deviations: Floats) -> Floats:
        """Values that lie so many standard deviations from the column's middle."""
        placed = self._mean + deviations * self._deviation
        return np.clip((np.exp(placed) if self._log else placed).round(self._digits), *self._limits)

    def texts(self, values: Floats) -> list[str]:
        return list(map(str, values.astype(np.int64).tolist() if self._integer else values.tolist()))


class Category:
    """A category or a text: the problem's mix of its values, else a seeded, uneven one. Values are positions."""

    def __init__(self, column: Column, mix: Mapping[str, float], world: np.random.Generator) -> None:
        self._choices = column.choices or tuple(mix)
        if not self._choices:
            raise UndescribedColumnError(f"column {column.name}: give its problem a mix of texts, to be simulated")
        self._mix = world.normal(0.0, 1.0, len(self._choices))
        self._change = world.normal(0.0, _LARGEST_MIX_CHANGE, len(self._choices))
        if mix:
            with np.errstate(divide="ignore"):
                self._mix = np.log([mix.get(choice, 0.0) for choice in self._choices])
            self._change *= _DESCRIBED_MIX_CHANGE

    def draw(self, rows: int, drift: float, rng: np.random.Generator) -> Floats:
        weights = np.exp(self._mix + drift * self._change)
        return rng.choice(len(weights), size=rows, p=weights / weights.sum()).astype(np.float64)

    def texts(self, values: Floats) -> list[str]:
        return [self._choices[position] for position in values.astype(np.int64).tolist()]


class Group:
    """Numbers of groups, evenly spread between the column's limits; one group has a row or a few."""

    def __init__(self, column: Column) -> None:
        self._low, self._high = typical(column)

    def draw(self, rows: int, _: float, rng: np.random.Generator) -> Floats:
        groups = max(1, round(rows / _GROUP_ROWS))
        return np.round(self._low + rng.integers(groups, size=rows) * ((self._high - self._low) / groups))

    def texts(self, values: Floats) -> list[str]:
        return list(map(str, values.astype(np.int64).tolist()))


Source = Number | Category | Group


def source(problem: Problem, column: Column, world: np.random.Generator) -> Source:
    if column.kind in ("category", "text"):
        return Category(column, problem.mixes.get(column.name, {}), world)
    if problem.raw and column.name == problem.group:
        return Group(column)
    return Number(column, world)


def typical(column: Column) -> tuple[float, float]:
    if column.typical is not None:
        return column.typical
    if column.minimum is not None and column.maximum is not None:
        return column.minimum, column.maximum
    raise UndescribedColumnError(
        f"column {column.name}: give it a typical range, or a minimum and a maximum, to be simulated"
    )


def _limit(limit: float | None, otherwise: float) -> float:
    return otherwise if limit is None else limit
