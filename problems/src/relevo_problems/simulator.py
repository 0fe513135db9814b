"""Rows for a problem whose real data is out of reach, drawn from nothing but its column descriptions.

The target is a fixed, seeded, nonlinear function of the inputs plus noise: there is something to learn, and
more rows help. From part to part something shifts, and nothing else does:

- `inputs`: some numbers move and the mix of categories changes, while the function stays the same;
- `function`: another function takes over, while the inputs stay as they are;
- `category`: a choice that no column describes takes the place of others.
"""

import math
import zlib
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray
from relevo_contract.columns import Column

from relevo_problems.problem import Problem

Floats = NDArray[np.float64]

Shift = Literal["inputs", "function", "category"]
SHIFTS: tuple[Shift, ...] = get_args(Shift)
# The choice that `category` brings, and the share of rows that have it in the last part.
UNDESCRIBED = "undescribed"
_LARGEST_UNDESCRIBED = 0.2

# Half the width of the central 90 % of a normal distribution, in standard deviations.
_CENTRAL_90 = 1.6449
_REFERENCE_ROWS = 20_000
_DRIFTING_SHARE = 0.4
_LARGEST_SHIFT = 1.2
_LARGEST_MIX_CHANGE = 1.5
_INTERACTIONS = 2
_NOISE = 0.15
# Each class is this much rarer than the one before it.
_RARER = 0.65


class UndescribedColumnError(ValueError):
    """A column says too little about its values for anybody to draw them."""


def simulate(
    problem: Problem, rows: int, seed: int, part: int = 0, parts: int = 10, shift: Shift = "inputs"
) -> list[list[str]]:
    """`rows` rows of part `part` (counted from 0) of `parts`, as the data API delivers them.

    Each row is a list of strings in the order of `problem.columns`. The same arguments give the same rows;
    parts of the same seed share the function behind the target, unless that is what shifts. Drift grows from none
    in part 0 to all of it in the last part. Raises `ValueError` for a part that does not exist or a shift of
    categories without any, `UndescribedColumnError` for a number without a typical range or both limits.
    """
    if rows < 0 or not 0 <= part < parts:
        raise ValueError(f"cannot draw {rows} rows of part {part}: parts are 0 to {parts - 1}")
    identity = [abs(seed), int(seed < 0), zlib.crc32(problem.name.encode())]
    world = np.random.default_rng(identity)
    sources = [_source(column, world) for column in problem.inputs]
    effects = _Effects(problem.inputs, world)
    reference = [source.draw(_REFERENCE_ROWS, 0.0, world) for source in sources]
    scores = effects.of(reference)
    centre, spread = float(scores.mean()), float(scores.std()) or 1.0
    target = _Target(problem.target, (scores - centre) / spread, world)

    rng = np.random.default_rng([*identity, part, parts])
    drift = part / (parts - 1) if parts > 1 else 0.0
    drawn = [source.draw(rows, drift if shift == "inputs" else 0.0, rng) for source in sources]
    texts = [source.texts(values) for source, values in zip(sources, drawn, strict=True)]
    found = (effects.of(drawn) - centre) / spread
    if shift == "function":
        # From a generator of its own: what else is drawn must not depend on what shifts.
        other = _Effects(problem.inputs, np.random.default_rng([*identity, len(SHIFTS)]))
        before = other.of(reference)
        taken_over = (other.of(drawn) - before.mean()) / (before.std() or 1.0)
        found = ((1 - drift) * found + drift * taken_over) / math.hypot(1 - drift, drift)
    texts.append(target.texts(found, rng))
    if shift == "category":
        _bring_undescribed(problem, texts, drift, rng)
    return [list(row) for row in zip(*texts, strict=True)]


def _bring_undescribed(problem: Problem, texts: list[list[str]], drift: float, rng: np.random.Generator) -> None:
    categories = [position for position, column in enumerate(problem.inputs) if column.is_category]
    if not categories:
        raise ValueError(f"problem {problem.name} has no category among its inputs that could bring a new choice")
    cells = texts[categories[0]]
    for row in np.flatnonzero(rng.random(len(cells)) < drift * _LARGEST_UNDESCRIBED).tolist():
        cells[row] = UNDESCRIBED


