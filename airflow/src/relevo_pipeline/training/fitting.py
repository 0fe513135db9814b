"""What a fit gets and what it gives, whatever the candidate."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from relevo_contract.card import Task
from relevo_contract.metrics import metric
from relevo_problems.problem import Derived, Problem, Statistic

from relevo_pipeline.scoring.scorer import Answers, Truth
from relevo_pipeline.scoring.scores import score
from relevo_pipeline.training.dataset import Part
from relevo_pipeline.training.endings import Ending

Parameters = Mapping[str, int | float]
# Told the score on the validation split after so many trees or rounds; what it raises ends the fit.
Report = Callable[[int, float], None]


@dataclass(frozen=True)
class Fitted:
    """A trained estimator with scikit-learn's interface; `precision` is what its ONNX graph computes in.

    Scaling in float32 inside a graph moves probabilities by more than the parity tolerance, so a model that
    scales computes in float64; trees compare float32 numbers and need no more.
    `found` is what the fit itself came to, such as the number of rounds after which it stopped.
    `ending` makes the answer of what the estimator gives; without one that is the answer itself.
    """

    estimator: Any
    precision: type[np.float32] | type[np.float64]
    found: Mapping[str, int | float]
    ending: Ending | None = None

    def answers(self, part: Part) -> Answers:
        """Probabilities of shape (rows, classes), or values of shape (rows,)."""
        return self.answers_to(part.features)

    def answers_to(self, features: Answers) -> Answers:
        """The same, to encoded rows of shape (rows, inputs)."""
        rows = features.astype(self.precision)
        gives = getattr(self.estimator, "predict_proba", None) or self.estimator.predict
        given: Answers = gives(rows)
        return given if self.ending is None else self.ending.finish(given)


@dataclass(frozen=True)
class Conditions:
    """What a fit depends on besides data and parameters: all the same, and the model is the same.

    `metric`, one of the task's, is what boosting stops by and a search looks for. `log_target`, of a regression,
    says that it learns the logarithm of its target.
    """

    threads: int
    seed: int
    metric: str = "macro_f1"
    derived: tuple[Derived, ...] = ()
    task: Task = "multiclass"
    log_target: bool = False
    statistics: tuple[Statistic, ...] = ()

    @classmethod
    def of(cls, problem: Problem, threads: int, seed: int) -> Self:
        """Those of a problem."""
        log = problem.target_scale == "log"
        metric, derived = problem.primary_metric, problem.derived
        return cls(threads, seed, metric, derived, problem.task, log, problem.statistics)

    @property
    def logged(self) -> dict[str, str]:
        """As they are logged with a model; task and metric are in its card."""
        formulas = "; ".join(one.formula for one in self.derived) or "none"
        found = {"seed": str(self.seed), "threads": str(self.threads), "derived": formulas}
        if self.task == "regression":
            found["target_scale"] = "log" if self.log_target else "linear"
            found["statistics"] = "; ".join(one.formula for one in self.statistics) or "none"
        return found

    @property
    def higher_is_better(self) -> bool:
        return metric(self.metric).higher_is_better

    def score(self, truth: Truth, answers: Answers) -> float:
        return score(self.task, self.metric, truth, answers)


def nobody(step: int, score: float) -> None:
    """For a fit that nobody watches."""
