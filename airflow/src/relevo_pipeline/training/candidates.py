"""The models that compete in a run. Each is fitted on encoded rows and can be exported to ONNX."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from optuna.distributions import BaseDistribution, FloatDistribution, IntDistribution
from relevo_contract.columns import Column
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from xgboost import XGBClassifier
from xgboost.callback import EarlyStopping, TrainingCallback

from relevo_pipeline.training.dataset import Dataset, Labels
from relevo_pipeline.training.derived import Derive
from relevo_pipeline.training.fitting import Conditions, Fitted, Parameters, Report, nobody
from relevo_pipeline.training.metrics import Probabilities

_TREES_A_STEP = 25


@dataclass(frozen=True)
class Candidate:
    """A kind of model: how it is fitted, the parameters picked by hand, and where a search looks for better ones.

    `balance` among the parameters is the power of the class weights: 0 counts every row alike, 1 every class.
    """

    fit: "Fit"
    defaults: Parameters
    space: Mapping[str, BaseDistribution]


Fit = Callable[[Dataset, Parameters, Conditions, Report], Fitted]


def fit(
    candidate: str,
    data: Dataset,
    conditions: Conditions,
    parameters: Parameters | None = None,
    report: Report = nobody,
) -> Fitted:
    """Fit a candidate once; `parameters` take the place of its hand-picked ones."""
    chosen = CANDIDATES[candidate]
    return chosen.fit(data, {**chosen.defaults, **(parameters or {})}, conditions, report)


def recorded(candidate: str, logged: Mapping[str, str]) -> Parameters:
    """The parameters among those that a candidate's MLflow run has logged; with them `fit` makes it again."""
    return {name: json.loads(logged[name]) for name in CANDIDATES[candidate].defaults}


def class_weights(labels: Labels, balance: float) -> dict[int, float]:
    """(rows / (classes × rows of the class)) ** `balance`: scikit-learn's "balanced" where it is 1."""
    counts = np.bincount(labels)
    weights = (len(labels) / (np.count_nonzero(counts) * counts.clip(min=1))) ** balance
    return {label: float(weight) for label, weight in enumerate(weights)}


def _logistic_regression(data: Dataset, parameters: Parameters, conditions: Conditions, _: Report) -> Fitted:
    """A linear floor: whatever does not beat it has not learnt anything worth its size."""
    train = data.parts["train"]
    classifier = LogisticRegression(
        C=parameters["C"],
        max_iter=300,
        class_weight=class_weights(train.labels, parameters["balance"]),
        random_state=conditions.seed,
    )
    model = Pipeline([("encode", _one_hot_and_scale(data.inputs)), ("classify", classifier)])
    model.fit(train.features, train.labels)
    return Fitted(model, np.float64, {"iterations": int(classifier.n_iter_.max())})


def _random_forest(data: Dataset, parameters: Parameters, conditions: Conditions, report: Report) -> Fitted:
    """Leaves are capped, so that the served graph does not grow with history."""
    train, validation = data.parts["train"], data.parts["validation"]
    derive = Derive.of(data.inputs, conditions.derived)
    trees = int(parameters["n_estimators"])
    classifier = RandomForestClassifier(
        max_leaf_nodes=int(parameters["max_leaf_nodes"]),
        min_samples_leaf=int(parameters["min_samples_leaf"]),
        max_features=parameters["max_features"],
        class_weight=class_weights(train.labels, parameters["balance"]),
        n_jobs=conditions.threads,
        random_state=conditions.seed,
        warm_start=True,
    )
    model = Pipeline([("derive", derive), ("classify", classifier)])
    # In float32, as the served graph sees the rows: thresholds then mean the same in both.
    features, held_out = derive.transform(train.features), derive.transform(validation.features)
    for grown in (*range(_TREES_A_STEP, trees, _TREES_A_STEP), trees):
        classifier.set_params(n_estimators=grown).fit(features, train.labels)
        if report is not nobody:
            report(grown, conditions.score(validation.labels, classifier.predict_proba(held_out)))
    leaves = sum(int(tree.get_n_leaves()) for tree in classifier.estimators_)
    return Fitted(model, np.float32, {"leaves": leaves})


