"""What every SHAP value must be, whatever the model; the library's exact values are in the pipeline's tests."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from relevo_contract.shapley import Matrix, Predict, contributions

cells = st.floats(-10, 10).map(lambda cell: round(cell, 3))


@st.composite
def cases(draw: st.DrawFn) -> tuple[Predict, Matrix, Matrix]:
    """A model of up to five columns that interact in any order, with up to three outputs; a row; a background."""
    columns, outputs, rows = (draw(st.integers(1, most)) for most in (5, 3, 5))
    weights = draw(arrays(np.float64, (columns, outputs), elements=cells))

    def predict(matrix: Matrix) -> Matrix:
        return np.tanh(matrix @ weights) + np.prod(np.tanh(matrix), axis=1, keepdims=True)

    row = draw(arrays(np.float64, columns, elements=cells))
    return predict, row, draw(arrays(np.float64, (rows, columns), elements=cells))


def exact(predict: Predict, row: Matrix, background: Matrix) -> Matrix:
    """By definition: the mean gain of a column over every order of the columns and every background row."""
    gains = np.zeros((len(row), predict(row[None]).shape[1]))
    orders = list(permutations(range(len(row))))
    for order in orders:
        mixed = background.copy()
        before = predict(mixed).mean(axis=0)
        for column in order:
            mixed[:, column] = row[column]
            gains[column] += (after := predict(mixed).mean(axis=0)) - before
            before = after
    return gains / len(orders)


@given(cases(), st.integers(0, 2**32))
def test_base_and_contributions_are_the_answer(case: tuple[Predict, Matrix, Matrix], seed: int) -> None:
    predict, row, background = case
    found = contributions(predict, row, background, np.random.default_rng(seed))
    np.testing.assert_allclose(found.base, predict(background).mean(axis=0))
    np.testing.assert_allclose(found.base + found.values.sum(axis=0), predict(row[None])[0], atol=1e-9)


@given(cases(), st.integers(0, 2**32), st.data())
def test_a_column_that_the_model_ignores_adds_nothing(
    case: tuple[Predict, Matrix, Matrix], seed: int, data: st.DataObject
) -> None:
    predict, row, background = case
    ignored = data.draw(st.integers(0, len(row) - 1))

    def blind(matrix: Matrix) -> Matrix:
        return np.asarray(predict(np.where(np.arange(len(row)) == ignored, 1.0, matrix)))

    found = contributions(blind, row, background, np.random.default_rng(seed))
    assert not found.values[ignored].any()


@given(cases(), st.integers(0, 2**32))
def test_pairs_of_columns_are_exact(case: tuple[Predict, Matrix, Matrix], seed: int) -> None:
    _, row, background = case
    pairs = np.random.default_rng(seed).normal(size=(len(row), len(row)))

    def quadratic(matrix: Matrix) -> Matrix:
        return np.einsum("ri,ij,rj->r", matrix, pairs, matrix)[:, None]

    found = contributions(quadratic, row, background, np.random.default_rng(seed))
    np.testing.assert_allclose(found.values, exact(quadratic, row, background), atol=1e-7)


@pytest.mark.parametrize("columns", [1, 3, 5])
def test_the_mean_over_many_seeds_is_exact(columns: int) -> None:
    random = np.random.default_rng(columns)
    row, background = random.normal(size=columns), random.normal(size=(4, columns))

    def predict(matrix: Matrix) -> Matrix:
        return np.column_stack([np.prod(matrix, axis=1), np.tanh(matrix.sum(axis=1))])

    found = [contributions(predict, row, background, np.random.default_rng(seed)).values for seed in range(400)]
    error = np.std(found, axis=0) / np.sqrt(len(found))
    assert (np.abs(np.mean(found, axis=0) - exact(predict, row, background)) <= 4 * error + 1e-12).all()


def test_the_same_seed_gives_the_same_values() -> None:
    row, background = np.arange(4.0), np.ones((3, 4))

    def predict(matrix: Matrix) -> Matrix:
        return np.prod(matrix, axis=1, keepdims=True)

    first, second = (contributions(predict, row, background, np.random.default_rng(5)) for _ in range(2))
    np.testing.assert_array_equal(first.values, second.values)
