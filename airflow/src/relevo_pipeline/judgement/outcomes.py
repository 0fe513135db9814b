"""What two models say about the same rows, compared by the names of the labels."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from relevo_pipeline.judgement.bootstrap import RESAMPLES, Counts, Estimate, estimate, resampled
from relevo_pipeline.training.dataset import Labels
from relevo_pipeline.training.metrics import class_recalls, table_scores


@dataclass(frozen=True)
class Paired:
    """A score of both models on the same rows; `difference`, challenger minus champion, has a 95 % interval."""

    champion: float
    challenger: float
    difference: float
    low: float
    high: float
    rows: int


@dataclass(frozen=True)
class Outcomes:
    """One entry a row, each a position in `labels`, which name every class of the truth and of either model."""

    labels: tuple[str, ...]
    truth: Labels
    champion: Labels
    challenger: Labels

    @classmethod
    def of(cls, truth: Sequence[str], champion: Sequence[str], challenger: Sequence[str]) -> "Outcomes":
        """From the labels themselves: a model's own codes say nothing about another's."""
        sides = [np.asarray(side, dtype=object) for side in (truth, champion, challenger)]
        labels = tuple(dict.fromkeys(label for side in sides for label in sorted(set(side))))
        codes = {label: code for code, label in enumerate(labels)}
        coded = (np.fromiter((codes[label] for label in side), np.int64, count=len(side)) for side in sides)
        return cls(labels, *coded)

    def only(self, chosen: NDArray[np.bool_]) -> "Outcomes":
        """The rows of a slice."""
        return Outcomes(self.labels, self.truth[chosen], self.champion[chosen], self.challenger[chosen])

    def compare(self, seed: int, resamples: int = RESAMPLES) -> "Comparison":
        """Both models on these rows and on resamples of them.

        Rows that agree in truth and in both answers are counted together. Their order is that of their first rows,
        so that swapping the models draws the same resamples and every difference changes nothing but its sign.
        """
        classes = len(self.labels)
        cells = (self.truth * classes + self.champion) * classes + self.challenger
        found, first, counts = np.unique(cells, return_index=True, return_counts=True)
        order = np.argsort(first)
        found, counts = found[order], counts[order]
        truth, (champion, challenger) = found // classes**2, (found // classes % classes, found % classes)
        drawn = np.vstack([counts, resampled(counts, seed, resamples)])
        return Comparison(
            len(self.truth),
            champion=_tables(drawn, truth, champion, classes),
            challenger=_tables(drawn, truth, challenger, classes),
        )


@dataclass(frozen=True)
class Comparison:
    """Confusion tables of both models, shape (1 + resamples, classes, classes): the rows themselves come first."""

    rows: int
    champion: Counts
    challenger: Counts

    def score(self, metric: str) -> Paired:
        """A score of the whole tables."""
        return _paired(table_scores(self.champion)[metric], table_scores(self.challenger)[metric], self.rows)

    def own(self, metric: str) -> Estimate:
        """The challenger's score by itself."""
        scores = table_scores(self.challenger)[metric]
        return estimate(float(scores[0]), scores[1:])

    def recall(self, label: int) -> Paired:
        """The recall of one class."""
        rows = int(self.champion[0, label].sum())
        return _paired(class_recalls(self.champion)[:, label], class_recalls(self.challenger)[:, label], rows)


def _tables(drawn: Counts, truth: Labels, answered: Labels, classes: int) -> Counts:
    # As floating point numbers, which BLAS multiplies; counts are far below 2^53.
    cell_to_table = np.zeros((len(truth), classes**2))
    cell_to_table[np.arange(len(truth)), truth * classes + answered] = 1
    tables: Counts = (drawn.astype(np.float64) @ cell_to_table).astype(np.int64).reshape(-1, classes, classes)
    return tables


def _paired(champion: NDArray[np.float64], challenger: NDArray[np.float64], rows: int) -> Paired:
    difference = estimate(float(challenger[0] - champion[0]), challenger[1:] - champion[1:])
    return Paired(float(champion[0]), float(challenger[0]), *difference, rows)