def _xgboost(data: Dataset, parameters: Parameters, conditions: Conditions, report: Report) -> Fitted:
    """Boosted trees that stop when the validation split has nothing more to gain in the primary metric."""
    train, validation = data.parts["train"], data.parts["validation"]
    derive = Derive.of(data.inputs, conditions.derived)
    given = dict(parameters)
    weights = class_weights(train.labels, given.pop("balance"))
    patience = int(given.pop("early_stopping_rounds"))

    def metric(labels: NDArray[Any], probabilities: Probabilities) -> float:
        both = probabilities if probabilities.ndim == 2 else np.column_stack([1 - probabilities, probabilities])
        return conditions.score(labels.astype(np.int64), both)

    metric.__name__ = conditions.metric
    classifier = XGBClassifier(
        **given,
        tree_method="hist",
        n_jobs=conditions.threads,
        random_state=conditions.seed,
        eval_metric=metric,
        disable_default_eval_metric=True,
        callbacks=[
            EarlyStopping(rounds=patience, metric_name=conditions.metric, data_name="validation_0", maximize=True),
            _Reporting(conditions.metric, report),
        ],
    )
    # A class that training does not have cannot be scored by the early stopping either.
    known = validation.labels >= 0
    classifier.fit(
        derive.transform(train.features),
        train.labels,
        sample_weight=np.array(list(weights.values()), dtype=np.float32)[train.labels],
        eval_set=[(derive.transform(validation.features[known]), validation.labels[known])],
        verbose=False,
    )
    classifier.set_params(callbacks=None, eval_metric=None)  # they hold the data, and this model outlives it
    model = Pipeline([("derive", derive), ("classify", classifier)])
    return Fitted(model, np.float32, {"rounds": int(classifier.best_iteration) + 1})


class _Reporting(TrainingCallback):  # type: ignore[misc]
    def __init__(self, metric: str, report: Report) -> None:
        super().__init__()
        self._metric, self._report = metric, report

    def after_iteration(self, _: Any, epoch: int, evals_log: Any) -> bool:
        self._report(epoch + 1, max(evals_log["validation_0"][self._metric]))
        return False


def _one_hot_and_scale(inputs: Sequence[Column]) -> ColumnTransformer:
    categories = [position for position, column in enumerate(inputs) if column.is_category]
    numbers = [position for position, column in enumerate(inputs) if not column.is_category]
    codes = [np.arange(len(inputs[position].choices), dtype=np.float64) for position in categories]
    one_hot = OneHotEncoder(categories=codes, handle_unknown="ignore", sparse_output=False)
    return ColumnTransformer([("numbers", StandardScaler(), numbers), ("categories", one_hot, categories)])


CANDIDATES: dict[str, Candidate] = {
    "logistic_regression": Candidate(
        _logistic_regression,
        defaults={"C": 1.0, "balance": 1.0},
        space={"C": FloatDistribution(0.01, 100, log=True), "balance": FloatDistribution(0, 1)},
    ),
    "random_forest": Candidate(
        _random_forest,
        defaults={
            "n_estimators": 100,
            "max_leaf_nodes": 2000,
            "min_samples_leaf": 1,
            "max_features": 0.4,
            "balance": 1.0,
        },
        space={
            "max_leaf_nodes": IntDistribution(500, 4000, log=True),
            "min_samples_leaf": IntDistribution(1, 5),
            "max_features": FloatDistribution(0.2, 0.8),
            "balance": FloatDistribution(0, 1),
        },
    ),
    "xgboost": Candidate(
        _xgboost,
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
        space={
            "learning_rate": FloatDistribution(0.1, 0.4, log=True),
            "max_depth": IntDistribution(6, 14),
            # Far below 1 the leaves are so many that the graph of 98 MB took 3.6 GiB to make (docs/benchmarks.md).
            "min_child_weight": FloatDistribution(1, 10, log=True),
            "subsample": FloatDistribution(0.6, 1.0),
            "colsample_bytree": FloatDistribution(0.4, 1.0),
            "reg_lambda": FloatDistribution(0.1, 10, log=True),
            "balance": FloatDistribution(0, 1),
        },
    ),
}
