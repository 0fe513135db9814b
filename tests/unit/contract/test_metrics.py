"""How figures read, and which way is better."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from relevo_contract.metrics import METRICS, in_unit, metric


@pytest.mark.parametrize(
    ("name", "value", "unit", "shown"),
    [
        ("macro_f1", 0.84123, None, "0.8412"),
        ("auroc", 0.67, "USD", "0.6700"),
        ("mape", 0.23104, "USD", "23.10 %"),
        ("mae", 83_120.4, "USD", "$83,120"),
        ("mae", 12.4, "m", "12.4 m"),
        ("rmse", 0.01234, None, "0.01234"),
        ("something_old", 0.5, None, "0.5000"),
    ],
)
def test_a_figure_reads_as_people_write_it(name: str, value: float, unit: str | None, shown: str) -> None:
    assert metric(name).shown(value, unit) == shown


def test_a_change_has_its_sign_and_a_real_minus() -> None:
    assert metric("mae").change(-2280.3) == "−2,280"
    assert metric("mae").change(2280.3) == "+2,280"
    assert metric("macro_f1").change(0) == "+0.0000"
    assert metric("mape").change(-0.0042) == "−0.42"
    assert in_unit(-1200, "USD") == "−$1,200"
    assert in_unit(706.94, "USD") == "$707"


@given(st.sampled_from(sorted(METRICS)), st.floats(0, 1), st.floats(0, 1))
def test_a_gain_is_an_increase_or_for_errors_a_decrease(name: str, before: float, after: float) -> None:
    gain = METRICS[name].sign * (after - before)
    assert (gain > 0) == (after > before if METRICS[name].higher_is_better else after < before)


def test_titles_are_unique() -> None:
    titles = [found.title for found in METRICS.values()]
    assert len(set(titles)) == len(titles)
