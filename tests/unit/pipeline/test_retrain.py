"""What is said about a model that was trained again."""

from dataclasses import replace
from importlib.metadata import version

import pytest
from relevo_contract.card import Card
from relevo_pipeline.errors import StepError
from relevo_pipeline.retrain import Report, _changed_code, _changed_packages, _conditions, _parameters, _sentence
from relevo_pipeline.training.candidates import CANDIDATES
from relevo_pipeline.training.fitting import Conditions
from relevo_problems.registry import load
from support.tasks import HOUSES

REPORT = Report(
    problem="covertype",
    version="3",
    algorithm="xgboost",
    run_id="r",
    training_set="t",
    rows={"test": 1200},
    seed=1,
    threads=2,
    parameters={},
    packages={},
    code=None,
    seconds=1.0,
    answers="probabilities",
    compared_rows=1200,
    different_labels=0,
    max_difference=0.0,
    tolerance=1e-5,
    equal=True,
    sentence="",
)


@pytest.mark.parametrize(
    ("report", "sentence"),
    [
        (
            REPORT,
            "Equal: version 3 of covertype, trained again, answers all 1,200 test rows with the same probabilities "
            "to the bit.",
        ),
        (
            replace(REPORT, max_difference=2e-7),
            "Equal within tolerance: version 3 of covertype, trained again: probabilities differ by up to 2e-07 "
            "(tolerance 1e-05), 0 of 1,200 labels.",
        ),
        (
            replace(
                REPORT,
                max_difference=0.25,
                different_labels=17,
                equal=False,
                packages={"xgboost-cpu": ("3.2.0", "3.3.0")},
                code=("0.1.0", "0.2.0"),
            ),
            "Different: version 3 of covertype, trained again: probabilities differ by up to 0.25 (tolerance "
            "1e-05), 17 of 1,200 labels. It was done with xgboost-cpu 3.3.0 instead of 3.2.0, Relevo 0.2.0 instead "
            "of 0.1.0.",
        ),
    ],
)
def test_the_sentence(report: Report, sentence: str) -> None:
    assert _sentence(report) == sentence


def card(**values: object) -> Card:
    said = {"task": "multiclass", "algorithm": "xgboost", "run_id": "abc", "code_version": "0.1.0", **values}
    return Card.model_construct(**said)


def test_only_packages_that_changed_are_named() -> None:
    trained = {"numpy": version("numpy"), "scikit-learn": "0.1", "no-such-package": "1.0"}
    assert _changed_packages(card(packages=trained)) == {
        "scikit-learn": ("0.1", version("scikit-learn")),
        "no-such-package": ("1.0", "not installed"),
    }
    assert (_changed_code(card(), "0.1.0"), _changed_code(card(), "0.2.0")) == (None, ("0.1.0", "0.2.0"))


@pytest.mark.parametrize(
    ("task", "algorithm"), [(task, name) for task, models in CANDIDATES.items() for name in models]
)
def test_parameters_come_back_from_the_text_that_mlflow_keeps(task: str, algorithm: str) -> None:
    defaults = CANDIDATES[task][algorithm].defaults
    logged = {
        "seed": "5",
        "threads": "1",
        "rows_train": "10",
        **{name: str(value) for name, value in defaults.items()},
    }
    found = _parameters(card().model_copy(update={"task": task, "algorithm": algorithm}), logged)
    assert found == defaults
    assert {name: type(value) for name, value in found.items()} == {n: type(v) for n, v in defaults.items()}


def test_parameters_that_are_not_on_record() -> None:
    names = {*CANDIDATES["multiclass"]["xgboost"].defaults, "threads"} - {"max_depth"}
    with pytest.raises(StepError, match="run abc does not say with which max_depth, seed it was trained"):
        _parameters(card(), dict.fromkeys(names, "1"))
    with pytest.raises(StepError, match="no candidate oracle for a multiclass problem; there are: logistic"):
        _parameters(card().model_copy(update={"algorithm": "oracle"}), {})


def test_other_derived_columns_make_another_model() -> None:
    covertype, trained = load("covertype"), card(primary_metric="macro_f1")
    logged = Conditions(threads=2, seed=5, derived=covertype.derived).logged
    assert logged["derived"].startswith("Elevation_Of_Hydrology = +1 Elevation -1 Vertical_Distance_To_Hydrology; ")
    assert _conditions(covertype, trained, logged) == Conditions(2, 5, "macro_f1", covertype.derived)
    with pytest.raises(StepError, match="other derived columns than the problem has now: Elevation_Of_Hydrology"):
        _conditions(replace(covertype, derived=()), trained, logged)


def test_a_target_on_another_scale_makes_another_model() -> None:
    trained = card(task="regression", primary_metric="mae")
    logged = Conditions.of(HOUSES, threads=1, seed=5).logged
    assert logged["target_scale"] == "log"
    assert _conditions(HOUSES, trained, logged).log_target
    with pytest.raises(StepError, match="on another scale of the target than the problem has now: linear"):
        _conditions(HOUSES, trained, {**logged, "target_scale": "linear"})
