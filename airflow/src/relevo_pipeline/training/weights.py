"""How much the rows of each class count in a fit. Validation and test rows always count alike."""

import numpy as np

from relevo_pipeline.training.dataset import Labels


def class_weights(labels: Labels, balance: float) -> dict[int, float]:
    """(rows / (classes × rows of the class)) ** `balance`: scikit-learn's "balanced" where it is 1."""
    counts = np.bincount(labels)
    weights = (len(labels) / (np.count_nonzero(counts) * counts.clip(min=1))) ** balance
    return {label: float(weight) for label, weight in enumerate(weights)}
