"""The statistics of drift against SciPy's own, and what must hold for any rows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from relevo_contract.assessment import ColumnDrift
from relevo_contract.reference import CategoryCounts, Reference
from relevo_contract.stability import population_stability
from relevo_pipeline.drift.comparison import chi_squared, compare
from relevo_pipeline.drift.reference import histogram
from relevo_problems.rules import DriftThresholds
from scipy import stats

THRESHOLDS = DriftThresholds()

# SciPy divides by zero for one row on each side.
few_values = arrays(np.float64, st.integers(2, 300), elements=st.integers(-20, 20).map(float))
many_values = arrays(np.float64, st.integers(2, 600), elements=st.floats(-1e6, 1e6))
counts = st.lists(st.tuples(st.integers(0, 500), st.integers(0, 500)), min_size=1, max_size=30).filter(
    lambda cells: all(sum(side) for side in zip(*cells, strict=True))
)


def numbers(reference: np.ndarray, new: np.ndarray) -> ColumnDrift:
    described = Reference(rows=len(reference), columns={"x": histogram(reference)})
    return compare(described, {"x": new}, THRESHOLDS)[0]


def categories(reference: dict[str, int], new: list[str]) -> ColumnDrift:
    described = Reference(rows=sum(reference.values()), columns={"x": CategoryCounts(counts=reference)})
    return compare(described, {"x": new}, THRESHOLDS)[0]


@given(few_values, st.data())
def test_with_every_value_an_edge_the_test_is_scipys(reference: np.ndarray, data: st.DataObject) -> None:
    values = [*reference.tolist(), reference.min() - 1, reference.max() + 1]
    new = np.array(data.draw(st.lists(st.sampled_from(values), min_size=2, max_size=200)))
    found = numbers(reference, new)
    expected = stats.ks_2samp(reference, new, method="asymp")
    assert found.statistic == pytest.approx(expected.statistic)
    assert found.p == pytest.approx(expected.pvalue)


@given(many_values, many_values)
def test_binned_the_test_never_sees_more_than_there_is(reference: np.ndarray, new: np.ndarray) -> None:
    found = numbers(reference, new)
    expected = stats.ks_2samp(reference, new, method="asymp")
    assert found.statistic <= expected.statistic + 1e-12
    assert found.p >= expected.pvalue - 1e-12


@pytest.mark.parametrize("shift", [0.0, 0.05, 0.1, 0.5])
def test_a_hundred_bins_lose_little(shift: float) -> None:
    draw = np.random.default_rng(4)
    reference, new = draw.normal(size=8000), draw.normal(shift, size=5000)
    expected = stats.ks_2samp(reference, new).statistic
    assert expected - 0.01 <= numbers(reference, new).statistic <= expected


@given(counts)
def test_the_chi_squared_test_is_scipys(cells: list[tuple[int, int]]) -> None:
    table = np.array([cell for cell in cells if sum(cell)]).T
    found = chi_squared(table)
    if table.shape[1] == 1:
        assert found == (0.0, 1.0)
    else:
        expected = stats.chi2_contingency(table, correction=False)
        assert found == pytest.approx((expected.statistic, expected.pvalue))


@given(counts)
def test_the_stability_index_is_never_negative_and_zero_only_without_a_difference(
    cells: list[tuple[int, int]],
) -> None:
    table = np.array(cells).T
    index = population_stability(table)
    assert index >= 0
    assert population_stability(table[::-1]) == pytest.approx(index)
    assert population_stability(np.array([table[0], 3 * table[0]])) == pytest.approx(0, abs=1e-12)
    shares = table / table.sum(axis=1, keepdims=True)
    if not np.allclose(shares[0], shares[1]):
        assert index > 0


def test_the_stability_index_of_a_table_worked_out_by_hand() -> None:
    # (0.5 - 0.2) ln(0.5 / 0.2) + (0.5 - 0.8) ln(0.5 / 0.8)
    assert population_stability(np.array([[50, 50], [20, 80]])) == pytest.approx(0.41588831)


@given(few_values, few_values, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(reference: np.ndarray, new: np.ndarray, random) -> None:
    shuffled = new.tolist()
    random.shuffle(shuffled)
    assert numbers(reference, new) == numbers(reference, np.array(shuffled))
    texts = [str(value) for value in new]
    counted = {"0.0": 30, "1.0": 5}
    assert categories(counted, texts) == categories(counted, [str(value) for value in shuffled])


@given(few_values)
def test_the_same_rows_have_not_drifted(rows: np.ndarray) -> None:
    found = numbers(rows, rows)
    assert (found.statistic, found.p, found.psi, found.drifted) == (0.0, 1.0, 0.0, False)


@given(st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=200))
def test_rare_categories_are_pooled_and_nothing_breaks(new: list[str]) -> None:
    found = categories({"a": 400, "b": 90, "c": 3, "d": 1, "e": 1}, new)
    assert 0 <= found.p <= found.q <= 1
    assert found.psi >= 0
    assert np.isfinite(found.statistic)


@pytest.mark.parametrize(
    ("reference", "new"),
    [
        ({5: 1000}, {6: 500}),
        ({5: 1000}, {4: 500}),
        ({0: 600, 1: 400}, {-1: 300, 1: 200}),
        ({0: 950, 1: 50}, {0: 300, 1: 200}),
        ({0: 950, 1: 50}, {0: 300, 2: 200}),
        ({0: 50, 1: 950}, {0: 200, 1: 300}),
    ],
)
def test_a_value_that_most_rows_have_hides_no_shift(reference: dict[int, int], new: dict[int, int]) -> None:
    found = numbers(*(np.repeat([*side], [*side.values()]).astype(float) for side in (reference, new)))
    assert found.drifted


def test_pooled_categories_are_tested_like_one() -> None:
    new = ["a"] * 300 + ["b"] * 190 + ["c"] * 4 + ["d"] * 3 + ["z"] * 3
    found = categories({"a": 400, "b": 90, "c": 4, "d": 3, "e": 3}, new)
    expected = stats.chi2_contingency([[400, 90, 10], [300, 190, 10]], correction=False)
    assert (found.statistic, found.p) == pytest.approx((expected.statistic, expected.pvalue))


def test_a_new_category_with_many_rows_is_drift() -> None:
    found = categories({"a": 400, "b": 100}, ["a"] * 300 + ["b"] * 100 + ["new"] * 100)
    assert found.drifted
    assert found.psi > 0.5


def many_columns(shift: float, columns: int, seed: int) -> list[ColumnDrift]:
    draw = np.random.default_rng(seed)
    reference = {f"x{i}": draw.normal(size=400) for i in range(columns)}
    described = Reference(rows=400, columns={name: histogram(values) for name, values in reference.items()})
    return compare(described, {name: draw.normal(shift, size=300) for name in reference}, THRESHOLDS)


@given(st.floats(0, 1), st.integers(1, 15), st.integers(0, 2**32))
def test_correction_keeps_the_order_and_never_sharpens(shift: float, columns: int, seed: int) -> None:
    found = sorted(many_columns(shift, columns, seed), key=lambda column: column.p)
    assert all(column.p <= column.q <= 1 for column in found)
    assert [column.q for column in found] == sorted(column.q for column in found)
    for column in found:
        assert column.drifted == (column.q <= THRESHOLDS.false_discovery_rate and column.psi >= THRESHOLDS.psi)


def test_what_is_significant_and_small_is_no_drift_and_neither_is_what_is_large_by_chance() -> None:
    draw = np.random.default_rng(3)
    significant = numbers(draw.normal(size=100_000), draw.normal(0.05, size=100_000))
    assert significant.p < 1e-6
    assert not significant.drifted
    few = numbers(draw.normal(size=4000), draw.normal(size=25))
    assert few.psi > THRESHOLDS.psi
    assert not few.drifted
