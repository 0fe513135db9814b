"""Intervals: where they lie, what they hold, and that they are those of resampled rows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from relevo_pipeline.scoring.bootstrap import estimate, resampled
from relevo_pipeline.scoring.classes import table_scores
from relevo_pipeline.scoring.scores import intervals, scores
from sklearn.metrics import accuracy_score, f1_score, recall_score

rows = st.lists(st.tuples(st.integers(-1, 3), st.integers(0, 3)), min_size=1, max_size=60)


def answers(given_rows: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    """Labels and probabilities that answer with the second of each pair."""
    truth, answered = np.array(given_rows).T
    return truth, np.eye(4)[answered]


@given(rows)
def test_scores_are_those_of_scikit_learn(given_rows: list[tuple[int, int]]) -> None:
    truth, probabilities = answers(given_rows)
    found = scores("multiclass", truth, probabilities)
    answered, occurring = probabilities.argmax(axis=1), np.unique(truth)
    options = {"labels": occurring, "zero_division": 0}
    assert found["macro_f1"] == pytest.approx(f1_score(truth, answered, average="macro", **options))
    assert found["accuracy"] == pytest.approx(accuracy_score(truth, answered))
    assert found["lowest_recall"] == pytest.approx(recall_score(truth, answered, average=None, **options).min())


@given(rows, st.integers(0, 2**32))
def test_an_interval_holds_its_score_and_stays_a_share(given_rows: list[tuple[int, int]], seed: int) -> None:
    truth, probabilities = answers(given_rows)
    found = scores("multiclass", truth, probabilities)
    for name, (low, high) in intervals("multiclass", truth, probabilities, seed).items():
        assert 0 <= low <= found[name] <= high <= 1


def test_drawing_outcomes_is_drawing_rows() -> None:
    """The multinomial draw of outcomes against row numbers that are drawn with replacement."""
    generator = np.random.default_rng(3)
    truth = generator.integers(0, 3, 400)
    answered = np.where(generator.random(400) < 0.7, truth, generator.integers(0, 3, 400))
    low, high = intervals("multiclass", truth, np.eye(3)[answered], seed=1)["macro_f1"]
    drawn = []
    for _ in range(2000):
        chosen = generator.integers(0, 400, 400)
        table = np.bincount(truth[chosen] * 3 + answered[chosen], minlength=9).reshape(3, 3)
        drawn.append(float(table_scores(table)["macro_f1"]))
    # Two sets of 2,000 draws agree on a 2.5 % quantile to about 0.003 here.
    assert [low, high] == pytest.approx(np.quantile(drawn, [0.025, 0.975]), abs=0.01)


def test_the_same_seed_gives_the_same_draws_of_as_many_rows() -> None:
    counts = np.array([5, 0, 90, 1])
    first, second = resampled(counts, seed=1), resampled(counts, seed=1)
    np.testing.assert_array_equal(first, second)
    assert (first.sum(axis=1) == 96).all()
    assert (first[:, 1] == 0).all()


def test_draws_that_are_no_number_are_left_out() -> None:
    assert estimate(0.5, np.array([np.nan, 0.4, 0.6, np.nan]), level=1) == (0.5, 0.4, 0.6)
    assert estimate(0.5, np.array([np.nan])) == (0.5, 0.5, 0.5)
