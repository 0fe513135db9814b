"""How far rows are from a reference, as counts in the bins of both: the population stability index of a column."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relevo_contract.reference import CategoryCounts, NumberCounts

Integers = NDArray[np.int64]

_BINS = 10
# Cochran (1954): below five expected rows in a cell the chi-squared distribution is a poor approximation.
_EXPECTED = 5


def number_stability(column: NumberCounts, values: Any) -> float:
    """The index of a number's new values, over bins with about as many reference rows each."""
    return population_stability(coarser(number_table(column, values)))


def category_stability(column: CategoryCounts, found: Mapping[str, int]) -> float:
    """The index of a category of which the choices in `found` occurred that often; rare ones count as one."""
    return population_stability(pooled(category_table(column, found)))


def population_stability(table: Integers) -> float:
    """The population stability index Σ (p − q) ln(p / q) over bins, from counts of shape (2, bins).

    A bin that only one sample has counts as half a row in the other. Without a difference its expectation is about
    (bins − 1)(1/n + 1/m): Yurdakul & Naranjo, Statistical properties of the population stability index (2020).
    """
    occurring = table[:, table.sum(axis=0) > 0]
    first, second = np.maximum(occurring, 0.5) / table.sum(axis=1, keepdims=True)
    return float(((first - second) * np.log(first / second)).sum())


def number_table(column: NumberCounts, values: Any) -> Integers:
    """Counts of shape (2, edges + 2): the first and the last for what lies beyond the values of the reference."""
    edges, new = np.array(column.edges), np.asarray(values, dtype=np.float64)
    bins = np.searchsorted(edges, new, side="left") + (new >= edges[0])
    return np.array([[0, *column.counts, 0], np.bincount(bins, minlength=len(edges) + 2)])


def category_table(column: CategoryCounts, found: Mapping[str, int]) -> Integers:
    """Counts of shape (2, choices that either sample has)."""
    choices = sorted({*column.counts, *found})
    return np.array([[counts.get(choice, 0) for choice in choices] for counts in (column.counts, found)])


def coarser(table: Integers) -> Integers:
    """At most ten bins with about as many reference rows each, as the index is usually taken, and the two beyond.

    A bin goes where its middle lies. By its end, a value that most rows have would lie with all that are larger,
    and an index over one bin is zero whatever happens to them.
    """
    middle = (table[0].cumsum() - table[0] / 2) / table[0].sum()
    groups = np.minimum((middle * _BINS).astype(np.int64), _BINS - 1) + 1
    groups[[0, -1]] = 0, _BINS + 1
    return np.array([np.bincount(groups, weights=counts) for counts in table]).astype(np.int64)


def pooled(table: Integers) -> Integers:
    """Cells in which fewer than five rows are expected, in either sample, become one cell."""
    totals = table.sum(axis=0)
    expected = totals * (table.sum(axis=1).min() / totals.sum())
    rare = expected < _EXPECTED
    if not rare.any():
        return table
    if expected[rare].sum() < _EXPECTED and not rare.all():
        # Too few together as well: the rarest of the others takes them in.
        rare |= totals == totals[~rare].min()
    return np.column_stack([table[:, ~rare], table[:, rare].sum(axis=1)])
