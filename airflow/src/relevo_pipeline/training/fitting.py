"""What a fit gets and what it gives, whatever the candidate."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from relevo_problems.problem import Derived

from relevo_pipeline.training.dataset import Labels, Part
from relevo_pipeline.training.metrics import Probabilities, classification_scores

Parameters = Mapping[str, int | float]
# Told the score on the validation split after so many trees or rounds; what it raises ends the fit.
Report = Callable[[int, float], None]


@dataclass(frozen=True)
class Fitted:
    """A trained estimator with scikit-learn's interface; `precision` is what its ONNX graph computes in.

    Scaling in float32 inside a graph moves probabilities by more than the parity tolerance, so a model that
    scales computes in float64; trees compare float32 numbers and need no more.
    `found` is what the fit itself came to, such as the number of rounds after which it stopped.
    """

    estimator: Any
    precision: type[np.float32] | type[np.float64]
    found: Mapping[str, int | float]

    def probabilities(self, part: Part) -> Probabilities:
        """Of shape (rows, classes)."""
        answered: Probabilities = self.estimator.predict_proba(part.features.astype(self.precision))
        return answered


@dataclass(frozen=True)
class Conditions:
    """What a fit depends on besides data and parameters: all the same, and the model is the same.

    `metric` is one of `classification_scores`, the higher the better.
    """

    threads: int
    seed: int
    metric: str = "macro_f1"
    derived: tuple[Derived, ...] = ()

    @property
    def logged(self) -> dict[str, str]:
        """As they are logged with a model; the metric is in its card."""
        formulas = "; ".join(one.formula for one in self.derived) or "none"
        return {"seed": str(self.seed), "threads": str(self.threads), "derived": formulas}

    def score(self, labels: Labels, probabilities: Probabilities) -> float:
        return classification_scores(labels, probabilities)[self.metric]


def nobody(step: int, score: float) -> None:
    """For a fit that nobody watches."""
