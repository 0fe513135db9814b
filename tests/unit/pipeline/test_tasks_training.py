"""Every candidate of a regression and of a binary task learns, and serves what it learnt."""

from dataclasses import replace

import numpy as np
import onnx
import onnxruntime
import pytest
from relevo_contract.registry import GRAPH_INPUT
from relevo_pipeline.errors import StepError
from relevo_pipeline.scoring.ranks import calibration_error, reliability
from relevo_pipeline.scoring.scores import scores
from relevo_pipeline.served_model import answered
from relevo_pipeline.training import export
from relevo_pipeline.training.candidates import CANDIDATES, candidate, fit
from relevo_pipeline.training.endings import Calibration, TargetScale
from relevo_pipeline.training.evaluation import coverage, evaluate, flagging, split_conformal
from relevo_pipeline.training.fitting import Conditions
from relevo_pipeline.training.pictures import reliability_picture, values_picture
from relevo_pipeline.training.search import SearchBudget, search
from support.tasks import HOUSES, RELAPSE, Task, houses, relapse

PRICES, PEOPLE = Task(HOUSES, houses(3000)), Task(RELAPSE, relapse(4000))
TASKS = {"regression": PRICES, "binary": PEOPLE}
DATA = {name: task.dataset() for name, task in TASKS.items()}
MODELS = [(task, name) for task in TASKS for name in CANDIDATES[task]]


def conditions(task: str) -> Conditions:
    return Conditions.of(TASKS[task].problem, threads=1, seed=5)


@pytest.mark.parametrize(("task", "name"), MODELS)
def test_a_candidate_beats_guessing_and_serves_what_it_learnt(task: str, name: str) -> None:
    data = DATA[task]
    fitted = fit(name, data, conditions(task))
    graph = export.to_graph(fitted, len(data.inputs))
    onnx.checker.check_model(graph)
    test = data.parts["test"]
    parity = export.parity(fitted, graph, test.features)
    assert (parity.rows, parity.different_labels) == (len(test.labels), 0)
    assert parity.max_difference <= 1e-5
    found = scores(task, test.labels, fitted.answers(test))
    if task == "binary":
        assert found["auroc"] > 0.65
    else:
        median = np.full(len(test.labels), np.median(data.parts["train"].labels))
        assert found["mae"] < 0.6 * scores(task, test.labels, median)["mae"]


@pytest.mark.parametrize(("task", "name"), MODELS)
def test_the_same_data_and_seed_give_the_same_model(task: str, name: str) -> None:
    first, second = (fit(name, DATA[task], conditions(task)).answers(DATA[task].parts["test"]) for _ in range(2))
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize(("task", "name"), MODELS)
def test_what_nobody_has_seen_is_served_as_it_was_trained_and_is_a_number(task: str, name: str) -> None:
    """The largest numbers that the server lets in where a column has no limit, and an unknown category."""
    fitted = fit(name, DATA[task], conditions(task))
    rows = DATA[task].parts["test"].features.copy()
    rows[:, -1] = -1
    rows[::3, 0] = 3.4e38
    rows[1::3, 1] = -(2.0**53)
    graph = export.to_graph(fitted, len(DATA[task].inputs))
    parity = export.parity(fitted, graph, rows)
    assert (parity.different_labels, parity.max_difference <= 1e-5) == (0, True)
    session = onnxruntime.InferenceSession(graph.SerializeToString(), providers=["CPUExecutionProvider"])
    assert np.isfinite(answered(session, rows.astype(fitted.precision))).all()


def test_the_graph_answers_in_the_targets_unit_with_one_output() -> None:
    graph = export.to_graph(fit("xgboost", DATA["regression"], conditions("regression")), 3)
    assert [output.name for output in graph.graph.output][-1] == graph.graph.node[-1].output[0]
    assert len(graph.graph.output) == 1
    assert "Exp" in [node.op_type for node in graph.graph.node]
    session = onnxruntime.InferenceSession(graph.SerializeToString(), providers=["CPUExecutionProvider"])
    features = DATA["regression"].parts["test"].features.astype(np.float32)
    assert session.run(None, {GRAPH_INPUT: features})[0].shape == (len(features), 1)


