"""The search for a candidate's parameters: Optuna proposes, a sample of the rows answers, within a budget."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import optuna
import pandas as pd
from optuna.pruners import MedianPruner
from optuna.samplers import TPESampler
from optuna.trial import TrialState
from relevo_contract.card import Task

from relevo_pipeline.scoring.scores import scores as scores_of
from relevo_pipeline.splits import Split
from relevo_pipeline.training.candidates import candidate as named
from relevo_pipeline.training.candidates import fit
from relevo_pipeline.training.dataset import Dataset, Part
from relevo_pipeline.training.fitting import Conditions, Fitted, Parameters

# Rows of a sample in which parameters show their worth within seconds, by split.
SAMPLE: dict[Split, int] = {"train": 60_000, "validation": 20_000, "test": 20_000}
# Of each class a sample keeps so many rows even if it is rare, or all there are.
SAMPLE_OF_CLASS = 50

# Rounds or trees before a trial may be given up.
_WARM_UP = 50

Outcome = Literal["complete", "pruned", "failed"]
Clock = Callable[[], float]

optuna.logging.set_verbosity(optuna.logging.WARNING)


@dataclass(frozen=True)
class SearchBudget:
    """No trial begins that would not end within `seconds`, as far as the ones before it tell; at most `trials`.

    The first trial, of the hand-picked parameters, always ends.
    """

    seconds: float
    trials: int


@dataclass(frozen=True)
class Trial:
    """One set of parameters and how it went. `metrics` of a pruned trial are as far as it got."""

    number: int
    outcome: Outcome
    parameters: Parameters
    metrics: dict[str, float]
    rows: dict[Split, int]
    seconds: float
    error: Exception | None = None


@dataclass(frozen=True)
class Found:
    """The parameters with the best score on the validation split, and the trials that led to them."""

    parameters: Parameters
    trials: tuple[Trial, ...]

    def count(self, outcome: Outcome) -> int:
        return sum(trial.outcome == outcome for trial in self.trials)


def search(
    candidate: str,
    data: Dataset,
    conditions: Conditions,
    budget: SearchBudget,
    record: Callable[[Trial], None],
    clock: Clock = time.monotonic,
) -> Found:
    """Try parameters on a sample of the data, the hand-picked ones first; `record` is told of each as it ends.

    With the same data, conditions and number of trials it finds the same parameters. How many trials fit into
    `budget.seconds` depends on the machine.

    Raises:
        Exception: whatever the first trial failed with, if no trial completed.
    """
    study = optuna.create_study(
        direction="maximize" if conditions.higher_is_better else "minimize",
        sampler=TPESampler(seed=conditions.seed, n_startup_trials=5),
        pruner=MedianPruner(n_startup_trials=4, n_warmup_steps=_WARM_UP, interval_steps=10),
    )
    chosen = named(candidate, conditions.task)
    space = dict(chosen.space)
    study.enqueue_trial({name: chosen.defaults[name] for name in space})
    some = sample(data)
    trials: list[Trial] = []
    began = clock()
    while len(trials) < budget.trials:
        spent = clock() - began
        if trials and spent + spent / len(trials) > budget.seconds:
            break
        deadline = began + budget.seconds if trials else math.inf
        trials.append(_attempt(study, study.ask(space), candidate, some, conditions, clock, deadline))
        record(trials[-1])
    if not any(trial.outcome == "complete" for trial in trials):
        raise next(trial.error for trial in trials if trial.error is not None)
    return Found({**chosen.defaults, **study.best_trial.params}, tuple(trials))


def _attempt(
    study: optuna.Study,
    asked: optuna.Trial,
    candidate: str,
    some: Dataset,
    conditions: Conditions,
    clock: Clock,
    deadline: float,
) -> Trial:
    """Fit and score once. Memory that runs out, or parameters that do not go together, end this trial only."""

    def report(step: int, score: float) -> None:
        asked.report(score, step)
        if clock() > deadline or asked.should_prune():
            raise optuna.TrialPruned

    parameters = {**named(candidate, conditions.task).defaults, **asked.params}
    rows = {split: len(part.labels) for split, part in some.parts.items()}
    metrics: dict[str, float] = {}
    outcome: Outcome = "complete"
    failure = None
    started = clock()
    try:
        fitted = fit(candidate, some, conditions, parameters, report)
        metrics = {name: float(value) for name, value in fitted.found.items()} | scores(
            some, fitted, conditions.task
        )
        study.tell(asked, metrics[f"validation_{conditions.metric}"])
    except optuna.TrialPruned:
        outcome = "pruned"
        last = study.tell(asked, state=TrialState.PRUNED).intermediate_values
        metrics = {"steps": max(last), f"validation_{conditions.metric}": last[max(last)]}
    except Exception as error:
        outcome, failure = "failed", error
        study.tell(asked, state=TrialState.FAIL)
    return Trial(asked.number, outcome, parameters, metrics, rows, clock() - started, failure)


def scores(data: Dataset, fitted: Fitted, task: Task) -> dict[str, float]:
    """Every score of every split, named `<split>_<metric>`."""
    return {
        f"{split}_{name}": score
        for split, part in data.parts.items()
        for name, score in scores_of(task, part.labels, fitted.answers(part)).items()
    }


def sample(data: Dataset) -> Dataset:
    """The first rows of each split up to its size in `SAMPLE`, and of each class at least `SAMPLE_OF_CLASS`.

    A regression has no classes.

    Rows come in the order of their keys, which are hashes: the first ones are as random as any, and the same again
    as long as no new row sorts before them.
    """
    of_class = SAMPLE_OF_CLASS if data.target.is_category else 0
    return replace(data, parts={split: _first(part, SAMPLE[split], of_class) for split, part in data.parts.items()})


def _first(part: Part, rows: int, of_class: int) -> Part:
    if len(part.labels) <= rows:
        return part
    rank = pd.Series(part.labels).groupby(part.labels).cumcount().to_numpy()
    kept = np.flatnonzero((np.arange(len(part.labels)) < rows) | (rank < of_class))
    return Part(part.frame.iloc[kept], part.features[kept], part.labels[kept])
