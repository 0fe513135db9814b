"""The scores of one model's answers, whatever the task."""

import numpy as np
from relevo_contract.card import Task
from relevo_contract.metrics import METRICS

from relevo_pipeline.scoring.bootstrap import Clusters, bootstrap, estimate
from relevo_pipeline.scoring.classes import Classes
from relevo_pipeline.scoring.errors import Errors
from relevo_pipeline.scoring.ranks import Ranks, calibration_error, reliability
from relevo_pipeline.scoring.scorer import Answers, Scorer, Truth

Scores = dict[str, float]
Intervals = dict[str, tuple[float, float]]


def scorer(task: Task, truth: Truth, answers: Answers, threshold: float | None = None) -> Scorer:
    """What scores these answers.

    Args:
        truth: codes of labels, −1 for one that the model does not know; or values.
        answers: probabilities of shape (rows, classes), or values of shape (rows,).
        threshold: the probability from which on the second of two classes is the answer; None: the likelier one.
    """
    match task:
        case "multiclass":
            classes = answers.shape[1]
            known = np.where(truth < 0, classes, truth).astype(np.int64)
            # The last class is every one that the model does not know.
            return Classes(known, answers.argmax(axis=1).astype(np.int64), classes + 1)
        case "binary":
            probability = answers[:, 1].astype(np.float64)
            answered = answers[:, 1] > answers[:, 0] if threshold is None else probability >= threshold
            return Ranks(truth == 1, probability, answered)
        case "regression":
            return Errors(truth.astype(np.float64), answers.astype(np.float64))


def scores(task: Task, truth: Truth, answers: Answers, threshold: float | None = None) -> Scores:
    """Every metric of the task that these rows have: an AUROC needs rows of both classes."""
    found = scorer(task, truth, answers, threshold)
    drawn = found.scores(np.ones((1, found.rows)))
    named = {name: float(values[0]) for name, values in drawn.items() if name in METRICS}
    if isinstance(found, Ranks):
        named["calibration_error"] = calibration_error(reliability(found.positive, found.probability))
    if task == "multiclass" and (truth >= 0).any():
        named["log_loss"] = log_loss(truth.astype(np.int64), answers)
    return {name: score for name, score in named.items() if np.isfinite(score)}


def score(task: Task, name: str, truth: Truth, answers: Answers) -> float:
    """One metric of the task; not a number where these rows have none."""
    return scores(task, truth, answers).get(name, np.nan)


def intervals(
    task: Task,
    truth: Truth,
    answers: Answers,
    seed: int,
    threshold: float | None = None,
    clusters: Clusters | None = None,
) -> Intervals:
    """The 95 % bootstrap interval of every score that is a function of weights."""
    (drawn,) = bootstrap([scorer(task, truth, answers, threshold)], seed, clusters=clusters)
    return {
        name: estimate(float(values[0]), values[1:])[1:]
        for name, values in drawn.items()
        if name in METRICS and np.isfinite(values[0])
    }


def log_loss(labels: Truth, probabilities: Answers) -> float:
    """Over the rows whose class the model knows; at least one. `probabilities` of shape (rows, classes)."""
    known = labels >= 0
    clipped = np.clip(probabilities[known].astype(np.float64), 1e-15, None)
    # By hand: scikit-learn's takes twenty times as long, and boosting asks after every round.
    share = np.take_along_axis(clipped, labels[known, None].astype(np.int64), axis=1)[:, 0] / clipped.sum(axis=1)
    return float(-np.log(share).mean())
