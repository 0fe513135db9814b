"""Whether a candidate may go into production at all: what is served must be what was trained, and affordable."""

import math
import time
from dataclasses import replace
from statistics import median

import numpy as np
import onnxruntime
import pandas as pd
from numpy.typing import NDArray
from relevo_contract.registry import GRAPH_INPUT
from relevo_problems.problem import Problem

from relevo_pipeline.judgement.outcomes import Answered
from relevo_pipeline.judgement.verdict import Examined
from relevo_pipeline.run import Run
from relevo_pipeline.served_model import ServedModel, UnservableError, open_graph
from relevo_pipeline.tracking import Candidate

CALLS = 200
ROUNDS = 5


def examine(run: Run, candidate: Candidate, rows: pd.DataFrame) -> tuple[Examined, Answered | None]:
    """Load a candidate in its served form and look at everything but its scores.

    Args:
        rows: the test rows, typed.

    Returns:
        What was found, and what is served to each row; None when it cannot be served.
    """
    try:
        model = ServedModel.fetch(run, f"models:/{candidate.model_id}")
        answers = model.answers(rows)
    except UnservableError as error:
        return Examined(candidate.name, str(error)), None
    found = Examined(
        candidate.name,
        trouble="",
        parity_different_labels=int(candidate.metrics["parity_different_labels"]),
        parity_max_difference=_finite(candidate.metrics["parity_max_difference"]),
        latency_ms=latency_ms(model, rows.head(CALLS)),
        size_mb=len(model.graph) / 1e6,
    )
    return with_trouble(found, run.problem), Answered(model.card, answers)


def with_trouble(found: Examined, problem: Problem) -> Examined:
    """The same with the thresholds of the problem laid against it."""
    return replace(found, trouble="; ".join(_troubles(found, problem)))


def _troubles(found: Examined, problem: Problem) -> list[str]:
    troubles = []
    unequal, difference = found.parity_different_labels, found.parity_max_difference
    if unequal or difference is None or not difference <= problem.parity_tolerance:
        shown = "what is no number" if difference is None else f"up to {difference:.2g}"
        differ = "values differ" if problem.task == "regression" else f"{unequal} labels differ, probabilities"
        measure = "of the value " if problem.task == "regression" else ""
        troubles.append(
            f"its served form is not the trained model: {differ} by {shown} "
            f"({measure}tolerance {problem.parity_tolerance:.0e})"
        )
    budget = problem.budget
    if found.latency_ms is not None and found.latency_ms > budget.latency_ms:
        troubles.append(f"it takes {found.latency_ms:.3g} ms for a row (budget {budget.latency_ms:g} ms)")
    if found.size_mb is not None and found.size_mb > budget.size_mb:
        troubles.append(f"its graph has {found.size_mb:.3g} MB (budget {budget.size_mb:g} MB)")
    return troubles


def latency_ms(model: ServedModel, rows: pd.DataFrame) -> float:
    """Milliseconds for one row on one thread: the median of some hundred calls.

    The best of several rounds, because whatever else the machine does can only add to it.
    """
    session = open_graph(model.graph, threads=1)
    features = model.features(rows)
    singles = [{GRAPH_INPUT: features[i % len(features)][None, :]} for i in range(CALLS)]
    return min(median(_milliseconds(session, single) for single in singles) for _ in range(ROUNDS))


def _milliseconds(session: onnxruntime.InferenceSession, feed: dict[str, NDArray[np.floating]]) -> float:
    began = time.perf_counter()
    session.run(None, feed)
    return (time.perf_counter() - began) * 1e3


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
