"""Every candidate learns, can be exported, and serves what it learnt."""

import subprocess
import sys

import joblib
import numpy as np
import onnx
import pytest
from relevo_pipeline.scoring.classes import confusion
from relevo_pipeline.scoring.scores import scores as scores_of
from relevo_pipeline.training import export, resources
from relevo_pipeline.training.candidates import CANDIDATES, fit
from relevo_pipeline.training.derived import Derive
from relevo_pipeline.training.fitting import Conditions
from relevo_pipeline.training.pictures import confusion_picture
from relevo_pipeline.training.weights import class_weights
from relevo_problems.registry import load
from support.training import dataset

PROBLEM = load("covertype")
CONDITIONS = Conditions(threads=1, seed=5, derived=PROBLEM.derived)
DATA = dataset()


@pytest.mark.parametrize("name", sorted(CANDIDATES["multiclass"]))
def test_a_candidate_beats_guessing_and_serves_what_it_learnt(name: str) -> None:
    fitted = fit(name, DATA, CONDITIONS)
    test = DATA.parts["test"]
    graph = export.to_graph(fitted, len(DATA.inputs))
    onnx.checker.check_model(graph)
    parity = export.parity(fitted, graph, test.features)
    assert parity.rows == len(test.labels) > 100
    assert parity.different_labels == 0
    assert parity.max_difference <= PROBLEM.parity_tolerance
    probabilities = fitted.answers(test)
    frequent = np.tile(np.bincount(DATA.parts["train"].labels), (len(test.labels), 1))
    learnt = scores_of("multiclass", test.labels, probabilities)["macro_f1"]
    assert learnt > scores_of("multiclass", test.labels, frequent)["macro_f1"] + 0.1


@pytest.mark.parametrize("name", sorted(CANDIDATES["multiclass"]))
def test_the_same_data_and_seed_give_the_same_model(name: str) -> None:
    first, second = (fit(name, DATA, CONDITIONS).answers(DATA.parts["test"]) for _ in range(2))
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("name", sorted(CANDIDATES["multiclass"]))
def test_an_unknown_category_is_served_as_it_was_trained(name: str) -> None:
    fitted = fit(name, DATA, CONDITIONS)
    rows = DATA.parts["test"].features.copy()
    rows[:, -1] = -1
    parity = export.parity(fitted, export.to_graph(fitted, len(DATA.inputs)), rows)
    assert (parity.different_labels, parity.max_difference <= 1e-5) == (0, True)


def test_a_broken_export_shows_in_the_parity() -> None:
    fitted = fit("xgboost", DATA, CONDITIONS)
    other = fit("random_forest", DATA, CONDITIONS)
    parity = export.parity(fitted, export.to_graph(other, len(DATA.inputs)), DATA.parts["test"].features)
    assert parity.different_labels > 0
    assert parity.max_difference > PROBLEM.parity_tolerance


def test_scores_by_hand() -> None:
    labels = np.array([0, 0, 1, 2])
    probabilities = np.array([[0.8, 0.1, 0.1], [0.1, 0.8, 0.1], [0.1, 0.8, 0.1], [0.1, 0.1, 0.8]])
    scores = scores_of("multiclass", labels, probabilities)
    # F1 of the classes: 2/3, 2/3, 1.
    assert scores["macro_f1"] == pytest.approx(7 / 9)
    assert scores["accuracy"] == 0.75
    assert scores["lowest_recall"] == 0.5
    assert scores["log_loss"] == pytest.approx(-(3 * np.log(0.8) + np.log(0.1)) / 4)
    assert confusion(labels, probabilities.argmax(axis=1), 3).tolist() == [[1, 1, 0], [0, 1, 0], [0, 0, 1]]


def test_a_class_the_model_does_not_know_counts_as_a_miss() -> None:
    labels = np.array([0, 1, -1])
    probabilities = np.array([[0.9, 0.1], [0.1, 0.9], [0.6, 0.4]])
    assert scores_of("multiclass", labels, probabilities)["accuracy"] == pytest.approx(2 / 3)
    assert scores_of("multiclass", labels, probabilities)["lowest_recall"] == 0


def test_the_confusion_picture_shows_every_count() -> None:
    labels = DATA.parts["test"].labels
    figure = confusion_picture(DATA.target, labels, labels)
    counts = {f"{count:,}" for count in np.bincount(labels) if count}
    assert {text.get_text() for text in figure.axes[0].texts} == counts


def test_class_weights_go_from_every_row_alike_to_every_class_alike() -> None:
    labels = np.repeat([0, 1, 2], [60, 30, 10])
    assert class_weights(labels, 0.0) == {0: 1.0, 1: 1.0, 2: 1.0}
    assert class_weights(labels, 1.0) == pytest.approx({0: 100 / 180, 1: 100 / 90, 2: 100 / 30})
    assert class_weights(labels, 0.5)[2] == pytest.approx((100 / 30) ** 0.5)


def test_derived_columns_are_sums_of_the_inputs_in_training_and_in_the_graph() -> None:
    rows = DATA.parts["test"].features
    names = [column.name for column in DATA.inputs]
    wide = Derive.of(DATA.inputs, PROBLEM.derived).transform(rows)
    np.testing.assert_array_equal(wide[:, : len(names)], rows)
    for position, derived in enumerate(PROBLEM.derived, start=len(names)):
        by_hand = sum(factor * rows[:, names.index(name)] for name, factor in derived.terms.items())
        np.testing.assert_array_equal(wide[:, position], by_hand)
    graph = export.to_graph(fit("random_forest", DATA, CONDITIONS), len(DATA.inputs))
    assert [node.op_type for node in graph.graph.node].count("MatMul") == 1


def test_a_number_of_threads_is_never_more_than_the_container_has() -> None:
    assert resources.threads(1) == 1
    assert 1 <= resources.threads(10_000) <= joblib.cpu_count()


def test_peak_memory_is_what_the_process_held_and_not_what_it_holds() -> None:
    script = """
from relevo_pipeline.training.resources import peak_memory_mib
before = peak_memory_mib()
held = b"x" * (200 * 2**20)
del held
print(peak_memory_mib() - before)
"""
    grown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert 150 < float(grown) < 250