def test_a_linear_target_needs_no_exponential() -> None:
    linear = replace(conditions("regression"), log_target=False)
    fitted = fit("random_forest", DATA["regression"], linear)
    graph = export.to_graph(fitted, 3)
    assert "Exp" not in [node.op_type for node in graph.graph.node]
    assert export.parity(fitted, graph, DATA["regression"].parts["test"].features).max_difference <= 1e-5


def test_a_scale_is_undone() -> None:
    values = houses(500)["Price"].to_numpy()
    for log in (True, False):
        scale = TargetScale.of(values, log=log)
        learnt = scale.standardised(values)
        assert (learnt.mean(), learnt.std()) == (pytest.approx(0, abs=1e-9), pytest.approx(1))
        np.testing.assert_allclose(scale.finish(learnt), values)
    assert TargetScale.of(np.full(3, 7.0), log=False).finish(np.zeros(2)).tolist() == [7, 7]


def test_a_calibration_undoes_what_weights_did() -> None:
    random = np.random.default_rng(3)
    chance = random.beta(1, 8, 20_000)
    happened = random.random(20_000) < chance
    # As if positive rows had counted nine times.
    told = 9 * chance / (9 * chance + 1 - chance)
    calibrated = Calibration.of(np.column_stack([1 - told, told]), happened).finish(
        np.column_stack([1 - told, told])
    )
    assert calibration_error(reliability(happened, told)) > 0.3
    assert calibration_error(reliability(happened, calibrated[:, 1])) < 0.01
    assert (np.argsort(calibrated[:, 1], kind="stable") == np.argsort(told, kind="stable")).all()
    np.testing.assert_allclose(calibrated.sum(axis=1), 1)


def test_what_is_calibrated_already_or_cannot_be_is_left_alone() -> None:
    random = np.random.default_rng(3)
    chance = random.uniform(0.02, 0.98, 50_000)
    both = np.column_stack([1 - chance, chance])
    found = Calibration.of(both, random.random(50_000) < chance)
    assert (found.a, found.b, found.c) == pytest.approx((1, 1, 0), abs=0.06)
    assert Calibration.of(both, np.zeros(50_000, bool)) == Calibration()
    assert Calibration.of(both, random.random(50_000) > chance) == Calibration()


def test_rows_that_are_told_apart_beyond_doubt_are_certain() -> None:
    positive = np.arange(40) % 2 == 0
    told = np.where(positive, 1 - 1e-9, 1e-9)
    both = np.column_stack([1 - told, told])
    for calibration in (Calibration.of(both, positive), Calibration(100, 100)):
        assert calibration.finish(both)[:, 1] == pytest.approx(positive.astype(float), abs=1e-5)


@pytest.mark.parametrize("name", sorted(CANDIDATES["binary"]))
def test_probabilities_mean_what_they_say_whatever_the_weights(name: str) -> None:
    data = DATA["binary"]
    balanced = fit(name, data, conditions("binary"), {"balance": 1.0})
    test = data.parts["test"]
    positive = test.labels == 1
    told = balanced.answers(test)[:, 1]
    assert told.mean() == pytest.approx(positive.mean(), abs=0.04)
    assert calibration_error(reliability(positive, told)) < 0.06


def test_the_threshold_flags_the_share_that_is_asked_for() -> None:
    probabilities = np.random.default_rng(1).random(1000)
    for share in (0.01, 0.2, 0.5, 0.999):
        assert (probabilities >= flagging(probabilities, share)).mean() == pytest.approx(share, abs=0.0011)
    # Ties are flagged together, as near to the share as they allow.
    tied = np.repeat([0.1, 0.2, 0.3], [70, 20, 10])
    assert (tied >= flagging(tied, 0.12)).sum() == 10
    assert (tied >= flagging(tied, 0.25)).sum() == 30


