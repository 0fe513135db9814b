"""The reference of a model: how its training rows are distributed, column by column."""

import numpy as np
from numpy.typing import NDArray
from relevo_contract.columns import Column
from relevo_contract.reference import CategoryCounts, Counts, NumberCounts, Reference

from relevo_pipeline.training.dataset import Dataset

# A sample's distribution function is known at the edges only. Between two of a hundred quantiles it can differ
# from the reference's by 0.01 more than at them, and the card still has a few tens of KiB.
_QUANTILES = np.linspace(0.0, 1.0, 101)


def reference(data: Dataset) -> Reference:
    """The training rows of a data set, summed up."""
    train = data.parts["train"]
    columns = {
        column.name: _counts(column, train.features[:, position]) for position, column in enumerate(data.inputs)
    }
    columns[data.target.name] = _counts(data.target, train.labels)
    return Reference(rows=len(train.labels), columns=columns)


def _counts(column: Column, encoded: NDArray[np.float64] | NDArray[np.int64]) -> Counts:
    """Of an encoded column: a category as the position of its choice."""
    if not column.is_category:
        return histogram(encoded)
    counts = np.bincount(encoded.astype(np.int64), minlength=len(column.choices)).tolist()
    return CategoryCounts(counts={choice: n for choice, n in zip(column.choices, counts, strict=True) if n})


def histogram(values: NDArray[np.float64] | NDArray[np.int64]) -> NumberCounts:
    """Counts between the distinct values, or between a hundred quantiles where there are more values than that."""
    distinct = np.unique(values)
    if len(distinct) > len(_QUANTILES):
        # Quantiles that are values themselves: an edge between two values would say nothing about either.
        distinct = np.unique(np.quantile(values, _QUANTILES, method="inverted_cdf"))
    counts = np.bincount(np.searchsorted(distinct, values, side="left"), minlength=len(distinct))
    return NumberCounts(edges=tuple(distinct.astype(float).tolist()), counts=tuple(counts.tolist()))
