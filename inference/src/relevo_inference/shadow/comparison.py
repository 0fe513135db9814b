"""How two answers to the same row differ."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


class NotComparableError(Exception):
    """One names a label and the other a value."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """For labels: whether both are the same, and the total variation distance of their probabilities (half the sum
    of the absolute differences, from 0 to 1). For values: whether the challenger's lies in the interval that
    production served (None where it served none), and the challenger's minus production's, in the target's unit."""

    agrees: bool | None
    difference: float


def compare(production: Mapping[str, Any], challenger: Mapping[str, Any]) -> Comparison:
    """Compare two answers, as `LoadedModel` gives them."""
    if ("label" in production) != ("label" in challenger):
        raise NotComparableError
    if "label" in production:
        ours, theirs = production["probabilities"], challenger["probabilities"]
        distance = sum(abs(ours.get(label, 0.0) - theirs.get(label, 0.0)) for label in {**ours, **theirs}) / 2
        return Comparison(production["label"] == challenger["label"], distance)
    value, interval = challenger["value"], production.get("interval")
    agrees = None if interval is None else interval["low"] <= value <= interval["high"]
    return Comparison(agrees, value - production["value"])
