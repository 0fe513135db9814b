"""From delivered listings to what a model reads."""

import math
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from relevo_problems.preparation import Exclusion
from relevo_problems.realestate.columns import (
    INPUTS,
    LEAST_PRICE,
    LEAST_SIZE,
    MOST_ACRES,
    MOST_PRICE,
    MOST_ROOMS,
    MOST_SIZE,
    OLDEST_SALE,
    TARGET,
)

if TYPE_CHECKING:
    import pandas as pd

# The file was collected in spring 2023: an age is up to this day, whenever and with whichever rows it is computed.
COLLECTED = date(2023, 5, 1)


@lru_cache(maxsize=50_000)
def years_since(sold: str | None) -> float:
    """Years from an ISO date to the day the file was collected, at least 0; NaN for what is no such date."""
    try:
        day = date.fromisoformat(sold or "")
    except ValueError:
        return math.nan
    return round(max(0, (COLLECTED - day).days) / 365.25, 2) if day.year >= OLDEST_SALE else math.nan


def _outside(name: str, least: float, most: float) -> Exclusion:
    def where(rows: "pd.DataFrame") -> Any:
        return (rows[name] < least) | (rows[name] > most)

    return Exclusion(f"{name} not from {least:,} to {most:,}", where)


def _without(name: str) -> Exclusion:
    return Exclusion(f"no {name}", lambda rows: rows[name].isna())


EXCLUSIONS = (
    _without("price"),
    Exclusion(f"price below {LEAST_PRICE:,}: a rent or a placeholder", lambda rows: rows["price"] < LEAST_PRICE),
    Exclusion(f"price above {MOST_PRICE:,}", lambda rows: rows["price"] > MOST_PRICE),
    *(_without(name) for name in ("bed", "bath", "acre_lot", "zip_code", "house_size", "prev_sold_date")),
    Exclusion(
        f"prev_sold_date is no date since {OLDEST_SALE}",
        lambda rows: rows["prev_sold_date"].map(years_since).isna(),
    ),
    _outside("bed", 1, MOST_ROOMS),
    _outside("bath", 1, MOST_ROOMS),
    _outside("acre_lot", 0, MOST_ACRES),
    _outside("zip_code", 501, 99_999),
    _outside("house_size", LEAST_SIZE, MOST_SIZE),
)


def prepare(rows: "pd.DataFrame") -> "pd.DataFrame":
    """Rows of shape (listings, 12) to (listings, inputs and target)."""
    prepared = rows.assign(years_since_sale=rows["prev_sold_date"].map(years_since))
    return prepared[[column.name for column in (*INPUTS, TARGET)]]
