"""The bootstrap on counts: how far a score would move on other test rows of the same kind.

Rows whose outcome is the same are exchangeable, so drawing n rows with replacement is one multinomial draw of how
often each outcome occurs: 2,000 resamples of 100,000 rows cost as much as those of 1,000.
Efron & Tibshirani, An Introduction to the Bootstrap (1993), chapters 13 (percentile intervals) and 16.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]

RESAMPLES = 2000
LEVEL = 0.95


class Estimate(NamedTuple):
    """A figure with its interval; `point` always lies in it."""

    point: float
    low: float
    high: float


def resampled(counts: Counts, seed: int, resamples: int = RESAMPLES) -> Counts:
    """Draw as many rows as there are, again and again.

    Args:
        counts: how many rows have each outcome, shape (outcomes,).

    Returns:
        The same counts in each resample, shape (resamples, outcomes).
    """
    total = int(counts.sum())
    drawn: Counts = np.random.default_rng(seed).multinomial(total, counts / total, size=resamples)
    return drawn


def estimate(point: float, draws: NDArray[np.float64], level: float = LEVEL) -> Estimate:
    """The percentile interval of `draws`, shape (resamples,), around the figure on the rows themselves.

    Draws that are no number, as the recall of a class that a resample does not hold, are left out. Where a few rows
    of a rare class push the figure out of its own interval, the interval is widened to it.
    """
    draws = draws[np.isfinite(draws)]
    if not draws.size:
        return Estimate(point, point, point)
    low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2])
    return Estimate(point, min(float(low), point), max(float(high), point))
