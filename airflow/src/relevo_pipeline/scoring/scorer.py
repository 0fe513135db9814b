"""What scores answers: one model's answers to some rows, under any weights of the rows."""

from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

# Labels as codes, or the values of a regression, shape (rows,).
Truth = NDArray[np.int64] | NDArray[np.float64]
# Probabilities of shape (rows, classes), or values of shape (rows,).
Answers = NDArray[np.floating]
# How often each row (or cell of equal rows) counts in each draw, shape (draws, rows).
Weights = NDArray[np.float64]
# By metric one figure a draw, shape (draws,); not a number where a draw has none.
Drawn = dict[str, NDArray[np.float64]]
Rows = NDArray[np.bool_] | NDArray[np.int64]


class Scorer(Protocol):
    """`cells`, shape (rows,), has equal codes for rows that count the same; None when hardly any do."""

    @property
    def rows(self) -> int: ...

    @property
    def cells(self) -> NDArray[np.int64] | None: ...

    def only(self, rows: Rows) -> Self:
        """The same for some of the rows: positions, or a mask."""
        ...

    def scores(self, weights: Weights) -> Drawn: ...
