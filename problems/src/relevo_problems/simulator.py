"""Rows for a problem whose real data is out of reach, drawn from nothing but its column descriptions.

The target is a fixed, seeded, nonlinear function of the inputs plus noise: there is something to learn, and
more rows help. Columns that no model reads as they are delivered have no say in it. From part to part something
shifts, and nothing else does:

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
from relevo_contract.columns import Column

from relevo_problems.problem import Problem
from relevo_problems.simulated_columns import Floats, Number, source, typical

Shift = Literal["inputs", "function", "category"]
SHIFTS: tuple[Shift, ...] = get_args(Shift)
# The choice that `category` brings, and the share of rows that have it in the last part.
UNDESCRIBED = "undescribed"
_LARGEST_UNDESCRIBED = 0.2

_REFERENCE_ROWS = 20_000
_INTERACTIONS = 2
_NOISE = 0.15
# Of the cells of a column that may be empty.
_NULL_SHARE = 0.02
# Each class is this much rarer than the one before it.
_RARER = 0.65


def simulate(
    problem: Problem, rows: int, seed: int, part: int = 0, parts: int = 10, shift: Shift = "inputs"
) -> list[list[str]]:
    """`rows` rows of part `part` (counted from 0) of `parts`, as the data API delivers them.

    Each row is a list of strings in the order of `problem.delivered`, empty where there is no value. The same
    arguments give the same rows; parts of the same seed share the function behind the target, unless that is what
    shifts. Drift grows from none in part 0 to all of it in the last part. Raises `ValueError` for a part that does
    not exist or a shift of categories without any, `UndescribedColumnError` for a number without a typical range or
    both limits.
    """
    if rows < 0 or not 0 <= part < parts:
        raise ValueError(f"cannot draw {rows} rows of part {part}: parts are 0 to {parts - 1}")
    identity = [abs(seed), int(seed < 0), zlib.crc32(problem.name.encode())]
    world = np.random.default_rng(identity)
    columns = [column for column in problem.delivered if column.name != problem.target.name]
    outcome = next(column for column in problem.delivered if column.name == problem.target.name)
    sources = [source(problem, column, world) for column in columns]
    effects = _Effects(problem, columns, world)
    reference = [one.draw(_REFERENCE_ROWS, 0.0, world) for one in sources]
    scores = effects.of(reference)
    centre, spread = float(scores.mean()), float(scores.std()) or 1.0
    target = _Target(problem, outcome, (scores - centre) / spread, world)

    rng = np.random.default_rng([*identity, part, parts])
    drift = part / (parts - 1) if parts > 1 else 0.0
    drawn = [one.draw(rows, drift if shift == "inputs" else 0.0, rng) for one in sources]
    texts = {column.name: one.texts(v) for column, one, v in zip(columns, sources, drawn, strict=True)}
    found = (effects.of(drawn) - centre) / spread
    if shift == "function":
        # From a generator of its own: what else is drawn must not depend on what shifts.
        other = _Effects(problem, columns, np.random.default_rng([*identity, len(SHIFTS)]))
        before = other.of(reference)
        taken_over = (other.of(drawn) - before.mean()) / (before.std() or 1.0)
        found = ((1 - drift) * found + drift * taken_over) / math.hypot(1 - drift, drift)
    texts[outcome.name] = target.texts(found, rng)
    if shift == "category":
        _bring_undescribed(problem, columns, texts, drift, rng)
    _leave_out(columns, texts, rng)
    return [list(row) for row in zip(*(texts[column.name] for column in problem.delivered), strict=True)]


def _bring_undescribed(
    problem: Problem, columns: Sequence[Column], texts: dict[str, list[str]], drift: float, rng: np.random.Generator
) -> None:
    categories = [column.name for column in columns if column.is_category]
    if not categories:
        raise ValueError(f"problem {problem.name} has no category among its inputs that could bring a new choice")
    cells = texts[categories[0]]
    for row in np.flatnonzero(rng.random(len(cells)) < drift * _LARGEST_UNDESCRIBED).tolist():
        cells[row] = UNDESCRIBED


def _leave_out(columns: Sequence[Column], texts: dict[str, list[str]], rng: np.random.Generator) -> None:
    for column in columns:
        if column.nullable:
            cells = texts[column.name]
            for row in np.flatnonzero(rng.random(len(cells)) < _NULL_SHARE).tolist():
                cells[row] = ""


class _Effects:
    """The fixed function: a bend or a wave for every number, a level for every choice, some interactions.

    Only columns that a model gets as they are delivered have an effect.
    """

    def __init__(self, problem: Problem, columns: Sequence[Column], world: np.random.Generator) -> None:
        read = {column.name for column in problem.inputs}
        self._places = [
            place for place, column in enumerate(columns) if column.name in read and column.kind != "text"
        ]
        columns = [columns[place] for place in self._places]
        self._columns = columns
        # A few inputs matter much and many matter little, as in most real tables.
        self._strength = world.permutation(0.5 ** np.arange(len(columns)))
        self._levels = [world.normal(0.0, 1.0, max(1, len(column.choices))) for column in columns]
        self._where = world.uniform(-1.0, 1.0, len(columns))
        self._waves = world.random(len(columns)) < 0.5
        strongest = np.argsort(-self._strength)[: _INTERACTIONS + 1].tolist()
        self._pairs = list(pairwise(strongest))

    def of(self, values: Sequence[Floats]) -> Floats:
        """One score a row, in no unit; `values` are those of all columns."""
        shapes = [self._shape(position, values[place]) for position, place in enumerate(self._places)]
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
        low, high = typical(column)
        scaled = (values - (low + high) / 2) / ((high - low) / 2 or 1.0) - self._where[position]
        shape: Floats = np.sin(2.5 * scaled) if self._waves[position] else np.tanh(4.0 * scaled)
        return shape


class _Target:
    """Turns a standardised score into a target: a class by its rank among the reference's, or a number."""

    def __init__(self, problem: Problem, column: Column, reference: Floats, world: np.random.Generator) -> None:
        self._column = column
        if column.is_category:
            self._order = world.permutation(len(column.choices))
            shares = world.permutation(_RARER ** np.arange(len(column.choices)))
            if mix := problem.mixes.get(column.name):
                shares = np.array([mix.get(column.choices[position], 0.0) for position in self._order])
            noisy = reference + world.normal(0.0, _NOISE, len(reference))
            self._cuts = np.quantile(noisy, np.cumsum(shares / shares.sum())[:-1])
        else:
            self._number = Number(column, world, log=True)

    def texts(self, scores: Floats, rng: np.random.Generator) -> list[str]:
        noisy = scores + rng.normal(0.0, _NOISE, len(scores))
        if self._column.is_category:
            classes = self._order[np.searchsorted(self._cuts, noisy)]
            return [self._column.choices[position] for position in classes.tolist()]
        return self._number.texts(self._number.place(noisy))
