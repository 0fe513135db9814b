"""The search is bounded, repeatable, and lives with trials that fail."""

from dataclasses import replace
from itertools import count

import numpy as np
import pytest
from relevo_pipeline.training import search as module
from relevo_pipeline.training.candidates import CANDIDATES, fit
from relevo_pipeline.training.fitting import Conditions, Fitted
from relevo_pipeline.training.search import Found, SearchBudget, Trial, sample, scores, search
from support.training import dataset

DATA = dataset(rows=800)
MODELS = CANDIDATES["multiclass"]
CONDITIONS = Conditions(threads=1, seed=5)
PLENTY = 1e9


def ignored(trial: Trial) -> None:
    """Nothing to write down."""


def found(candidate: str, trials: int, seconds: float = PLENTY) -> Found:
    return search(candidate, DATA, CONDITIONS, SearchBudget(seconds, trials), ignored)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Boosting that is over soon."""
    few = {**MODELS["xgboost"].defaults, "n_estimators": 20}
    monkeypatch.setitem(MODELS, "xgboost", replace(MODELS["xgboost"], defaults=few))


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("candidate", ["logistic_regression", "xgboost"])
def test_the_same_number_of_trials_finds_the_same_parameters(candidate: str) -> None:
    first, second = found(candidate, 7), found(candidate, 7)
    assert first.parameters == second.parameters
    assert [trial.parameters for trial in first.trials] == [trial.parameters for trial in second.trials]
    assert len({tuple(trial.parameters.items()) for trial in first.trials}) == 7


@pytest.mark.usefixtures("small")
def test_the_hand_picked_parameters_come_first_and_are_the_floor() -> None:
    result = found("xgboost", 5)
    assert result.trials[0].parameters == MODELS["xgboost"].defaults
    best = max(trial.metrics["validation_macro_f1"] for trial in result.trials)
    again = scores(DATA, fit("xgboost", DATA, CONDITIONS, result.parameters), "multiclass")
    assert again["validation_macro_f1"] == best >= result.trials[0].metrics["validation_macro_f1"]


def test_no_time_is_still_one_trial() -> None:
    result = found("logistic_regression", trials=20, seconds=0)
    assert [trial.outcome for trial in result.trials] == ["complete"]
    assert result.parameters == MODELS["logistic_regression"].defaults


def test_no_trial_begins_that_would_not_end_in_time() -> None:
    ticks = count()
    # It is read at the beginning, before each trial, and at the trial's begin and end: three ticks a trial.
    budget = SearchBudget(seconds=11, trials=20)
    result = search("logistic_regression", DATA, CONDITIONS, budget, ignored, clock=lambda: next(ticks))
    assert len(result.trials) == 3


@pytest.mark.usefixtures("small")
def test_a_trial_that_runs_out_of_time_is_pruned() -> None:
    first_round = count()

    def clock() -> float:
        """Stands still during the first trial, then runs."""
        return 0.0 if not result else float(next(first_round))

    result: list[Trial] = []
    search("xgboost", DATA, CONDITIONS, SearchBudget(seconds=10, trials=2), result.append, clock)
    assert [trial.outcome for trial in result] == ["complete", "pruned"]
    assert 1 <= result[1].metrics["steps"] < 20


def test_a_trial_that_lags_behind_the_others_is_pruned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_WARM_UP", 10)
    weak = {**MODELS["xgboost"].defaults, "n_estimators": 30, "early_stopping_rounds": 30}
    monkeypatch.setitem(MODELS, "xgboost", replace(MODELS["xgboost"], defaults=weak))
    result = found("xgboost", 12)
    pruned = [trial for trial in result.trials if trial.outcome == "pruned"]
    assert any(trial.metrics["steps"] < 30 for trial in pruned)
    assert result.count("complete") + len(pruned) == 12


@pytest.fixture
def breaking(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A candidate whose trials fail, but for the ones that the test names."""
    good: list[int] = []
    calls = count()
    real = MODELS["logistic_regression"]

    def sometimes(*arguments: object) -> Fitted:
        if next(calls) not in good:
            raise MemoryError("no room")
        return real.fit(*arguments)  # type: ignore[arg-type]

    monkeypatch.setitem(MODELS, "logistic_regression", replace(real, fit=sometimes))
    return good


def test_a_failed_trial_does_not_sink_the_candidate(breaking: list[int]) -> None:
    breaking += [1, 3]
    result = found("logistic_regression", 4)
    assert [trial.outcome for trial in result.trials] == ["failed", "complete", "failed", "complete"]
    assert isinstance(result.trials[0].error, MemoryError)
    assert result.parameters in [result.trials[1].parameters, result.trials[3].parameters]


@pytest.mark.usefixtures("breaking")
def test_a_candidate_of_which_every_trial_fails_fails_as_the_first_one_did() -> None:
    with pytest.raises(MemoryError, match="no room"):
        found("logistic_regression", 3)


def test_a_sample_keeps_the_first_rows_and_every_class(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(module.SAMPLE, "train", 20)
    monkeypatch.setattr(module, "SAMPLE_OF_CLASS", 2)
    train, whole = sample(DATA).parts["train"], DATA.parts["train"]
    assert (train.labels[:20] == whole.labels[:20]).all()
    for label, rows in enumerate(np.bincount(whole.labels)):
        assert (train.labels == label).sum() >= min(2, rows)
    assert len(train.labels) == len(train.features) == len(train.frame) < 40
    assert sample(DATA).parts["test"].features is DATA.parts["test"].features
