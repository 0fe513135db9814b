"""The models that compete in a run. Each is fitted on encoded rows and can be exported to ONNX."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from relevo_contract.columns import Column
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from xgboost import XGBClassifier

from relevo_pipeline.training.dataset import Dataset


@dataclass(frozen=True)
class Fitted:
    """A trained estimator with scikit-learn's interface; `precision` is what its ONNX graph computes in.

    Scaling in float32 inside a graph moves probabilities by more than the parity tolerance, so a model that
    scales computes in float64; trees compare float32 numbers and need no more.
    """

    estimator: Any
    precision: type[np.float32] | type[np.float64]
    parameters: dict[str, object]


@dataclass(frozen=True)
class Resources:
    """What a candidate may use; the same seed and data give the same model."""

    threads: int
    seed: int


def logistic_regression(data: Dataset, resources: Resources) -> Fitted:
    """A linear floor: whatever does not beat it has not learnt anything worth its size."""
    parameters: dict[str, object] = {"C": 1.0, "max_iter": 300, "class_weight": "balanced"}
    model = Pipeline(
        [
            ("encode", _one_hot_and_scale(data.inputs)),
            ("classify", LogisticRegression(**parameters, random_state=resources.seed)),
        ]
    )
    train = data.parts["train"]
    model.fit(train.features, train.labels)
    return Fitted(model, np.float64, parameters)


def random_forest(data: Dataset, resources: Resources) -> Fitted:
    """Leaves are capped, so that the served graph does not grow with history."""
    parameters: dict[str, object] = {
        "n_estimators": 100,
        "max_leaf_nodes": 2000,
        "min_samples_leaf": 1,
        "max_features": 0.6,
        "class_weight": "balanced_subsample",
    }
    model = RandomForestClassifier(**parameters, n_jobs=resources.threads, random_state=resources.seed)
    train = data.parts["train"]
    # In float32, as the served graph sees the rows: thresholds then mean the same in both.
    model.fit(train.features.astype(np.float32), train.labels)
    return Fitted(model, np.float32, parameters)


def xgboost(data: Dataset, resources: Resources) -> Fitted:
    """Boosted trees that stop when the validation split has nothing more to gain."""
    parameters: dict[str, object] = {
        "n_estimators": 400,
        "learning_rate": 0.2,
        "max_depth": 8,
        "subsample": 0.9,
        "colsample_bytree": 0.8,
        "early_stopping_rounds": 20,
    }
    model = XGBClassifier(**parameters, tree_method="hist", n_jobs=resources.threads, random_state=resources.seed)
    train, validation = data.parts["train"], data.parts["validation"]
    # A class that training does not have cannot be scored by the early stopping either.
    known = validation.labels >= 0
    model.fit(
        train.features.astype(np.float32),
        train.labels,
        eval_set=[(validation.features[known].astype(np.float32), validation.labels[known])],
        verbose=False,
    )
    return Fitted(model, np.float32, {**parameters, "best_iteration": model.best_iteration})


def _one_hot_and_scale(inputs: Sequence[Column]) -> ColumnTransformer:
    categories = [position for position, column in enumerate(inputs) if column.is_category]
    numbers = [position for position, column in enumerate(inputs) if not column.is_category]
    codes = [np.arange(len(inputs[position].choices), dtype=np.float64) for position in categories]
    one_hot = OneHotEncoder(categories=codes, handle_unknown="ignore", sparse_output=False)
    return ColumnTransformer([("numbers", StandardScaler(), numbers), ("categories", one_hot, categories)])


CANDIDATES: dict[str, Callable[[Dataset, Resources], Fitted]] = {
    "logistic_regression": logistic_regression,
    "random_forest": random_forest,
    "xgboost": xgboost,
}
