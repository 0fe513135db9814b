"""New rows against a reference, column by column: how large the difference is, and whether it can be chance.

Both samples are drawn without replacement from the same rows as long as nothing drifts, and no row is in both: then
every way to divide them is equally likely, which is all that the two-sample tests suppose.
"""

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from relevo_contract.assessment import ColumnDrift
from relevo_contract.reference import CategoryCounts, Counts, NumberCounts, Reference
from relevo_problems.rules import DriftThresholds
from scipy import stats

Integers = NDArray[np.int64]

_PSI_BINS = 10
# Cochran (1954): below five expected rows in a cell the chi-squared distribution is a poor approximation.
_EXPECTED = 5


def compare(reference: Reference, rows: Mapping[str, Any], thresholds: DriftThresholds) -> list[ColumnDrift]:
    """Compare typed rows (a data frame, or arrays by column name) with the reference, in its order of columns."""
    found = [_compare(column, rows[name]) for name, column in reference.columns.items()]
    corrected = stats.false_discovery_control([p for _, _, p, _ in found], method="bh").tolist()
    return [
        ColumnDrift(
            column=name,
            test=test,
            statistic=statistic,
            p=p,
            q=q,
            psi=psi,
            drifted=q <= thresholds.false_discovery_rate and psi >= thresholds.psi,
        )
        for name, (test, statistic, p, psi), q in zip(reference.columns, found, corrected, strict=True)
    ]


def _compare(column: Counts, values: Any) -> tuple[Literal["ks", "chi2"], float, float, float]:
    if isinstance(column, NumberCounts):
        table = _number_table(column, values)
        return ("ks", *kolmogorov_smirnov(table), population_stability(_coarser(table)))
    table = _pooled(_category_table(column, values))
    return ("chi2", *chi_squared(table), population_stability(table))


def kolmogorov_smirnov(table: Integers) -> tuple[float, float]:
    """Statistic and p-value of the two-sample test on counts in the same bins, shape (2, bins).

    The distribution functions are compared at the edges of the bins only. If every value is an edge that is the
    two-sample statistic itself; else it is at most that, and the p-value at least as large. p is that of
    `scipy.stats.ks_2samp(method="asymp")`, which is exact for no sample and too large where values are tied: the
    test errs on the side of silence.
    """
    first, second = table.sum(axis=1)
    distance = np.abs(table[0].cumsum() / first - table[1].cumsum() / second).max()
    return float(distance), float(stats.kstwo.sf(distance, max(1, round(first * second / (first + second)))))


def chi_squared(table: Integers) -> tuple[float, float]:
    """Statistic and p-value of Pearson's test of homogeneity on counts of shape (2, cells), none of them empty."""
    if table.shape[1] < 2:
        return 0.0, 1.0
    found = stats.chi2_contingency(table, correction=False)
    return float(found.statistic), float(found.pvalue)


def population_stability(table: Integers) -> float:
    """The population stability index Σ (p − q) ln(p / q) over bins, from counts of shape (2, bins).

    A bin that only one sample has counts as half a row in the other. Without a difference its expectation is about
    (bins − 1)(1/n + 1/m): Yurdakul & Naranjo, Statistical properties of the population stability index (2020).
    """
    occurring = table[:, table.sum(axis=0) > 0]
    first, second = np.maximum(occurring, 0.5) / table.sum(axis=1, keepdims=True)
    return float(((first - second) * np.log(first / second)).sum())


def _number_table(column: NumberCounts, values: Any) -> Integers:
    """Counts of shape (2, edges + 2): the first and the last for what lies beyond the values of the reference."""
    edges, new = np.array(column.edges), np.asarray(values, dtype=np.float64)
    bins = np.searchsorted(edges, new, side="left") + (new >= edges[0])
    return np.array([[0, *column.counts, 0], np.bincount(bins, minlength=len(edges) + 2)])


def _category_table(column: CategoryCounts, values: Any) -> Integers:
    """Counts of shape (2, choices that either sample has)."""
    found = category_counts(values)
    choices = sorted({*column.counts, *found})
    return np.array([[counts.get(choice, 0) for choice in choices] for counts in (column.counts, found)])


def category_counts(values: Any) -> dict[str, int]:
    """How often each choice occurs."""
    counts = pd.Series(values).value_counts()
    return {str(choice): int(count) for choice, count in counts.items() if count}


def _coarser(table: Integers) -> Integers:
    """At most ten bins with about as many reference rows each, as the index is usually taken, and the two beyond.

    A bin goes where its middle lies. By its end, a value that most rows have would lie with all that are larger,
    and an index over one bin is zero whatever happens to them.
    """
    middle = (table[0].cumsum() - table[0] / 2) / table[0].sum()
    groups = np.minimum((middle * _PSI_BINS).astype(np.int64), _PSI_BINS - 1) + 1
    groups[[0, -1]] = 0, _PSI_BINS + 1
    return np.array([np.bincount(groups, weights=counts) for counts in table]).astype(np.int64)


def _pooled(table: Integers) -> Integers:
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