@pytest.mark.parametrize("log", [True, False])
def test_the_interval_covers_as_many_new_rows_as_it_says(log: bool) -> None:
    random = np.random.default_rng(8)
    answered_ = random.uniform(1e5, 9e5, 6000)
    truth = answered_ * random.lognormal(0, 0.3, 6000) if log else answered_ + random.exponential(5e4, 6000)
    conformal = split_conformal(truth[:3000], answered_[:3000], 0.9, log=log)
    assert conformal is not None
    assert coverage(conformal, truth[3000:], answered_[3000:]) == pytest.approx(0.9, abs=0.02)
    assert conformal.scale == ("log" if log else "linear")


def test_a_few_rows_make_no_interval() -> None:
    rows = np.arange(1.0, 19.0)
    assert split_conformal(rows, rows, 0.9, log=False) is None
    assert split_conformal(np.append(rows, 20.0), np.append(rows, 19.0), 0.9, log=False) is not None


def test_an_evaluation_of_prices_has_slices_and_an_interval() -> None:
    data = DATA["regression"]
    found = evaluate(HOUSES, data, fit("linear_regression", data, conditions("regression")), 1)
    assert {one.choice for one in found.slices} == set(HOUSES.inputs[2].choices)
    assert sum(one.rows for one in found.slices) == len(data.parts["test"].labels)
    assert all(one.interval[0] <= one.score <= one.interval[1] for one in found.slices)
    assert (found.threshold, found.reliability) == (None, ())
    assert found.conformal.test_coverage == pytest.approx(0.9, abs=0.05)
    low, high = found.intervals["mae"]
    assert low < found.scores["test"]["mae"] < high


def test_an_evaluation_of_people_has_a_threshold_and_bins() -> None:
    data = DATA["binary"]
    fitted = fit("logistic_regression", data, conditions("binary"))
    found = evaluate(RELAPSE, data, fitted, 1)
    validation = data.parts["validation"]
    flagged = fitted.answers(validation)[:, 1] >= found.threshold
    assert flagged.mean() == pytest.approx((validation.labels == 1).mean(), abs=0.005)
    third = evaluate(replace(RELAPSE, flagged_share=0.3), data, fitted, 1)
    assert third.scores["test"]["recall"] > found.scores["test"]["recall"]
    assert len(found.reliability) == 10
    assert {(one.column, one.choice) for one in found.slices} == {("Sex", "f"), ("Sex", "m")}
    assert found.conformal is None


@pytest.mark.parametrize("task", sorted(TASKS))
def test_a_search_finds_no_worse_parameters_in_the_direction_of_the_metric(task: str) -> None:
    name = "linear_regression" if task == "regression" else "logistic_regression"
    found = search(name, DATA[task], conditions(task), SearchBudget(1e9, 4), lambda _: None)
    metric = f"validation_{conditions(task).metric}"
    tried = [trial.metrics[metric] for trial in found.trials]
    best = min(tried) if task == "regression" else max(tried)
    assert found.trials[tried.index(best)].parameters == found.parameters


def test_a_candidate_of_another_task_is_named() -> None:
    with pytest.raises(StepError, match="no candidate logistic_regression for a regression problem; there are: l"):
        candidate("logistic_regression", "regression")


def test_pictures_of_prices_and_of_people_draw_the_rows() -> None:
    test = DATA["regression"].parts["test"]
    drawn = values_picture(HOUSES.target, test.labels, test.labels * 1.1, log=True)
    assert len(drawn.axes[0].collections[0].get_offsets()) == len(test.labels)
    bins = reliability(np.array([True, False] * 50), np.linspace(0, 1, 100))
    shown = reliability_picture(RELAPSE.target, bins, 0.5)
    assert "Probability of Yes" in shown.axes[0].get_xlabel()
