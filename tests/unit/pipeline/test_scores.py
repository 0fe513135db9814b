"""Scores of ranks and errors are those of scikit-learn, under weights as well, and what a resample is."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from relevo_contract.metrics import METRICS
from relevo_pipeline.scoring.bootstrap import bootstrap
from relevo_pipeline.scoring.classes import Classes
from relevo_pipeline.scoring.errors import Errors
from relevo_pipeline.scoring.ranks import Ranks, calibration_error, reliability
from relevo_pipeline.scoring.scores import intervals, scores
from sklearn.metrics import (
    average_precision_score,
    brier_score_loss,
    log_loss,
    mean_absolute_error,
    mean_absolute_percentage_error,
    precision_score,
    r2_score,
    recall_score,
    roc_auc_score,
    root_mean_squared_error,
)

# Few probabilities, so that there are ties.
judged = st.tuples(st.booleans(), st.sampled_from([0.05, 0.2, 0.35, 0.5, 0.8, 0.95]), st.integers(0, 3))
people = st.lists(judged, min_size=2, max_size=40).filter(lambda rows: len({row[0] for row in rows if row[2]}) == 2)


@given(people)
def test_scores_of_ranks_are_those_of_scikit_learn_whatever_the_weights(rows) -> None:
    positive, probability, weight = (np.array(column) for column in zip(*rows, strict=True))
    flagged = probability >= 0.4
    found = Ranks(positive, probability, flagged).scores(weight[None].astype(float))
    options = {"sample_weight": weight}
    assert found["auroc"][0] == pytest.approx(roc_auc_score(positive, probability, **options))
    assert found["average_precision"][0] == pytest.approx(average_precision_score(positive, probability, **options))
    assert found["brier"][0] == pytest.approx(brier_score_loss(positive, probability, **options))
    assert found["log_loss"][0] == pytest.approx(log_loss(positive, probability, **options))
    assert found["recall"][0] == pytest.approx(recall_score(positive, flagged, **options))
    if (weight * flagged).any():
        assert found["precision"][0] == pytest.approx(precision_score(positive, flagged, **options))


@given(people)
def test_a_weight_is_a_row_that_is_there_as_often(rows) -> None:
    positive, probability, weight = (np.array(column) for column in zip(*rows, strict=True))
    whole = Ranks(positive, probability, probability >= 0.4)
    repeated = whole.only(np.repeat(np.arange(len(weight)), weight))
    weighted = whole.scores(weight[None].astype(float))
    for name, score in repeated.scores(np.ones((1, repeated.rows))).items():
        assert weighted[name][0] == pytest.approx(score[0], nan_ok=True)


values = st.lists(
    st.tuples(st.floats(1, 1e6), st.floats(1, 1e6), st.integers(0, 3)), min_size=3, max_size=40
).filter(lambda rows: np.ptp([row[0] for row in rows if row[2]] or [0]) > 1)


@given(values)
def test_scores_of_errors_are_those_of_scikit_learn_whatever_the_weights(rows) -> None:
    truth, answered, weight = (np.array(column) for column in zip(*rows, strict=True))
    found = {name: score[0] for name, score in Errors(truth, answered).scores(weight[None].astype(float)).items()}
    options = {"sample_weight": weight}
    assert found["mae"] == pytest.approx(mean_absolute_error(truth, answered, **options))
    assert found["rmse"] == pytest.approx(root_mean_squared_error(truth, answered, **options))
    assert found["mape"] == pytest.approx(mean_absolute_percentage_error(truth, answered, **options))
    assert found["r2"] == pytest.approx(r2_score(truth, answered, **options), rel=1e-6, abs=1e-6)


def test_rows_whose_truth_is_nothing_have_no_share() -> None:
    found = Errors(np.array([0.0, 10.0]), np.array([5.0, 11.0])).scores(np.ones((1, 2)))
    assert found["mape"][0] == pytest.approx(0.1)


def test_rows_of_one_class_have_no_auroc() -> None:
    found = scores("binary", np.array([0, 0]), np.array([[0.9, 0.1], [0.4, 0.6]]))
    assert "auroc" not in found
    assert "recall" not in found
    assert found["brier"] == pytest.approx((0.01 + 0.36) / 2)


@pytest.mark.parametrize("task", ["multiclass", "binary", "regression"])
def test_every_metric_of_a_task_is_scored_and_lies_in_its_interval(task) -> None:
    random = np.random.default_rng(2)
    truth = random.integers(0, 2, 300) if task != "regression" else random.uniform(1, 9, 300)
    probability = np.clip(0.3 + 0.3 * truth + random.normal(0, 0.2, 300), 0.01, 0.99)
    answers = (
        truth + random.normal(0, 1, 300)
        if task == "regression"
        else np.column_stack([1 - probability, probability])
    )
    found = scores(task, truth, answers)
    of_task = {name for name, metric in METRICS.items() if task in metric.tasks}
    assert set(found) == of_task - ({"recall"} if task == "multiclass" else set())
    for name, (low, high) in intervals(task, truth, answers, seed=1).items():
        assert low <= found[name] <= high, name
        assert low < high


def test_the_interval_of_an_auroc_is_that_of_rows_drawn_with_replacement() -> None:
    random = np.random.default_rng(4)
    positive = random.random(400) < 0.2
    probability = np.clip(random.normal(0.3 + 0.2 * positive, 0.2), 0, 1)
    low, high = intervals("binary", positive.astype(int), np.column_stack([1 - probability, probability]), 1)[
        "auroc"
    ]
    drawn = [
        roc_auc_score(positive[chosen], probability[chosen])
        for chosen in (random.integers(0, 400, 400) for _ in range(1000))
    ]
    assert [low, high] == pytest.approx(np.quantile(drawn, [0.025, 0.975]), abs=0.01)


def test_rows_that_belong_together_are_drawn_together() -> None:
    """Every row three times: as clusters they say no more than once; as rows they would."""
    random = np.random.default_rng(5)
    truth, answered = random.normal(0, 1, 200), random.normal(0, 1, 200)
    thrice = Errors(np.tile(truth, 3), np.tile(answered, 3))
    (alone,) = bootstrap([Errors(truth, answered)], seed=1)
    (together,) = bootstrap([thrice], seed=1, clusters=np.tile(np.arange(200), 3))
    (apart,) = bootstrap([thrice], seed=1)
    assert together["mae"] == pytest.approx(alone["mae"])
    assert apart["mae"].std() < 0.7 * together["mae"].std()


def test_clusters_of_labels_are_drawn_together_too() -> None:
    truth, answered = np.array([0, 0, 1, 1, 0, 1]), np.array([0, 0, 1, 1, 1, 0])
    (drawn,) = bootstrap([Classes(truth, answered, 2)], 1, 400, clusters=np.array([0, 0, 1, 1, 2, 2]))
    # Three clusters of which one is wrong on both of its rows: the accuracy is a number of thirds.
    assert set(np.round(3 * drawn["accuracy"]).astype(int)) == {0, 1, 2, 3}
    np.testing.assert_allclose(3 * drawn["accuracy"], np.round(3 * drawn["accuracy"]))


@settings(max_examples=40)
@given(st.lists(st.tuples(st.booleans(), st.floats(0, 1)), min_size=1, max_size=60))
def test_reliability_counts_every_row_once(rows) -> None:
    positive, probability = (np.array(column) for column in zip(*rows, strict=True))
    bins = reliability(positive, probability)
    assert sum(one.rows for one in bins) == len(rows)
    assert sum(one.rows * one.positive for one in bins) == pytest.approx(positive.sum())
    assert 0 <= calibration_error(bins) <= 1


def test_probabilities_that_mean_what_they_say_have_no_calibration_error() -> None:
    probability = np.repeat([0.25, 0.75], 200)
    positive = np.concatenate([np.arange(200) % 4 == 0, np.arange(200) % 4 != 0])
    assert calibration_error(reliability(positive, probability)) == pytest.approx(0, abs=1e-12)
    assert calibration_error(reliability(~positive, probability)) == pytest.approx(0.5)
