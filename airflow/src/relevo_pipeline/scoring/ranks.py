"""Scores of the probability of one class against another, and of what is answered at a threshold."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray
from relevo_contract.card import ReliabilityBin

from relevo_pipeline.scoring.scorer import Drawn, Rows, Weights

Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]

_LEAST = 1e-15


@dataclass(frozen=True)
class Ranks:
    """Is a row positive, how likely is that, and does the answer say so: shape (rows,) each.

    The area under the ROC curve is the probability that a positive row ranks above a negative one, ties counting
    half (Hanley & McNeil, Radiology 143, 1982); average precision is the sum of (recall gained) × precision down
    the ranking, without interpolation (as in scikit-learn). Both are sums along one order of the rows, which no
    resample changes: a resample costs cumulative sums, not a sort.
    """

    positive: Flags
    probability: Floats
    answered: Flags

    @property
    def rows(self) -> int:
        return len(self.positive)

    @property
    def cells(self) -> None:
        return None

    def only(self, rows: Rows) -> Self:
        return type(self)(self.positive[rows], self.probability[rows], self.answered[rows])

    def scores(self, weights: Weights) -> Drawn:
        return self._curves(weights) | self._means(weights)

    @cached_property
    def _order(self) -> tuple[NDArray[np.int64], NDArray[np.int64], Floats]:
        """Rows by ascending probability, the last of each tie, and which of them are positive."""
        order = np.argsort(self.probability, kind="stable")
        ranked = self.probability[order]
        last = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True))
        return order, last, self.positive[order].astype(np.float64)

    def _curves(self, weights: Weights) -> Drawn:
        order, last, positive = self._order
        ranked = weights[:, order]
        # Rows, and positive ones among them, up to the end of each tie; shape (draws, ties).
        rows = ranked.cumsum(axis=1)[:, last]
        positives = (ranked * positive).cumsum(axis=1)[:, last]
        negatives = rows - positives
        gained = np.diff(positives, axis=1, prepend=0.0)
        below = np.diff(negatives, axis=1, prepend=0.0)
        total, others = positives[:, -1], negatives[:, -1]
        pairs = (gained * (negatives - below / 2)).sum(axis=1)
        # From a tie upwards: what is flagged when the threshold lies there.
        flagged = rows[:, -1:] - rows + gained + below
        hits = positives[:, -1:] - positives + gained
        precision = np.divide(hits, flagged, out=np.zeros_like(hits), where=flagged > 0)
        return {
            "auroc": _ratio(pairs, total * others),
            "average_precision": _ratio((gained * precision).sum(axis=1), total),
        }

    def _means(self, weights: Weights) -> Drawn:
        truth = self.positive.astype(np.float64)
        likely = np.clip(np.where(self.positive, self.probability, 1 - self.probability), _LEAST, None)
        columns = [
            truth,
            self.answered,
            self.positive & self.answered,
            self.positive == self.answered,
            (self.probability - truth) ** 2,
            -np.log(likely),
        ]
        total = weights.sum(axis=1)
        positives, flagged, hits, right, squares, logs = (weights @ np.column_stack(columns).astype(np.float64)).T
        return {
            "recall": _ratio(hits, positives),
            "precision": _ratio(hits, flagged),
            "accuracy": _ratio(right, total),
            "brier": _ratio(squares, total),
            "log_loss": _ratio(logs, total),
        }


def reliability(positive: Flags, probability: Floats, bins: int = 10) -> tuple[ReliabilityBin, ...]:
    """Bins of as many rows each, from the least probable on; equal probabilities may lie in two."""
    order = np.argsort(probability, kind="stable")
    return tuple(
        ReliabilityBin(
            rows=len(rows), probability=float(probability[rows].mean()), positive=float(positive[rows].mean())
        )
        for rows in np.array_split(order, bins)
        if len(rows)
    )


def calibration_error(found: Sequence[ReliabilityBin]) -> float:
    """The mean distance between probability and share over the rows: the expected calibration error.

    Naeini, Cooper & Hauskrecht (2015), with bins of equal size instead of equal width.
    """
    rows = sum(one.rows for one in found)
    return sum(one.rows * abs(one.probability - one.positive) for one in found) / max(rows, 1)


def _ratio(above: Floats, below: Floats) -> Floats:
    """Not a number where there is nothing to divide by."""
    return np.asarray(np.divide(above, below, out=np.full(above.shape, np.nan), where=below > 0))
