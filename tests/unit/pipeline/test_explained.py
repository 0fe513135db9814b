"""SHAP values of trained models: right against shap's exact ones, and summed up as they say."""

import math
import warnings
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from relevo_contract.card import Card
from relevo_contract.columns import Column
from relevo_contract.encoding import Encoder
from relevo_contract.shapley import Matrix
from relevo_pipeline.explanation.background import background
from relevo_pipeline.explanation.explained import Explained, explain_rows
from support.explanations import explained
from support.training import dataset

DATA = dataset()
ELEVATION, SOIL = 0, 11


def card(target: Column = DATA.target) -> Card:
    return Card(
        problem="p",
        title="P",
        description="",
        task="multiclass" if target.is_category else "regression",
        data="simulated",
        algorithm="a",
        inputs=DATA.inputs,
        target=target,
        primary_metric="m",
        metrics={},
        training_set=DATA.training_set,
        background=background(DATA),
        decision="",
        code_version="1",
        run_id="r",
        dag_run_id="d",
        created_at=datetime.now(UTC),
    )


def two_columns(matrix: Matrix) -> Matrix:
    """Seven class probabilities from the elevation and whether the soil is one of the later choices."""
    score = np.zeros((len(matrix), len(DATA.target.choices)))
    score[:, 1] = (matrix[:, ELEVATION] - 2800) / 200
    score[:, 2] = 2 * (matrix[:, SOIL] >= 20) * score[:, 1]
    weights = np.exp(score)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def explain(rows: int = 30, seconds: float = 60, seed: int = 1) -> Explained:
    test = DATA.parts["test"].frame.head(rows)
    return explain_rows(card(), two_columns, test, card(), seed=seed, seconds=seconds)


def test_only_the_columns_that_the_model_reads_count() -> None:
    found = explain()
    counted = np.flatnonzero(np.abs(found.values).sum(axis=(0, 2)))
    assert counted.tolist() == [ELEVATION, SOIL]
    np.testing.assert_allclose(found.base + found.values.sum(axis=1), two_columns(found.features), atol=1e-12)
    importance = found.importance()
    assert list(importance.overall)[:2] == ["Elevation", "Soil_Type"]
    assert (importance.rows, importance.background_rows, importance.unit) == (30, 50, "probability")


def test_they_are_shap_s_exact_values() -> None:
    """Two columns interact, so ours are exact; shap goes through all 4,096 coalitions."""
    found = explain(rows=2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PendingDeprecationWarning)  # shap's import, about matplotlib
        import shap
    behind = Encoder(DATA.inputs).table(card().background_columns, 50)
    exact = shap.ExactExplainer(two_columns, shap.maskers.Independent(behind, max_samples=50))
    np.testing.assert_allclose(found.values, exact(found.features, silent=True).values, atol=1e-6)


def test_a_category_is_masked_by_the_background_s_categories() -> None:
    """By hand: with one row, one that differs from it in its soil alone, the soil adds the whole difference."""
    names = [column.name for column in DATA.inputs]
    row = DATA.parts["test"].frame[names].head(1).assign(Soil_Type=DATA.inputs[SOIL].choices[25])
    other = row.assign(Soil_Type=DATA.inputs[SOIL].choices[5])
    behind = card().model_copy(update={"background": tuple(other.itertuples(index=False, name=None))})
    found = explain_rows(card(), two_columns, row, behind, seed=1, seconds=60)
    without = found.features.copy()
    without[:, SOIL] = 5
    difference = two_columns(found.features) - two_columns(without)
    assert np.abs(difference).max() > 0.01
    np.testing.assert_allclose(found.values[:, SOIL], difference, atol=1e-12)
    assert not np.delete(found.values, SOIL, axis=1).any()


def test_the_same_seed_and_rows_give_the_same_values() -> None:
    np.testing.assert_array_equal(explain(rows=5).values, explain(rows=10).values[:5])
    assert explain(rows=5).importance() == explain(rows=5).importance()


def test_a_slow_model_is_explained_on_fewer_rows() -> None:
    found = explain(rows=40, seconds=1e-9)
    assert len(found.values) == len(found.rows) == len(found.features) == 20
    assert found.importance().rows == 20


def test_a_regression_counts_in_its_own_unit() -> None:
    price = Column(name="price", kind="number", description="Price", unit="USD")
    found = explain_rows(
        card(price),
        lambda matrix: 10 * matrix[:, [ELEVATION]],
        DATA.parts["test"].frame.head(3),
        card(),
        seed=1,
        seconds=60,
    )
    assert (found.unit, found.outputs) == ("USD", ("price",))
    mean = 10 * np.abs(found.features[:, ELEVATION] - DATA.parts["train"].features[:50, ELEVATION].mean()).mean()
    assert found.importance().overall["Elevation"] == pytest.approx(mean)
    assert found.importance().by_output["price"]["Elevation"] == pytest.approx(mean)


@given(arrays(np.float64, (4, 3, 2), elements=st.floats(-1, 1)))
def test_what_a_column_moves_is_half_of_what_it_adds_and_takes(values: Matrix) -> None:
    columns = DATA.inputs[9:]
    importance = explained(values, columns).importance()
    assert list(importance.overall.values()) == sorted(importance.overall.values(), reverse=True)
    for position, column in enumerate(columns):
        assert importance.overall[column.name] == pytest.approx(np.abs(values[:, position]).sum() / 8)
        by_class = [importance.by_output[output][column.name] for output in ("a", "b")]
        assert importance.overall[column.name] == pytest.approx(math.fsum(by_class) / 2)


def test_the_beeswarm_has_every_value_and_every_cell() -> None:
    found = explain(rows=3)
    swarm = found.beeswarm()
    assert swarm.columns == tuple(column.name for column in DATA.inputs)
    first = DATA.parts["test"].frame.iloc[0]
    assert swarm.rows[0] == tuple(first[name] for name in swarm.columns)
    assert swarm.values["1"]["Elevation"] == pytest.approx(found.values[:, ELEVATION, 1].tolist(), abs=1e-5)
