"""train: search one candidate's parameters, fit it, measure it, log it in the form in which it would be served."""

import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import get_args

import mlflow.data
import mlflow.onnx
import numpy as np
import onnx
from mlflow.models import ModelSignature
from mlflow.types import Schema, TensorSpec
from relevo_contract.card import Card
from relevo_contract.reference_rows import REFERENCE_ROWS_FILE
from relevo_contract.registry import CARD_FILE, GRAPH_INPUT, TAG_DATA, TAG_PROBLEM
from relevo_problems.problem import Problem
from threadpoolctl import threadpool_limits

import mlflow
from relevo_pipeline import audit, tracking
from relevo_pipeline.drift.reference import reference
from relevo_pipeline.drift.sample import reference_rows
from relevo_pipeline.explanation.background import background
from relevo_pipeline.run import Run
from relevo_pipeline.training import dataset, export, resources, trials
from relevo_pipeline.training.candidates import fit
from relevo_pipeline.training.dataset import Dataset
from relevo_pipeline.training.evaluation import Evaluation, evaluate
from relevo_pipeline.training.fitting import Conditions, Fitted
from relevo_pipeline.training.pictures import confusion_picture, reliability_picture, values_picture
from relevo_pipeline.training.search import Found, Outcome, SearchBudget, search

_SERVED_BY = ("onnx", "onnxruntime", "numpy")
TRAINED_BY = ("numpy", "scikit-learn", "xgboost-cpu", "skl2onnx", "onnxmltools", "onnxruntime")


def train(run: Run, candidate: str) -> str:
    """Train and log one candidate as a child of this run's MLflow run; once it is there, it stays as it is.

    Returns:
        The id of the child run.
    """
    parent = tracking.parent_run(run)
    child = tracking.begin_candidate(run, parent, candidate)
    run_id = str(child.info.run_id)
    if child.info.status == tracking.FINISHED:
        return run_id
    mlflow.set_tracking_uri(run.settings.mlflow_tracking_uri)
    threads = resources.threads(run.settings.training_threads)
    # Entering the run marks it FINISHED at the end and FAILED when anything is raised.
    # Candidates train side by side: libraries that each take every core only wait for one another.
    with mlflow.start_run(run_id=run_id), threadpool_limits(threads):
        data = dataset.read(run)
        conditions = Conditions.of(run.problem, threads, run.settings.seed)
        _log_dataset(data)
        mlflow.log_params({"candidate": candidate, **conditions.logged})
        found = search(
            candidate,
            data,
            conditions,
            SearchBudget(run.settings.train_seconds, run.settings.train_trials),
            lambda trial: trials.log(run, child, candidate, trial),
        )
        mlflow.log_params(dict(found.parameters))
        fitted = _fit(candidate, data, conditions, found)
        evaluation = evaluate(run.problem, data, fitted, run.settings.seed)
        _log_scores(run.problem, data, evaluation)
        graph = export.to_graph(fitted, len(data.inputs))
        _log_parity(export.parity(fitted, graph, data.parts["test"].features))
        card = _card(run, data, candidate, run_id, evaluation)
        _log_model(run, graph, card, data, fitted)
        mlflow.log_metric("peak_memory_mib", resources.peak_memory_mib())
    return run_id


def _fit(candidate: str, data: Dataset, conditions: Conditions, found: Found) -> Fitted:
    """Fit on all rows with the parameters that were found. It ends by itself: by work, not by the clock."""
    began = time.monotonic()
    fitted = fit(candidate, data, conditions, found.parameters)
    mlflow.log_metrics(
        {
            **fitted.found,
            "fit_seconds": time.monotonic() - began,
            "search_seconds": sum(trial.seconds for trial in found.trials),
            **{f"trials_{outcome}": found.count(outcome) for outcome in get_args(Outcome)},
        }
    )
    return fitted


