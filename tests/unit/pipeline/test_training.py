"""Every candidate learns, can be exported, and serves what it learnt."""

import numpy as np
import onnx
import pytest
from relevo_pipeline.training import export
from relevo_pipeline.training.candidates import CANDIDATES, Resources
from relevo_pipeline.training.metrics import classification_scores, confusion
from relevo_pipeline.training.pictures import confusion_picture
from relevo_problems.registry import load
from support.training import dataset

PROBLEM = load("covertype")
RESOURCES = Resources(threads=1, seed=5)
DATA = dataset()


@pytest.mark.parametrize("name", sorted(CANDIDATES))
def test_a_candidate_beats_guessing_and_serves_what_it_learnt(name: str) -> None:
    fitted = CANDIDATES[name](DATA, RESOURCES)
    test = DATA.parts["test"]
    graph = export.to_graph(fitted, len(DATA.inputs))
    onnx.checker.check_model(graph)
    parity = export.parity(fitted, graph, test.features)
    assert parity.rows == len(test.labels) > 100
    assert parity.different_labels == 0
    assert parity.max_difference <= PROBLEM.parity_tolerance
    probabilities = fitted.estimator.predict_proba(test.features.astype(fitted.precision))
    frequent = np.tile(np.bincount(DATA.parts["train"].labels), (len(test.labels), 1))
    learnt = classification_scores(test.labels, probabilities)["macro_f1"]
    assert learnt > classification_scores(test.labels, frequent)["macro_f1"] + 0.1


@pytest.mark.parametrize("name", sorted(CANDIDATES))
def test_the_same_data_and_seed_give_the_same_model(name: str) -> None:
    rows = DATA.parts["test"].features
    first, second = (CANDIDATES[name](DATA, RESOURCES) for _ in range(2))
    np.testing.assert_array_equal(
        first.estimator.predict_proba(rows.astype(first.precision)),
        second.estimator.predict_proba(rows.astype(second.precision)),
    )


@pytest.mark.parametrize("name", sorted(CANDIDATES))
def test_an_unknown_category_is_served_as_it_was_trained(name: str) -> None:
    fitted = CANDIDATES[name](DATA, RESOURCES)
    rows = DATA.parts["test"].features.copy()
    rows[:, -1] = -1
    parity = export.parity(fitted, export.to_graph(fitted, len(DATA.inputs)), rows)
    assert (parity.different_labels, parity.max_difference <= 1e-5) == (0, True)


def test_a_broken_export_shows_in_the_parity() -> None:
    fitted = CANDIDATES["xgboost"](DATA, RESOURCES)
    other = CANDIDATES["random_forest"](DATA, RESOURCES)
    parity = export.parity(fitted, export.to_graph(other, len(DATA.inputs)), DATA.parts["test"].features)
    assert parity.different_labels > 0
    assert parity.max_difference > PROBLEM.parity_tolerance


def test_scores_by_hand() -> None:
    labels = np.array([0, 0, 1, 2])
    probabilities = np.array([[0.8, 0.1, 0.1], [0.1, 0.8, 0.1], [0.1, 0.8, 0.1], [0.1, 0.1, 0.8]])
    scores = classification_scores(labels, probabilities)
    # F1 of the classes: 2/3, 2/3, 1.
    assert scores["macro_f1"] == pytest.approx(7 / 9)
    assert scores["accuracy"] == 0.75
    assert scores["lowest_recall"] == 0.5
    assert scores["log_loss"] == pytest.approx(-(3 * np.log(0.8) + np.log(0.1)) / 4)
    assert confusion(labels, probabilities).tolist() == [[1, 1, 0], [0, 1, 0], [0, 0, 1]]


def test_a_class_the_model_does_not_know_counts_as_a_miss() -> None:
    labels = np.array([0, 1, -1])
    probabilities = np.array([[0.9, 0.1], [0.1, 0.9], [0.6, 0.4]])
    assert classification_scores(labels, probabilities)["accuracy"] == pytest.approx(2 / 3)
    assert classification_scores(labels, probabilities)["lowest_recall"] == 0


def test_the_confusion_picture_shows_every_count() -> None:
    labels = DATA.parts["test"].labels
    perfect = np.eye(len(DATA.target.choices))[labels]
    figure = confusion_picture(DATA.target, labels, perfect)
    counts = {f"{count:,}" for count in np.bincount(labels) if count}
    assert {text.get_text() for text in figure.axes[0].texts} == counts
