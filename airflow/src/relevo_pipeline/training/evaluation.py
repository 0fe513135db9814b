"""What is known about a fitted model before it meets another one: scores, slices, threshold, interval."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from relevo_contract.card import Conformal, ReliabilityBin, SliceScore
from relevo_problems.problem import Problem

from relevo_pipeline.scoring.bootstrap import within
from relevo_pipeline.scoring.ranks import reliability
from relevo_pipeline.scoring.scorer import Answers
from relevo_pipeline.scoring.scores import Intervals, Scores, intervals, scores
from relevo_pipeline.splits import Split, groups
from relevo_pipeline.training.dataset import Dataset, Part
from relevo_pipeline.training.fitting import Fitted

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Evaluation:
    """`scores` are of every split; intervals, slices and reliability of the test split.

    `threshold` and `conformal` are chosen on the validation split.
    """

    answers: Answers
    scores: dict[Split, Scores]
    intervals: Intervals
    slices: tuple[SliceScore, ...]
    threshold: float | None = None
    reliability: tuple[ReliabilityBin, ...] = ()
    conformal: Conformal | None = None


def evaluate(problem: Problem, data: Dataset, fitted: Fitted, seed: int) -> Evaluation:
    """Measure a fitted model on all three splits."""
    answers = {split: fitted.answers(part) for split, part in data.parts.items()}
    validation, test = data.parts["validation"], data.parts["test"]
    threshold = conformal = None
    bins: tuple[ReliabilityBin, ...] = ()
    if problem.task == "binary":
        threshold = flagging(answers["validation"][:, 1], _share(problem, validation))
        bins = reliability(test.labels == 1, answers["test"][:, 1].astype(np.float64))
    elif problem.task == "regression":
        log = problem.target_scale == "log"
        conformal = split_conformal(validation.labels, answers["validation"], problem.coverage, log=log)
        if conformal is not None:
            covered = coverage(conformal, test.labels, answers["test"])
            conformal = conformal.model_copy(update={"test_coverage": covered})
    return Evaluation(
        answers=answers["test"],
        scores={
            split: scores(problem.task, part.labels, answers[split], threshold)
            for split, part in data.parts.items()
        },
        intervals=intervals(
            problem.task, test.labels, answers["test"], seed, threshold, groups(problem, test.frame)
        ),
        slices=tuple(_slices(problem, test, answers["test"], seed, threshold)),
        threshold=threshold,
        reliability=bins,
        conformal=conformal,
    )


def _share(problem: Problem, validation: Part) -> float:
    return float((validation.labels == 1).mean()) if problem.flagged_share is None else problem.flagged_share


def flagging(probabilities: NDArray[np.floating], share: float) -> float:
    """The threshold at which as near as ties allow this share of the rows is flagged, in the middle of a gap.

    A share and not, say, the best F1: models are then compared with as many rows flagged by each, and the best of a
    flat curve would be another one for every model.
    """
    ascending = np.sort(probabilities.astype(np.float64))
    least, firsts = np.unique(ascending, return_index=True)
    above = (len(ascending) - firsts) / len(ascending)
    nearest = int(np.abs(above - share).argmin())
    below = least[nearest - 1] if nearest else 0.0
    return float((least[nearest] + below) / 2)


def split_conformal(truth: NDArray[np.generic], values: Answers, share: float, *, log: bool) -> Conformal | None:
    """The residuals between which `share` of rows lie that the model has not learnt from; None for too few rows.

    Of n residuals the ⌈(n + 1)(1 − α/2)⌉-th smallest is at least as large as a new one with probability 1 − α/2
    (Lei et al. 2018); each end gets half of α, since errors of prices are not symmetric.
    """
    exact, answered = truth.astype(np.float64), values.astype(np.float64)
    residuals = np.sort(np.log(exact) - np.log(answered) if log else exact - answered)
    rows, tail = len(residuals), (1 - share) / 2
    last = int(np.ceil((rows + 1) * (1 - tail)))
    if last > rows:
        return None
    scale = "log" if log else "linear"
    return Conformal(
        coverage=share, scale=scale, low=float(residuals[rows - last]), high=float(residuals[last - 1])
    )


def coverage(conformal: Conformal, truth: NDArray[np.generic], values: Answers) -> float:
    """The share of rows whose truth lies in its interval."""
    low, high = conformal.around(values)
    exact = truth.astype(np.float64)
    return float(((low <= exact) & (exact <= high)).mean())


def _slices(
    problem: Problem, test: Part, answers: Answers, seed: int, threshold: float | None
) -> Iterator[SliceScore]:
    metric, clusters = problem.primary_metric, groups(problem, test.frame)
    for column in (column for column in problem.inputs if column.name in problem.slices.columns):
        values = test.frame[column.name].to_numpy()
        for choice in sorted(set(values)):
            chosen = values == choice
            labels, said = test.labels[chosen], answers[chosen]
            found = scores(problem.task, labels, said, threshold).get(metric)
            interval = None
            if found is not None and len(labels) >= problem.guard_rows:
                interval = intervals(problem.task, labels, said, seed, threshold, within(clusters, chosen)).get(
                    metric
                )
            yield SliceScore(
                column=column.name, choice=str(choice), rows=len(labels), score=found, interval=interval
            )
