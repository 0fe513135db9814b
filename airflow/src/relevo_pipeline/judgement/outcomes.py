"""What two models say about the same rows, compared on them and on the same resamples of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from relevo_contract.card import Card
from relevo_contract.metrics import metric as described
from relevo_problems.problem import Problem

from relevo_pipeline.scoring.bootstrap import RESAMPLES, Clusters, Estimate, bootstrap, estimate, within
from relevo_pipeline.scoring.classes import RECALL_OF, Classes
from relevo_pipeline.scoring.errors import Errors
from relevo_pipeline.scoring.ranks import Ranks
from relevo_pipeline.scoring.scorer import Answers, Drawn, Rows, Scorer
from relevo_pipeline.splits import groups


@dataclass(frozen=True)
class Paired:
    """A score of both models on the same rows; `difference`, challenger minus champion, has a 95 % interval.

    `metric` is its name; judgements of earlier releases have none, and theirs were all the higher the better.
    """

    champion: float
    challenger: float
    difference: float
    low: float
    high: float
    rows: int
    metric: str = ""

    @property
    def gain(self) -> Estimate:
        """The difference, turned so that more is better."""
        if described(self.metric).higher_is_better:
            return Estimate(self.difference, self.low, self.high)
        return Estimate(-self.difference, -self.high, -self.low)


@dataclass(frozen=True)
class Answered:
    """A model's answers to the rows, as its graph gives them, and the card that says what they mean."""

    card: Card
    answers: Answers


@dataclass(frozen=True)
class Outcomes:
    """Both models' scorers on the same rows. `labels`, of a multiclass task, name the scorers' codes.

    `clusters` are codes of what each row belongs to: rows that belong together are drawn together.
    """

    champion: Scorer
    challenger: Scorer
    labels: tuple[str, ...] = ()
    clusters: Clusters | None = None

    @classmethod
    def of(cls, truth: Sequence[str], champion: Sequence[str], challenger: Sequence[str]) -> "Outcomes":
        """From the labels themselves: a model's own codes say nothing about another's."""
        sides = [np.asarray(side, dtype=object) for side in (truth, champion, challenger)]
        labels = tuple(dict.fromkeys(label for side in sides for label in sorted(set(side))))
        codes = {label: code for code, label in enumerate(labels)}
        true, *answered = (
            np.fromiter((codes[label] for label in side), np.int64, count=len(side)) for side in sides
        )
        scorers = [Classes(true, side, len(labels)) for side in answered]
        return cls(scorers[0], scorers[1], labels)

    @classmethod
    def between(cls, problem: Problem, rows: pd.DataFrame, champion: Answered, challenger: Answered) -> "Outcomes":
        """From what both models answer to `rows`, typed rows of the problem."""
        truth = rows[problem.target.name]
        clusters = groups(problem, rows)
        if problem.task == "regression":
            values = truth.to_numpy(dtype=np.float64)
            errors = [Errors(values, side.answers.astype(np.float64)) for side in (champion, challenger)]
            return cls(errors[0], errors[1], clusters=clusters)
        if problem.task == "binary":
            positive = np.asarray(truth == problem.target.choices[1])
            ranks = [
                Ranks(positive, side.answers[:, 1].astype(np.float64), side.card.codes(side.answers) == 1)
                for side in (champion, challenger)
            ]
            return cls(ranks[0], ranks[1], clusters=clusters)
        named = [
            [side.card.labels[code] for code in side.card.codes(side.answers)] for side in (champion, challenger)
        ]
        found = cls.of(list(truth), *named)
        return cls(found.champion, found.challenger, found.labels, clusters)

    @property
    def rows(self) -> int:
        return self.champion.rows

    def only(self, chosen: Rows) -> "Outcomes":
        """The rows of a slice."""
        champion, challenger = self.champion.only(chosen), self.challenger.only(chosen)
        return Outcomes(champion, challenger, self.labels, within(self.clusters, chosen))

    def compare(self, seed: int, resamples: int = RESAMPLES) -> "Comparison":
        """Both models on these rows and on resamples of them."""
        drawn = bootstrap([self.champion, self.challenger], seed, resamples, self.clusters)
        return Comparison(self.rows, *drawn)


@dataclass(frozen=True)
class Comparison:
    """Every score of both models, shape (1 + resamples,) by metric: the rows themselves come first."""

    rows: int
    champion: Drawn
    challenger: Drawn

    def score(self, metric: str) -> Paired:
        """A score of all rows."""
        return self._paired(metric, metric, self.rows)

    def own(self, metric: str) -> Estimate:
        """The challenger's score by itself."""
        drawn = self.challenger[metric]
        return estimate(float(drawn[0]), drawn[1:])

    def recall(self, label: int, rows: int) -> Paired:
        """The recall of one of several classes, which so many rows have."""
        return self._paired(f"{RECALL_OF}{label}", "recall", rows)

    def _paired(self, drawn: str, metric: str, rows: int) -> Paired:
        champion, challenger = self.champion[drawn], self.challenger[drawn]
        difference = estimate(float(challenger[0] - champion[0]), challenger[1:] - champion[1:])
        return Paired(float(champion[0]), float(challenger[0]), *difference, rows, metric)
