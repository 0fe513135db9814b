"""From a row as people write it to the numbers a model reads. Training and serving share this one function."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relevo_contract.columns import Column

UNKNOWN_CHOICE = -1.0


class Encoder:
    """Encodes rows into a matrix of shape (rows, inputs), float64, columns in the card's order.

    Numbers stay as they are; a category becomes the position of its choice, or -1 for one that is not listed.
    One-hot encoding, where a model wants it, is part of the model's own graph.
    """

    def __init__(self, inputs: Sequence[Column]) -> None:
        self._codes: list[tuple[str, dict[str, float] | None]] = [
            (c.name, {choice: float(i) for i, choice in enumerate(c.choices)} if c.is_category else None)
            for c in inputs
        ]

    def row(self, row: Mapping[str, Any]) -> list[float]:
        """One row, without an array in between: the hot path of serving."""
        return [
            float(row[name]) if codes is None else codes.get(row[name], UNKNOWN_CHOICE)
            for name, codes in self._codes
        ]

    def table(self, columns: Mapping[str, Any], rows: int) -> NDArray[np.float64]:
        """Many rows at once from a mapping of column name to values (a data frame will do)."""
        matrix = np.empty((rows, len(self._codes)), dtype=np.float64)
        for position, (name, codes) in enumerate(self._codes):
            values = columns[name]
            if codes is None:
                matrix[:, position] = values
            elif hasattr(values, "cat"):
                # A categorical column of pandas: each category is looked up once, not in every row.
                found = [codes.get(choice, UNKNOWN_CHOICE) for choice in values.cat.categories]
                matrix[:, position] = np.array([*found, UNKNOWN_CHOICE])[values.cat.codes]
            else:
                matrix[:, position] = np.fromiter(
                    (codes.get(value, UNKNOWN_CHOICE) for value in values), np.float64, count=rows
                )
        return matrix
