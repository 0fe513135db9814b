"""Means of the target by an input's value: learnt from other rows, served as they were trained."""

from dataclasses import replace

import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from relevo_contract.columns import Column
from relevo_pipeline.scoring.scores import scores
from relevo_pipeline.training import export
from relevo_pipeline.training.candidates import fit
from relevo_pipeline.training.fitting import Conditions
from relevo_pipeline.training.statistics import LookUp, looked_up
from relevo_problems.problem import Statistic
from support.tasks import HOUSES, Task, houses

ZIP = Column(name="Zip", kind="integer", description="Zip code", minimum=501, maximum=999, default=501)
BY_ZIP = Statistic("Zip", coarser=10, weight=2.0)
COUNTRY = replace(HOUSES, inputs=(*HOUSES.inputs, ZIP), statistics=(BY_ZIP,))
codes = st.integers(501, 999)


def country(rows: int) -> Task:
    """Houses whose price also depends on a zip code, in no order of the codes."""
    random = np.random.default_rng(3)
    factors, zips = np.exp(random.normal(0, 0.6, 1000)), random.integers(501, 1000, rows)
    frame = houses(rows).assign(Zip=zips)
    return Task(COUNTRY, frame.assign(Price=frame["Price"] * factors[zips]))


@given(st.lists(st.tuples(codes, st.floats(-3, 3)), min_size=1, max_size=30), codes)
def test_an_entry_is_the_mean_of_its_rows_drawn_to_that_of_its_neighbours(
    rows: list[tuple[int, float]], asked: int
) -> None:
    zips, learnt = np.array([code for code, _ in rows]), np.array([value for _, value in rows])
    table = LookUp.of((ZIP,), (BY_ZIP,), zips[:, None].astype(float), learnt)
    near, same = learnt[zips // 10 == asked // 10], learnt[zips == asked]
    around = (near.sum() + 2.0 * learnt.mean()) / (len(near) + 2.0)
    expected = (same.sum() + 2.0 * around) / (len(same) + 2.0)
    found = table.transform(np.array([[asked]], dtype=np.float32))
    assert found[0].tolist() == [asked, pytest.approx(expected, abs=1e-5)]


def test_a_training_row_is_told_what_the_other_rows_say() -> None:
    features = np.full((10, 1), 600.0)
    learnt = np.zeros(10)
    learnt[3] = 100.0
    _, extended = looked_up((ZIP,), (BY_ZIP,), features, learnt)
    # Of the fifth with the odd one out nobody has heard of it.
    assert (extended[[3, 8], 1] == 0).all()
    assert (np.delete(extended[:, 1], [3, 8]) > 5).all()


def test_a_value_beyond_the_table_gets_the_entry_at_its_end() -> None:
    table = LookUp.of((ZIP,), (BY_ZIP,), np.array([[501.0], [999.0]]), np.array([-1.0, 1.0]))
    ends = table.transform(np.array([[501.0], [999.0]]))[:, 1]
    assert table.transform(np.array([[-7.0], [2**24]]))[:, 1].tolist() == ends.tolist()


@pytest.mark.parametrize("name", ["random_forest", "xgboost"])
def test_trees_serve_what_they_learnt_and_learn_more(name: str) -> None:
    data = country(3000).dataset()
    conditions = Conditions.of(COUNTRY, threads=1, seed=5)
    fitted = fit(name, data, conditions)
    graph = export.to_graph(fitted, len(data.inputs))
    onnx.checker.check_model(graph)
    test = data.parts["test"]
    unseen = test.features.copy()
    unseen[:, -1] = 2**24
    for rows in (test.features, unseen):
        assert export.parity(fitted, graph, rows).max_difference <= 1e-5
    without = fit(name, data, replace(conditions, statistics=()))
    with_it, plain = (scores("regression", test.labels, one.answers(test))["mae"] for one in (fitted, without))
    assert with_it < 0.95 * plain
    assert conditions.logged["statistics"] == "mean target by Zip, then by Zip // 10, weight 2"