def _log_dataset(data: Dataset) -> None:
    named = mlflow.data.from_pandas(
        # Without the group, which is nobody's input.
        data.parts["train"].frame[[column.name for column in (*data.inputs, data.target)]],
        targets=data.target.name,
        name=data.training_set.name,
        # MLflow keeps 36 characters of a digest; the card has it whole.
        digest=data.training_set.digest[:36],
    )
    mlflow.log_input(named, context="training")
    mlflow.log_params({f"rows_{split}": len(part.labels) for split, part in data.parts.items()})


def _log_scores(problem: Problem, data: Dataset, found: Evaluation) -> None:
    """The scores of every split, and pictures of the test split."""
    for split, scores in found.scores.items():
        mlflow.log_metrics({f"{split}_{name}": score for name, score in scores.items()})
    test = data.parts["test"]
    if problem.task == "regression":
        log = problem.target_scale == "log"
        mlflow.log_figure(
            values_picture(data.target, test.labels.astype(np.float64), found.answers, log=log), "values.png"
        )
        if found.conformal is not None and found.conformal.test_coverage is not None:
            mlflow.log_metric("interval_coverage", found.conformal.test_coverage)
        return
    codes = test.labels.astype(np.int64)
    if found.threshold is None:
        answered = found.answers.argmax(axis=1)
    else:
        answered = (found.answers[:, 1] >= found.threshold).astype(np.int64)
        mlflow.log_metric("threshold", found.threshold)
        mlflow.log_figure(
            reliability_picture(data.target, found.reliability, float(codes.mean())), "reliability.png"
        )
    mlflow.log_figure(confusion_picture(data.target, codes, answered), "confusion.png")


def _log_parity(parity: export.Parity) -> None:
    mlflow.log_metrics(
        {
            "parity_rows": parity.rows,
            "parity_different_labels": parity.different_labels,
            "parity_max_difference": parity.max_difference,
        }
    )


def _card(run: Run, data: Dataset, candidate: str, run_id: str, evaluation: Evaluation) -> Card:
    entry = audit.read(run)
    return Card(
        problem=run.problem.name,
        title=run.problem.title,
        description=run.problem.description,
        task=run.problem.task,
        data=entry.data,
        algorithm=candidate,
        inputs=data.inputs,
        target=data.target,
        primary_metric=run.problem.primary_metric,
        metrics=evaluation.scores["test"],
        metric_intervals=evaluation.intervals,
        slices=evaluation.slices,
        reliability=evaluation.reliability,
        threshold=evaluation.threshold,
        conformal=evaluation.conformal,
        training_set=data.training_set,
        reference=reference(data),
        background=background(data),
        decision=entry.decision_reason,
        code_version=run.settings.code_version,
        packages={package: version(package) for package in TRAINED_BY},
        run_id=run_id,
        dag_run_id=run.dag_run_id,
        created_at=datetime.now(UTC),
    )


def _log_model(run: Run, graph: onnx.ModelProto, card: Card, data: Dataset, fitted: Fitted) -> None:
    precision = np.dtype(fitted.precision)
    with TemporaryDirectory() as folder:
        card_file = Path(folder) / CARD_FILE
        card_file.write_text(card.model_dump_json(indent=2))
        rows_file = Path(folder) / REFERENCE_ROWS_FILE
        rows_file.write_text(reference_rows(data, run.settings.seed).model_dump_json())
        info = mlflow.onnx.log_model(
            graph,
            name="model",
            signature=ModelSignature(
                inputs=Schema([TensorSpec(precision, (-1, len(card.inputs)), name=GRAPH_INPUT)]),
            ),
            input_example={GRAPH_INPUT: data.parts["train"].features[:2].astype(precision)},
            # Named here because MLflow would otherwise start an interpreter to find out.
            pip_requirements=[f"{package}=={version(package)}" for package in _SERVED_BY],
            extra_files=[card_file.as_uri(), rows_file.as_uri()],
            onnx_execution_providers=["CPUExecutionProvider"],
            save_as_external_data=False,
            tags={TAG_PROBLEM: run.problem.name, TAG_DATA: card.data},
        )
    mlflow.set_tag(tracking.TAG_MODEL_ID, info.model_id)
