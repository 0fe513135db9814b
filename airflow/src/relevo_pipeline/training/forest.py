"""Random forests. Their leaves are capped, so that the served graph does not grow with history."""

from typing import Any

import numpy as np
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.pipeline import Pipeline

from relevo_pipeline.training.dataset import Dataset
from relevo_pipeline.training.endings import TargetScale
from relevo_pipeline.training.features import for_trees
from relevo_pipeline.training.fitting import Conditions, Fitted, Parameters, Report, nobody
from relevo_pipeline.training.weights import class_weights

_TREES_A_STEP = 25


def random_forest(data: Dataset, parameters: Parameters, conditions: Conditions, report: Report) -> Fitted:
    """For labels or values."""
    truth = data.parts["train"].labels
    if conditions.task != "regression":
        weights = class_weights(truth.astype(np.int64), parameters["balance"])
        return _grown(
            data, truth, parameters, conditions, report, RandomForestClassifier(class_weight=weights), None
        )
    values = truth.astype(np.float64)
    scale = TargetScale.of(values, log=conditions.log_target)
    learnt = scale.standardised(values)
    return _grown(data, learnt, parameters, conditions, report, RandomForestRegressor(), scale)


def _grown(
    data: Dataset,
    learnt: Any,
    parameters: Parameters,
    conditions: Conditions,
    report: Report,
    forest: Any,
    scale: TargetScale | None,
) -> Fitted:
    validation = data.parts["validation"]
    before, features = for_trees(data, conditions, learnt)
    forest.set_params(
        max_leaf_nodes=int(parameters["max_leaf_nodes"]),
        min_samples_leaf=int(parameters["min_samples_leaf"]),
        max_features=parameters["max_features"],
        n_jobs=conditions.threads,
        random_state=conditions.seed,
        warm_start=True,
    )
    fitted = Fitted(Pipeline([*before.steps, ("trees", forest)]), np.float32, {}, scale)
    trees = int(parameters["n_estimators"])
    for grown in (*range(_TREES_A_STEP, trees, _TREES_A_STEP), trees):
        forest.set_params(n_estimators=grown).fit(features, learnt)
        if report is not nobody:
            report(grown, conditions.score(validation.labels, fitted.answers(validation)))
    leaves = sum(int(tree.get_n_leaves()) for tree in forest.estimators_)
    return Fitted(fitted.estimator, np.float32, {"leaves": leaves}, scale)
