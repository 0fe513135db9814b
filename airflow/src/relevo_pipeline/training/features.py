"""From encoded inputs to what models read."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from relevo_contract.columns import Column
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from relevo_pipeline.training.dataset import Dataset
from relevo_pipeline.training.derived import Derive
from relevo_pipeline.training.fitting import Conditions
from relevo_pipeline.training.statistics import looked_up


def one_hot_and_scale(inputs: Sequence[Column]) -> ColumnTransformer:
    """Categories one-hot, an unknown one as none of them; numbers with mean 0 and deviation 1."""
    categories = [position for position, column in enumerate(inputs) if column.is_category]
    numbers = [position for position, column in enumerate(inputs) if not column.is_category]
    codes = [np.arange(len(inputs[position].choices), dtype=np.float64) for position in categories]
    one_hot = OneHotEncoder(categories=codes, handle_unknown="ignore", sparse_output=False)
    return ColumnTransformer([("numbers", StandardScaler(), numbers), ("categories", one_hot, categories)])


def for_trees(data: Dataset, conditions: Conditions, learnt: NDArray[Any]) -> tuple[Pipeline, NDArray[np.float32]]:
    """The steps before the trees, and what these learn from: `learnt` has what is learnt of each training row.

    In float32, as the served graph sees the rows: thresholds then mean the same in both.
    """
    derive = Derive.of(data.inputs, conditions.derived)
    features = derive.transform(data.parts["train"].features)
    if not conditions.statistics:
        return Pipeline([("derive", derive)]), features
    look_up, features = looked_up(data.inputs, conditions.statistics, features, learnt.astype(np.float64))
    return Pipeline([("derive", derive), ("statistics", look_up)]), features
