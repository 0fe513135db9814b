"""SHAP values of one answer: what each column adds to it. Training and serving share this one function."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
# From encoded rows, shape (rows, columns), to answers, shape (rows, outputs).
Predict = Callable[[Matrix], NDArray[np.floating]]


@dataclass(frozen=True)
class Contributions:
    """`base` is the mean answer to the background, shape (outputs,); `values` has shape (columns, outputs).

    `base + values.sum(axis=0)` is the answer to the row, up to the rounding of the model's own precision.
    """

    base: Matrix
    values: Matrix


def contributions(predict: Predict, row: Matrix, background: Matrix, random: np.random.Generator) -> Contributions:
    """The Shapley values of the game in which the columns that are not in a coalition come from the background.

    v(S) is the mean of predict(row's value for the columns in S, background row's for the others) over the
    background, the interventional SHAP value of Lundberg & Lee (2017, https://arxiv.org/abs/1705.07874).
    It is estimated with one random order of the columns for each background row, and its reverse (antithetic
    sampling, Mitchell et al. 2022, https://arxiv.org/abs/2104.12199): exact where at most two columns interact,
    unbiased elsewhere, and the sum is exact in any case. A category is one column, whatever its graph makes of it.

    Args:
        row: encoded, shape (columns,).
        background: encoded, shape (background rows, columns).
        random: with the same state the values are the same.
    """
    rows, columns = background.shape
    # The place of each column in the order that belongs to a background row.
    place = random.permuted(np.tile(np.arange(columns), (rows, 1)), axis=1)
    place = np.concatenate([place, columns - 1 - place])
    taken = place[:, None, :] < np.arange(1, columns)[:, None]
    mixed = np.where(taken, row, np.tile(background, (2, 1))[:, None, :])
    # One call for everything: the background, the row, and what lies between them.
    answers = np.asarray(predict(np.concatenate([background, row[None], mixed.reshape(-1, columns)])), np.float64)
    outputs = answers.shape[1]
    start, end = answers[:rows], answers[rows]
    path = np.concatenate(
        [
            np.tile(start, (2, 1))[:, None],
            answers[rows + 1 :].reshape(2 * rows, columns - 1, outputs),
            np.broadcast_to(end, (2 * rows, 1, outputs)),
        ],
        axis=1,
    )
    gains = np.take_along_axis(np.diff(path, axis=1), place[:, :, None], axis=1)
    return Contributions(base=start.mean(axis=0), values=gains.mean(axis=0))