class _Number:
    """An integer or number column: normal, central 90 % in its typical range, kept within its limits."""

    def __init__(self, column: Column, world: np.random.Generator) -> None:
        low, high = _typical(column)
        self._integer = column.kind == "integer"
        self._mean, self._deviation = (low + high) / 2, (high - low) / 2 / _CENTRAL_90
        self._digits = 0 if self._integer or high <= low else max(0, 4 - math.ceil(math.log10(high - low)))
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
        return np.clip((self._mean + deviations * self._deviation).round(self._digits), *self._limits)

    def texts(self, values: Floats) -> list[str]:
        return list(map(str, values.astype(np.int64).tolist() if self._integer else values.tolist()))


class _Category:
    """A category column: a seeded, uneven mix of its choices. Values are positions of choices."""

    def __init__(self, column: Column, world: np.random.Generator) -> None:
        self._choices = column.choices
        self._mix = world.normal(0.0, 1.0, len(column.choices))
        self._change = world.normal(0.0, _LARGEST_MIX_CHANGE, len(column.choices))

    def draw(self, rows: int, drift: float, rng: np.random.Generator) -> Floats:
        weights = np.exp(self._mix + drift * self._change)
        return rng.choice(len(weights), size=rows, p=weights / weights.sum()).astype(np.float64)

    def texts(self, values: Floats) -> list[str]:
        return [self._choices[position] for position in values.astype(np.int64).tolist()]


def _source(column: Column, world: np.random.Generator) -> _Number | _Category:
    return _Category(column, world) if column.is_category else _Number(column, world)


class _Effects:
    """The fixed function: a bend or a wave for every number, a level for every choice, some interactions."""

    def __init__(self, columns: Sequence[Column], world: np.random.Generator) -> None:
        self._columns = columns
        # A few inputs matter much and many matter little, as in most real tables.
        self._strength = world.permutation(0.5 ** np.arange(len(columns)))
        self._levels = [world.normal(0.0, 1.0, max(1, len(column.choices))) for column in columns]
        self._where = world.uniform(-1.0, 1.0, len(columns))
        self._waves = world.random(len(columns)) < 0.5
        strongest = np.argsort(-self._strength)[: _INTERACTIONS + 1].tolist()
        self._pairs = list(pairwise(strongest))

    def of(self, values: Sequence[Floats]) -> Floats:
        """One score a row, in no unit."""
        shapes = [self._shape(position, column) for position, column in enumerate(values)]
        score = np.zeros(len(values[0]))
        for strength, shape in zip(self._strength, shapes, strict=True):
            score += strength * shape
        for one, other in self._pairs:
            score += self._strength[one] * shapes[one] * shapes[other]
        return score

    def _shape(self, position: int, values: Floats) -> Floats:
        column = self._columns[position]
        if column.is_category:
            levels: Floats = self._levels[position][values.astype(np.int64)]
            return levels
        low, high = _typical(column)
        scaled = (values - (low + high) / 2) / ((high - low) / 2 or 1.0) - self._where[position]
        shape: Floats = np.sin(2.5 * scaled) if self._waves[position] else np.tanh(4.0 * scaled)
        return shape


class _Target:
    """Turns a standardised score into a target: a class by its rank among the reference's, or a number."""

    def __init__(self, column: Column, reference: Floats, world: np.random.Generator) -> None:
        self._column = column
        if column.is_category:
            self._order = world.permutation(len(column.choices))
            shares = world.permutation(_RARER ** np.arange(len(column.choices)))
            noisy = reference + world.normal(0.0, _NOISE, len(reference))
            self._cuts = np.quantile(noisy, np.cumsum(shares / shares.sum())[:-1])
        else:
            self._number = _Number(column, world)

    def texts(self, scores: Floats, rng: np.random.Generator) -> list[str]:
        noisy = scores + rng.normal(0.0, _NOISE, len(scores))
        if self._column.is_category:
            classes = self._order[np.searchsorted(self._cuts, noisy)]
            return [self._column.choices[position] for position in classes.tolist()]
        return self._number.texts(self._number.place(noisy))


def _typical(column: Column) -> tuple[float, float]:
    if column.typical is not None:
        return column.typical
    if column.minimum is not None and column.maximum is not None:
        return column.minimum, column.maximum
    raise UndescribedColumnError(
        f"column {column.name}: give it a typical range, or a minimum and a maximum, to be simulated"
    )


def _limit(limit: float | None, otherwise: float) -> float:
    return otherwise if limit is None else limit
