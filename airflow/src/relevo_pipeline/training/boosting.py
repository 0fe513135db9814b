"""Boosted trees that stop when the validation split has nothing more to gain in the primary metric."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline
from xgboost import XGBClassifier, XGBRegressor
from xgboost.callback import EarlyStopping, TrainingCallback

from relevo_pipeline.training.dataset import Dataset
from relevo_pipeline.training.endings import TargetScale
from relevo_pipeline.training.features import for_trees
from relevo_pipeline.training.fitting import Conditions, Fitted, Parameters, Report
from relevo_pipeline.training.weights import class_weights


def xgboost(data: Dataset, parameters: Parameters, conditions: Conditions, report: Report) -> Fitted:
    """For labels or values."""
    given = dict(parameters)
    patience = int(given.pop("early_stopping_rounds"))
    best = max if conditions.higher_is_better else min
    common: dict[str, Any] = {
        "tree_method": "hist",
        "n_jobs": conditions.threads,
        "random_state": conditions.seed,
        "disable_default_eval_metric": True,
        "callbacks": [
            EarlyStopping(
                rounds=patience,
                metric_name=conditions.metric,
                data_name="validation_0",
                maximize=conditions.higher_is_better,
            ),
            _Reporting(conditions.metric, report, best),
        ],
    }
    if conditions.task == "regression":
        return _values(data, conditions, given, common)
    return _labels(data, conditions, given, common)


def _labels(data: Dataset, conditions: Conditions, given: dict[str, Any], common: dict[str, Any]) -> Fitted:
    train, validation = data.parts["train"], data.parts["validation"]
    labels = train.labels.astype(np.int64)
    weights = class_weights(labels, given.pop("balance"))

    def score(truth: NDArray[Any], probabilities: NDArray[np.floating]) -> float:
        both = probabilities if probabilities.ndim == 2 else np.column_stack([1 - probabilities, probabilities])
        return conditions.score(truth.astype(np.int64), both)

    score.__name__ = conditions.metric
    classifier = XGBClassifier(**given, **common, eval_metric=score)
    # A class that training does not have cannot be scored by the early stopping either.
    known = validation.labels >= 0
    held_out = (validation.features[known], validation.labels[known])
    each = np.array(list(weights.values()), dtype=np.float32)[labels]
    return _fitted(data, conditions, classifier, labels, held_out, None, sample_weight=each)


def _values(data: Dataset, conditions: Conditions, given: dict[str, Any], common: dict[str, Any]) -> Fitted:
    """The median of the logarithm is that of the value: absolute errors on either scale ask for the same answer.

    The metric, which boosting stops by, is in the target's own unit.
    """
    train, validation = data.parts["train"], data.parts["validation"]
    values = train.labels.astype(np.float64)
    scale = TargetScale.of(values, log=conditions.log_target)

    def score(_: NDArray[Any], found: NDArray[np.floating]) -> float:
        return conditions.score(validation.labels, scale.finish(found))

    score.__name__ = conditions.metric
    regressor = XGBRegressor(**given, **common, eval_metric=score, objective=OBJECTIVE, base_score=0.0)
    held_out = (validation.features, scale.standardised(validation.labels.astype(np.float64)))
    return _fitted(data, conditions, regressor, scale.standardised(values), held_out, scale)


OBJECTIVE = "reg:absoluteerror"


def _fitted(
    data: Dataset,
    conditions: Conditions,
    booster: Any,
    learnt: NDArray[Any],
    held_out: tuple[NDArray[Any], NDArray[Any]],
    scale: TargetScale | None,
    **weights: NDArray[np.float32],
) -> Fitted:
    before, features = for_trees(data, conditions, learnt)
    rows, truth = held_out
    booster.fit(
        features,
        learnt,
        eval_set=[(before.transform(rows), truth)],
        verbose=False,
        **weights,
    )
    booster.set_params(callbacks=None, eval_metric=None)  # they hold the data, and this model outlives it
    model = Pipeline([*before.steps, ("trees", booster)])
    return Fitted(model, np.float32, {"rounds": int(booster.best_iteration) + 1}, scale)


class _Reporting(TrainingCallback):  # type: ignore[misc]
    def __init__(self, metric: str, report: Report, best: Any) -> None:
        super().__init__()
        self._metric, self._report, self._best = metric, report, best

    def after_iteration(self, _: Any, epoch: int, evals_log: Any) -> bool:
        self._report(epoch + 1, self._best(evals_log["validation_0"][self._metric]))
        return False
