"""New rows against a reference, column by column: how large the difference is, and whether it can be chance.

Both samples are drawn without replacement from the same rows as long as nothing drifts, and no row is in both: then
every way to divide them is equally likely, which is all that the two-sample tests suppose.
"""

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import pandas as pd
from relevo_contract.assessment import ColumnDrift
from relevo_contract.reference import Counts, NumberCounts, Reference
from relevo_contract.stability import (
    Integers,
    category_table,
    coarser,
    number_table,
    pooled,
    population_stability,
)
from relevo_problems.rules import DriftThresholds
from scipy import stats


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
        table = number_table(column, values)
        return ("ks", *kolmogorov_smirnov(table), population_stability(coarser(table)))
    table = pooled(category_table(column, category_counts(values)))
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


def category_counts(values: Any) -> dict[str, int]:
    """How often each choice occurs."""
    counts = pd.Series(values).value_counts()
    return {str(choice): int(count) for choice, count in counts.items() if count}
