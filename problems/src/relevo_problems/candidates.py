"""The models that a problem may let compete, by name; `relevo_pipeline.training` knows how each is made."""

from collections.abc import Mapping

from relevo_contract.card import Task

_CLASSES: tuple[Task, ...] = ("multiclass", "binary")

CANDIDATES: Mapping[str, tuple[Task, ...]] = {
    "logistic_regression": _CLASSES,
    "linear_regression": ("regression",),
    "random_forest": (*_CLASSES, "regression"),
    "xgboost": (*_CLASSES, "regression"),
}
