"""Samples with a bound: enough rows to draw a picture of millions."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from relevo_contract.columns import Column
from relevo_contract.reference_rows import ReferenceRows

from relevo_pipeline.training.dataset import Dataset

SAMPLE = 2000


def reference_rows(data: Dataset, seed: int) -> ReferenceRows:
    """Up to 2,000 training rows, drawn without replacement, in their order."""
    train = data.parts["train"]
    drawn = positions(len(train.labels), seed)
    encoded = [*zip(data.inputs, train.features[drawn].T, strict=True), (data.target, train.labels[drawn])]
    cells = [_decoded(column, values) for column, values in encoded]
    return ReferenceRows(columns=tuple(column.name for column, _ in encoded), rows=tuple(zip(*cells, strict=True)))


def frame(sampled: ReferenceRows) -> pd.DataFrame:
    """The sample as typed rows, as the clean table has them."""
    return pd.DataFrame(list(sampled.rows), columns=list(sampled.columns))


def positions(rows: int, seed: int) -> NDArray[np.int64]:
    """Which of so many rows are in a sample, in ascending order."""
    drawn = np.random.default_rng(seed).choice(rows, min(SAMPLE, rows), replace=False)
    return np.sort(drawn)


def _decoded(column: Column, encoded: NDArray[np.float64] | NDArray[np.int64]) -> list[int | float | str]:
    if column.kind == "number":
        return list(encoded.astype(np.float64).tolist())
    integers = encoded.astype(np.int64).tolist()
    return [column.choices[code] for code in integers] if column.is_category else integers
