"""From encoded inputs to what a linear model reads."""

from collections.abc import Sequence

import numpy as np
from relevo_contract.columns import Column
from sklearn.compose import ColumnTransformer
from sklearn.preprocessing import OneHotEncoder, StandardScaler


def one_hot_and_scale(inputs: Sequence[Column]) -> ColumnTransformer:
    """Categories one-hot, an unknown one as none of them; numbers with mean 0 and deviation 1."""
    categories = [position for position, column in enumerate(inputs) if column.is_category]
    numbers = [position for position, column in enumerate(inputs) if not column.is_category]
    codes = [np.arange(len(inputs[position].choices), dtype=np.float64) for position in categories]
    one_hot = OneHotEncoder(categories=codes, handle_unknown="ignore", sparse_output=False)
    return ColumnTransformer([("numbers", StandardScaler(), numbers), ("categories", one_hot, categories)])
