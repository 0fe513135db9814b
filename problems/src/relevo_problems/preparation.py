"""From rows as they were delivered to what a model reads: which are left out, and what becomes of the others."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # who only serves the data needs no pandas
    import pandas as pd

# Delivered rows, typed: float64 (NaN where nothing is), int64 where a column has no nulls, text or None.
Prepare = Callable[["pd.DataFrame"], "pd.DataFrame"]


@dataclass(frozen=True)
class Exclusion:
    """Rows that are in order and that no model should learn from.

    `where` gets delivered rows and gives one truth value each, from nothing but that row.
    """

    reason: str
    where: Callable[["pd.DataFrame"], Any]
