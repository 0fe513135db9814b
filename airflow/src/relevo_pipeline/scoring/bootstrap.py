"""The bootstrap as weights: how far a score would move on other test rows of the same kind.

A resample is how often each row was drawn, and every score here is a function of such weights. Rows whose outcome
is the same are exchangeable: they may be one cell, and a resample of cells is one multinomial draw, whatever the
number of rows. Rows that belong together (those of one patient) are drawn together.
Efron & Tibshirani, An Introduction to the Bootstrap (1993), chapters 13 (percentile intervals) and 16; clusters:
Davison & Hinkley, Bootstrap Methods and their Application (1997), section 3.8.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from relevo_pipeline.scoring.scorer import Drawn, Rows, Scorer, Weights

Counts = NDArray[np.int64]
# Codes of what each row belongs to, shape (rows,).
Clusters = NDArray[np.int64]

RESAMPLES = 2000
LEVEL = 0.95

# Weights of one block: what fits into a core's cache is several times as fast.
_BLOCK = 2**18


class Estimate(NamedTuple):
    """A figure with its interval; `point` always lies in it."""

    point: float
    low: float
    high: float


def bootstrap(
    scorers: Sequence[Scorer], seed: int, resamples: int = RESAMPLES, clusters: Clusters | None = None
) -> list[Drawn]:
    """Score the same rows, and the same resamples of them, with each scorer.

    Returns:
        For each scorer arrays of shape (1 + resamples,) by metric: the rows themselves come first.
    """
    scorers, blocks = _weightings(scorers, seed, resamples, clusters)
    found: list[list[Drawn]] = [[] for _ in scorers]
    for weights in blocks:
        for scorer, drawn in zip(scorers, found, strict=True):
            drawn.append(scorer.scores(weights))
    return [{name: np.concatenate([block[name] for block in drawn]) for name in drawn[0]} for drawn in found]


def _weightings(
    scorers: Sequence[Scorer], seed: int, resamples: int, clusters: Clusters | None
) -> tuple[Sequence[Scorer], Iterator[Weights]]:
    """The scorers of the cells to be drawn, and blocks of weights of shape (draws, cells)."""
    combined = None if clusters is not None else _combined(scorers)
    if combined is not None:
        # The order of the cells is that of their first rows, so that swapping two scorers draws the same resamples
        # and every difference changes nothing but its sign.
        _, first, counts = np.unique(combined, return_index=True, return_counts=True)
        order = np.argsort(first)
        first, counts = first[order], counts[order]
        drawn = np.vstack([counts, resampled(counts, seed, resamples)]).astype(np.float64)
        return [scorer.only(first) for scorer in scorers], iter([drawn])
    return scorers, _rows(scorers[0].rows, seed, resamples, clusters)


def _combined(scorers: Sequence[Scorer]) -> NDArray[np.int64] | None:
    """Equal codes for rows that count the same for all of them."""
    combined = np.zeros(scorers[0].rows, np.int64)
    for scorer in scorers:
        if (cells := scorer.cells) is None:
            return None
        combined = combined * (cells.max(initial=0) + 1) + cells
    return combined


def _rows(rows: int, seed: int, resamples: int, clusters: Clusters | None) -> Iterator[Weights]:
    """Each row by itself, or with its cluster."""
    yield np.ones((1, rows))
    random = np.random.default_rng(seed)
    units = rows if clusters is None else int(clusters.max(initial=-1)) + 1
    size = max(1, _BLOCK // max(rows, 1))
    for start in range(0, resamples, size):
        drawn = [
            np.bincount(random.integers(0, units, units), minlength=units)
            for _ in range(min(size, resamples - start))
        ]
        weights = np.array(drawn, dtype=np.float64)
        yield weights if clusters is None else weights[:, clusters]


def within(clusters: Clusters | None, rows: Rows) -> Clusters | None:
    """The clusters of some of the rows, as codes from 0 on."""
    return None if clusters is None else np.unique(clusters[rows], return_inverse=True)[1]


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
