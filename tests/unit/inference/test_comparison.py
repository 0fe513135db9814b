"""How two answers to one row differ."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from relevo_inference.shadow.comparison import Comparison, NotComparableError, compare


def label(**probabilities: float) -> dict[str, Any]:
    return {"label": max(probabilities, key=probabilities.__getitem__), "probabilities": probabilities}


def value(value: float, interval: tuple[float, float] | None = None) -> dict[str, Any]:
    ends = None if interval is None else {"low": interval[0], "high": interval[1], "coverage": 0.9}
    return {"value": value, "interval": ends}


def test_labels() -> None:
    assert compare(label(a=0.75, b=0.25), label(a=0.5, b=0.5, c=0.0)) == Comparison(True, 0.25)
    assert compare(label(a=1.0), label(b=1.0)) == Comparison(False, 1.0)


def test_values() -> None:
    assert compare(value(10, (8, 12)), value(12)) == Comparison(True, 2)
    assert compare(value(10, (8, 12)), value(7, (7, 8))) == Comparison(False, -3)
    assert compare(value(10), value(7)) == Comparison(None, -3)


def test_a_label_and_a_value() -> None:
    with pytest.raises(NotComparableError):
        compare(label(a=1.0), value(1))
    with pytest.raises(NotComparableError):
        compare(value(1), label(a=1.0))


shares = st.lists(st.integers(0, 100), min_size=3, max_size=3).filter(any)


@given(one=shares, other=shares)
def test_the_distance_is_between_nothing_and_one_and_has_no_direction(one: list[int], other: list[int]) -> None:
    ours, theirs = (
        label(**{n: s / sum(found) for n, s in zip("abc", found, strict=True)}) for found in (one, other)
    )
    distance = compare(ours, theirs).difference
    assert 0 <= distance <= 1 + 1e-12
    assert distance == pytest.approx(compare(theirs, ours).difference)
    assert compare(ours, ours) == Comparison(True, 0)
