"""Scores of class probabilities against labels, by the names the registry and the audit use."""

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, log_loss, recall_score

from relevo_pipeline.training.dataset import Labels

Probabilities = NDArray[np.floating]


def classification_scores(labels: Labels, probabilities: Probabilities) -> dict[str, float]:
    """Macro F1, accuracy, log loss and the lowest per-class recall.

    `labels` has shape (rows,), -1 for a class the model does not know; `probabilities` (rows, classes).
    The log loss is over the rows whose class the model knows, and left out when there is none.
    """
    predicted = probabilities.argmax(axis=1)
    known = labels >= 0
    recalls = recall_score(labels, predicted, labels=np.unique(labels), average=None, zero_division=0)
    scores = {
        "macro_f1": float(f1_score(labels, predicted, average="macro", zero_division=0)),
        "accuracy": float(accuracy_score(labels, predicted)),
        "lowest_recall": float(recalls.min()),
    }
    if known.any():
        clipped = np.clip(probabilities[known].astype(np.float64), 1e-15, None)
        shares = clipped / clipped.sum(axis=1, keepdims=True)
        scores["log_loss"] = float(log_loss(labels[known], shares, labels=np.arange(probabilities.shape[1])))
    return scores


def confusion(labels: Labels, probabilities: Probabilities) -> NDArray[np.int64]:
    """Counts of shape (classes, classes): rows are the truth, columns the prediction."""
    known = labels >= 0
    classes = np.arange(probabilities.shape[1])
    counts: NDArray[np.int64] = confusion_matrix(labels[known], probabilities[known].argmax(axis=1), labels=classes)
    return counts
