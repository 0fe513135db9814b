"""The models that compete in a run. Each is fitted on encoded rows and can be exported to ONNX."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from optuna.distributions import BaseDistribution, FloatDistribution, IntDistribution
from relevo_contract.card import Task

from relevo_pipeline.errors import StepError
from relevo_pipeline.training.boosting import xgboost
from relevo_pipeline.training.dataset import Dataset
from relevo_pipeline.training.endings import Calibration
from relevo_pipeline.training.fitting import Conditions, Fitted, Parameters, Report, nobody
from relevo_pipeline.training.forest import random_forest
from relevo_pipeline.training.linear import linear_regression, logistic_regression


@dataclass(frozen=True)
class Candidate:
    """A kind of model: how it is fitted, the parameters picked by hand, and where a search looks for better ones.

    `balance` among the parameters is the power of the class weights: 0 counts every row alike, 1 every class.
    """

    fit: "Fit"
    defaults: Parameters
    space: Mapping[str, BaseDistribution]


Fit = Callable[[Dataset, Parameters, Conditions, Report], Fitted]


def candidate(name: str, task: Task) -> Candidate:
    """The candidate of that name for a kind of task.

    Raises:
        StepError: there is none; the sentence says which there are.
    """
    there = CANDIDATES[task]
    if name not in there:
        raise StepError(f"there is no candidate {name} for a {task} problem; there are: {', '.join(there)}.")
    return there[name]


def fit(
    name: str,
    data: Dataset,
    conditions: Conditions,
    parameters: Parameters | None = None,
    report: Report = nobody,
) -> Fitted:
    """Fit a candidate once; `parameters` take the place of its hand-picked ones.

    Probabilities of two classes are calibrated on the validation split, so that they mean what they say whatever
    weights the classes had.
    """
    chosen = candidate(name, conditions.task)
    fitted = chosen.fit(data, {**chosen.defaults, **(parameters or {})}, conditions, report)
    if conditions.task != "binary":
        return fitted
    validation = data.parts["validation"]
    return replace(fitted, ending=Calibration.of(fitted.answers(validation), validation.labels == 1))


def recorded(name: str, task: Task, logged: Mapping[str, str]) -> Parameters:
    """The parameters among those that a candidate's MLflow run has logged; with them `fit` makes it again."""
    return {parameter: json.loads(logged[parameter]) for parameter in candidate(name, task).defaults}


_BALANCE = {"balance": FloatDistribution(0, 1)}
_FOREST = {
    "max_leaf_nodes": IntDistribution(500, 4000, log=True),
    "min_samples_leaf": IntDistribution(1, 5),
    "max_features": FloatDistribution(0.2, 0.8),
}
_BOOSTING = {
    "learning_rate": FloatDistribution(0.1, 0.4, log=True),
    "max_depth": IntDistribution(6, 14),
    # Far below 1 the leaves are so many that the graph of 98 MB took 3.6 GiB to make (docs/benchmarks.md).
    "min_child_weight": FloatDistribution(1, 10, log=True),
    "subsample": FloatDistribution(0.6, 1.0),
    "colsample_bytree": FloatDistribution(0.4, 1.0),
    "reg_lambda": FloatDistribution(0.1, 10, log=True),
}

CANDIDATES: dict[Task, dict[str, Candidate]] = {
    "multiclass": {
        "logistic_regression": Candidate(
            logistic_regression,
            defaults={"C": 1.0, "balance": 1.0},
            space={"C": FloatDistribution(0.01, 100, log=True), **_BALANCE},
        ),
        "random_forest": Candidate(
            random_forest,
            defaults={
                "n_estimators": 100,
                "max_leaf_nodes": 2000,
                "min_samples_leaf": 1,
                "max_features": 0.4,
                "balance": 1.0,
            },
            space={**_FOREST, **_BALANCE},
        ),
        "xgboost": Candidate(
            xgboost,
            defaults={
                "n_estimators": 400,
                "early_stopping_rounds": 50,
                "learning_rate": 0.2,
                "max_depth": 12,
                "min_child_weight": 1.0,
                "subsample": 0.9,
                "colsample_bytree": 0.7,
                "reg_lambda": 1.0,
                "balance": 0.0,
            },
            space={**_BOOSTING, **_BALANCE},
        ),
    },
    # Where one class is rare and hard to tell, trees have to be shallow and their leaves large.
    "binary": {
        "logistic_regression": Candidate(
            logistic_regression,
            defaults={"C": 0.1, "balance": 0.0},
            space={"C": FloatDistribution(0.001, 10, log=True), **_BALANCE},
        ),
        "random_forest": Candidate(
            random_forest,
            defaults={
                "n_estimators": 200,
                "max_leaf_nodes": 500,
                "min_samples_leaf": 20,
                "max_features": 0.3,
                "balance": 0.0,
            },
            space={
                "max_leaf_nodes": IntDistribution(50, 1000, log=True),
                "min_samples_leaf": IntDistribution(2, 50, log=True),
                "max_features": FloatDistribution(0.1, 0.6),
                **_BALANCE,
            },
        ),
        "xgboost": Candidate(
            xgboost,
            defaults={
                "n_estimators": 600,
                "early_stopping_rounds": 50,
                "learning_rate": 0.05,
                "max_depth": 5,
                "min_child_weight": 10.0,
                "subsample": 0.8,
                "colsample_bytree": 0.4,
                "reg_lambda": 5.0,
                "balance": 0.0,
            },
            space={
                "learning_rate": FloatDistribution(0.02, 0.2, log=True),
                "max_depth": IntDistribution(2, 8),
                "min_child_weight": FloatDistribution(1, 50, log=True),
                "subsample": FloatDistribution(0.5, 1.0),
                "colsample_bytree": FloatDistribution(0.2, 1.0),
                "reg_lambda": FloatDistribution(0.1, 50, log=True),
                **_BALANCE,
            },
        ),
    },
    "regression": {
        "linear_regression": Candidate(
            linear_regression, defaults={"alpha": 1.0}, space={"alpha": FloatDistribution(0.01, 1000, log=True)}
        ),
        "random_forest": Candidate(
            random_forest,
            defaults={"n_estimators": 100, "max_leaf_nodes": 2000, "min_samples_leaf": 2, "max_features": 0.5},
            space=_FOREST,
        ),
        "xgboost": Candidate(
            xgboost,
            defaults={
                "n_estimators": 600,
                "early_stopping_rounds": 50,
                "learning_rate": 0.1,
                "max_depth": 8,
                "min_child_weight": 5.0,
                "subsample": 0.8,
                "colsample_bytree": 0.6,
                "reg_lambda": 1.0,
            },
            space={
                **_BOOSTING,
                "max_depth": IntDistribution(4, 10),
                "learning_rate": FloatDistribution(0.03, 0.3, log=True),
            },
        ),
    },
}
