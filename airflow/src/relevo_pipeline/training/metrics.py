"""Scores of class probabilities against labels, by the names the registry and the audit use."""

import numpy as np
from numpy.typing import NDArray

from relevo_pipeline.judgement.bootstrap import Counts, estimate, resampled
from relevo_pipeline.training.dataset import Labels

Probabilities = NDArray[np.floating]
Scores = dict[str, float]
Intervals = dict[str, tuple[float, float]]


def table_scores(tables: Counts) -> dict[str, NDArray[np.float64]]:
    """Macro F1, accuracy and the lowest per-class recall of confusion tables.

    Classes without a row of theirs are left out of macro F1 and of the lowest recall.

    Args:
        tables: counts of shape (..., classes, classes): the truth, then the answer.

    Returns:
        One array of shape (...) by metric.
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


def class_recalls(tables: Counts) -> NDArray[np.float64]:
    """The recall of each class, shape (..., classes); not a number where the class has no rows."""
    true = tables.sum(axis=-1)
    hits = np.diagonal(tables, axis1=-2, axis2=-1)
    recalls: NDArray[np.float64] = np.where(true > 0, hits / np.maximum(true, 1), np.nan)
    return recalls


def confusion(labels: Labels, probabilities: Probabilities) -> Counts:
    """Counts of shape (classes, classes): the truth, then the answer. Unknown classes are left out."""
    return _table(labels, probabilities)[:-1, :-1]


def _table(labels: Labels, probabilities: Probabilities) -> Counts:
    """Counts of shape (classes + 1, classes + 1): the last class is every one that the model does not know."""
    classes = probabilities.shape[1] + 1
    truth = np.where(labels < 0, classes - 1, labels)
    cells = np.bincount(truth * classes + probabilities.argmax(axis=1), minlength=classes * classes)
    return cells.reshape(classes, classes)


def classification_scores(labels: Labels, probabilities: Probabilities) -> Scores:
    """Macro F1, accuracy, the lowest per-class recall, and log loss.

    `labels` has shape (rows,), -1 for a class the model does not know; `probabilities` (rows, classes).
    The log loss is over the rows whose class the model knows, and left out when there is none.
    """
    scores = {name: float(score) for name, score in table_scores(_table(labels, probabilities)).items()}
    known = labels >= 0
    if known.any():
        clipped = np.clip(probabilities[known].astype(np.float64), 1e-15, None)
        # By hand: scikit-learn's takes twenty times as long, and boosting asks after every round.
        share = np.take_along_axis(clipped, labels[known, None], axis=1)[:, 0] / clipped.sum(axis=1)
        scores["log_loss"] = float(-np.log(share).mean())
    return scores


def classification_intervals(labels: Labels, probabilities: Probabilities, seed: int) -> Intervals:
    """The 95 % bootstrap interval of every score that is a matter of counts (not of the log loss)."""
    table = _table(labels, probabilities)
    occurring = np.flatnonzero(table)
    draws = np.zeros((len(resamples := resampled(table.flat[occurring], seed)), table.size), np.int64)
    draws[:, occurring] = resamples
    scores, drawn = table_scores(table), table_scores(draws.reshape(-1, *table.shape))
    return {name: estimate(float(scores[name]), drawn[name])[1:] for name in scores}
