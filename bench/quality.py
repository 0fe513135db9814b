"""How good the pipeline's models are on the whole published cover type, beside plain XGBoost. Prints JSON.

    RELEVO_DATASETS=… python bench/quality.py [--seconds 300] [--models plain,xgboost]

Split 371,847 / 92,962 / 116,203, seeded and stratified. The rows are read from the clean database and go through
`relevo_pipeline.steps.train` as in a run: search, fit, export to ONNX, parity, MLflow. Each model is trained in a
process of its own. `--seconds` is TRAIN_SECONDS.
"""

import argparse
import json
import os
import sys
import time
from dataclasses import replace
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import onnxruntime
from relevo_contract.registry import GRAPH_INPUT, MODEL_FILE
from relevo_pipeline import tracking
from relevo_pipeline.run import Run
from relevo_pipeline.scoring.scores import scores as scores_of
from relevo_pipeline.steps.train import train
from relevo_pipeline.training import dataset, resources
from relevo_problems.problem import Problem
from relevo_problems.registry import load
from sklearn.model_selection import train_test_split
from stored import in_a_process_of_its_own, open_stores, published, receive
from xgboost import XGBClassifier

import mlflow

PROBLEM = load("covertype")
VALIDATION, TEST = 92_962, 116_203
THREADS = 2
RUN = "quality"


def fill(folder: Path, seed: int) -> dict[str, int]:
    """Store the rows with their seeded split. Returns the number of rows by split."""
    rows = published(PROBLEM)
    labels = rows[PROBLEM.target.name].to_numpy()
    rest, test = train_test_split(np.arange(len(rows)), test_size=TEST, random_state=seed, stratify=labels)
    training, validation = train_test_split(rest, test_size=VALIDATION, random_state=seed, stratify=labels[rest])
    split = np.full(len(rows), "train", dtype="U10")
    split[validation], split[test] = "validation", "test"
    settings, stores = open_stores(folder)
    receive(Run(PROBLEM, RUN, stores, settings), "all", rows, split)
    stores.close()
    return {"train": len(training), "validation": len(validation), "test": len(test)}


def ours(folder: Path, candidate: str, seconds: float, problem: Problem) -> dict[str, Any]:
    """One candidate, as a train task trains it."""
    began = time.monotonic()
    settings, stores = open_stores(folder, train_seconds=seconds, training_threads=THREADS)
    child = train(Run(problem, RUN, stores, settings), candidate)
    spent = time.monotonic() - began
    found = mlflow.MlflowClient(settings.mlflow_tracking_uri).get_run(child)
    metrics = found.data.metrics
    mlflow.set_tracking_uri(settings.mlflow_tracking_uri)
    local = Path(mlflow.artifacts.download_artifacts(f"models:/{found.data.tags[tracking.TAG_MODEL_ID]}"))
    graph = local / MODEL_FILE
    return {
        "accuracy": metrics["test_accuracy"],
        "macro_f1": metrics["test_macro_f1"],
        "validation_macro_f1": metrics["validation_macro_f1"],
        "seconds": round(spent, 1),
        "cpu_seconds": round(time.process_time(), 1),
        "search_seconds": round(metrics["search_seconds"], 1),
        "fit_seconds": round(metrics["fit_seconds"], 1),
        "trials": {name: int(metrics[f"trials_{name}"]) for name in ("complete", "pruned", "failed")},
        "parameters": found.data.params,
        "peak_memory_mib": round(metrics["peak_memory_mib"]),
        "onnx_mb": round(graph.stat().st_size / 1e6, 1),
        "one_row_ms": round(one_row_ms(graph), 3),
        "parity_different_labels": int(metrics["parity_different_labels"]),
        "parity_max_difference": metrics["parity_max_difference"],
    }


def one_row_ms(graph: Path) -> float:
    """Milliseconds for one row on one thread, the median of many."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    kind = np.float64 if session.get_inputs()[0].type == "tensor(double)" else np.float32
    rows = np.random.default_rng(1).uniform(0, 3000, (1000, len(PROBLEM.inputs))).astype(kind)
    spent = []
    for row in rows:
        began = time.perf_counter()
        session.run(None, {GRAPH_INPUT: row[None]})
        spent.append(time.perf_counter() - began)
    return 1000 * median(spent)


def plain(folder: Path) -> dict[str, Any]:
    """XGBoost as most people first run it: its own defaults, and early stopping on the validation rows."""
    began = time.monotonic()
    settings, stores = open_stores(folder)
    parts = dataset.read(Run(PROBLEM, RUN, stores, settings)).parts
    training, validation, test = (parts[split] for split in ("train", "validation", "test"))
    model = XGBClassifier(n_estimators=1000, early_stopping_rounds=50, n_jobs=THREADS, random_state=settings.seed)
    model.fit(
        training.features.astype(np.float32),
        training.labels,
        eval_set=[(validation.features.astype(np.float32), validation.labels)],
        verbose=False,
    )
    scores = scores_of("multiclass", test.labels, model.predict_proba(test.features.astype(np.float32)))
    return {
        "accuracy": scores["accuracy"],
        "macro_f1": scores["macro_f1"],
        "seconds": round(time.monotonic() - began, 1),
        "cpu_seconds": round(time.process_time(), 1),
        "rounds": model.best_iteration + 1,
        "peak_memory_mib": round(resources.peak_memory_mib()),
    }


def main(arguments: argparse.Namespace) -> dict[str, Any]:
    figures: dict[str, Any] = {}
    with TemporaryDirectory() as name:
        folder = Path(name)
        rows = fill(folder, arguments.seed)
        for model in arguments.models.split(","):
            print(f"{model} …", file=sys.stderr)
            given = ["--only", model, "--folder", name, "--seconds", str(arguments.seconds)]
            given += ["--without-derived"] if arguments.without_derived else []
            figures[model] = json.loads(in_a_process_of_its_own(__file__, given, folder))
            print(json.dumps(figures[model]), file=sys.stderr)
    return {
        "benchmark": "quality",
        "cpus": os.cpu_count(),
        "rows": rows,
        "train_seconds": arguments.seconds,
        "derived_columns": 0 if arguments.without_derived else len(PROBLEM.derived),
        "models": figures,
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--models", default=",".join(("plain", *PROBLEM.candidates)))
    parser.add_argument("--seed", type=int, default=20261121)
    parser.add_argument("--without-derived", action="store_true", help="the delivered columns only")
    parser.add_argument("--only", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.only is None:
        figures = main(given)
    elif given.only == "plain":
        figures = plain(given.folder)
    else:
        problem = replace(PROBLEM, derived=()) if given.without_derived else PROBLEM
        figures = ours(given.folder, given.only, given.seconds, problem)
    print(json.dumps(figures, indent=2))
