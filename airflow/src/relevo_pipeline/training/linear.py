"""A linear floor: whatever does not beat it has not learnt anything worth its size."""

import numpy as np
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import Pipeline

from relevo_pipeline.training.dataset import Dataset
from relevo_pipeline.training.endings import TargetScale
from relevo_pipeline.training.features import one_hot_and_scale
from relevo_pipeline.training.fitting import Conditions, Fitted, Parameters, Report
from relevo_pipeline.training.weights import class_weights


def logistic_regression(data: Dataset, parameters: Parameters, conditions: Conditions, _: Report) -> Fitted:
    """For labels."""
    train = data.parts["train"]
    labels = train.labels.astype(np.int64)
    classifier = LogisticRegression(
        C=parameters["C"],
        max_iter=300,
        class_weight=class_weights(labels, parameters["balance"]),
        random_state=conditions.seed,
    )
    model = Pipeline([("encode", one_hot_and_scale(data.inputs)), ("classify", classifier)])
    model.fit(train.features, labels)
    return Fitted(model, np.float64, {"iterations": int(classifier.n_iter_.max())})


def linear_regression(data: Dataset, parameters: Parameters, conditions: Conditions, _: Report) -> Fitted:
    """For values: least squares with a penalty on the squared weights."""
    train = data.parts["train"]
    values = train.labels.astype(np.float64)
    scale = TargetScale.of(values, log=conditions.log_target)
    model = Pipeline([("encode", one_hot_and_scale(data.inputs)), ("estimate", Ridge(alpha=parameters["alpha"]))])
    model.fit(train.features, scale.standardised(values))
    return Fitted(model, np.float64, {}, scale)
