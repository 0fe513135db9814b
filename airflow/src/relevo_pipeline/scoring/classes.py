"""Scores of labels: macro F1, accuracy and recalls, from tables of the truth and the answer."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from relevo_pipeline.scoring.scorer import Drawn, Rows, Weights

Codes = NDArray[np.int64]
# Counts of shape (..., classes, classes): the truth, then the answer.
Tables = NDArray[np.int64] | NDArray[np.float64]

# Beside the metrics: `recall of 3` is the recall of the class with the code 3.
RECALL_OF = "recall of "


@dataclass(frozen=True)
class Classes:
    """Labels as codes from 0 to `classes` − 1, shape (rows,) each."""

    truth: Codes
    answered: Codes
    classes: int

    @property
    def rows(self) -> int:
        return len(self.truth)

    @property
    def cells(self) -> Codes:
        return self.truth * self.classes + self.answered

    def only(self, rows: Rows) -> Self:
        return type(self)(self.truth[rows], self.answered[rows], self.classes)

    def scores(self, weights: Weights) -> Drawn:
        # As floating point numbers, which BLAS multiplies; counts are far below 2^53.
        cell_to_table = np.zeros((self.rows, self.classes**2))
        cell_to_table[np.arange(self.rows), self.cells] = 1
        tables = (weights @ cell_to_table).reshape(-1, self.classes, self.classes)
        recalls = class_recalls(tables)
        return table_scores(tables) | {f"{RECALL_OF}{code}": recalls[:, code] for code in range(self.classes)}


def table_scores(tables: Tables) -> Drawn:
    """Macro F1, accuracy and the lowest per-class recall of tables, one array of shape (...) by metric.

    Classes without a row of theirs are left out of macro F1 and of the lowest recall.
    """
    hits = np.diagonal(tables, axis1=-2, axis2=-1)
    true, answered = tables.sum(axis=-1), tables.sum(axis=-2)
    occurs = true > 0
    classes = occurs.sum(axis=-1)
    f1 = np.where(occurs, 2 * hits / np.maximum(true + answered, 1), 0)
    recall = class_recalls(tables)
    return {
        "macro_f1": f1.sum(axis=-1) / np.maximum(classes, 1),
        "accuracy": hits.sum(axis=-1) / np.maximum(true.sum(axis=-1), 1),
        "lowest_recall": np.where(occurs, recall, np.inf).min(axis=-1),
    }


def class_recalls(tables: Tables) -> NDArray[np.float64]:
    """The recall of each class, shape (..., classes); not a number where the class has no rows."""
    true = tables.sum(axis=-1)
    hits = np.diagonal(tables, axis1=-2, axis2=-1)
    recalls: NDArray[np.float64] = np.where(true > 0, hits / np.maximum(true, 1), np.nan)
    return recalls


def confusion(truth: Codes, answered: Codes, classes: int) -> Codes:
    """Counts of shape (classes, classes). Unknown classes (−1) are left out."""
    known = truth >= 0
    cells = np.bincount(truth[known] * classes + answered[known], minlength=classes * classes)
    return cells.reshape(classes, classes)
