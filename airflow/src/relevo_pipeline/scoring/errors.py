"""Scores of values: how far they are from the truth, in the target's unit."""

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from relevo_pipeline.scoring.scorer import Drawn, Rows, Weights

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Errors:
    """The truth and the answer in the target's unit, shape (rows,) each.

    Mean absolute and root mean squared error, the mean absolute error as a share of the truth (over the rows whose
    truth is not 0), and R² = 1 − Σ(truth − answer)² / Σ(truth − mean)².
    """

    truth: Floats
    answered: Floats

    @property
    def rows(self) -> int:
        return len(self.truth)

    @property
    def cells(self) -> None:
        return None

    def only(self, rows: Rows) -> Self:
        return type(self)(self.truth[rows], self.answered[rows])

    @cached_property
    def _sums(self) -> Floats:
        """What is summed up over the rows, shape (rows, 6)."""
        distance = np.abs(self.truth - self.answered)
        # Moving the truth by its mean changes no variance, and keeps the digits of a small one.
        moved = self.truth - self.truth.mean()
        nonzero = self.truth != 0
        shares = np.divide(distance, np.abs(self.truth), out=np.zeros_like(distance), where=nonzero)
        return np.column_stack([distance, distance**2, shares, nonzero, moved, moved**2])

    def scores(self, weights: Weights) -> Drawn:
        rows = weights.sum(axis=1)
        absolute, squares, shares, nonzero, moved, moved_squares = (weights @ self._sums).T
        spread = moved_squares - moved**2 / rows
        return {
            "mae": absolute / rows,
            "rmse": np.sqrt(squares / rows),
            "mape": np.divide(shares, nonzero, out=np.full(rows.shape, np.nan), where=nonzero > 0),
            "r2": 1 - np.divide(squares, spread, out=np.full(rows.shape, np.nan), where=spread > 0),
        }
