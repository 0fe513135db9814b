"""How good the pipeline's models are on a problem's whole published data, beside plain XGBoost. Prints JSON.

    RELEVO_DATASETS=… python bench/quality.py [--problem covertype] [--seconds 300] [--models plain,xgboost]
    RELEVO_DATASETS=… python bench/quality.py --problem realestate --median-by zip_code

The rows are split as the pipeline splits them, by a hash of the row or of its group; with `--seed N` at random
instead, groups whole. (Cover type: 371,847 / 92,962 / 116,203, seeded and stratified.) They are read from the
clean database and go through `relevo_pipeline.steps.train` as in a run: search, fit, export to ONNX, parity,
MLflow. Each model is trained in a process of its own. `--seconds` is TRAIN_SECONDS. `plain` are XGBoost's own
defaults with early stopping on the validation rows; `--median-by COLUMN` adds the median target of the training
rows with the same value there.
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
import pandas as pd
from relevo_contract.card import Card
from relevo_contract.registry import CARD_PATH, GRAPH_INPUT, MODEL_FILE
from relevo_pipeline import tracking
from relevo_pipeline.run import Run
from relevo_pipeline.scoring.scores import intervals, scores
from relevo_pipeline.served_model import answered, open_graph
from relevo_pipeline.splits import groups
from relevo_pipeline.steps.train import train
from relevo_pipeline.training import dataset, resources
from relevo_problems.problem import Problem
from relevo_problems.registry import load
from sklearn.model_selection import train_test_split
from stored import in_a_process_of_its_own, open_stores, prepared, published, receive, receive_prepared
from xgboost import XGBClassifier, XGBRegressor

import mlflow

STRATIFIED = {"covertype": (92_962, 116_203, 20261121)}
THREADS = 2
RUN = "quality"
# To which batch of the data API each test row belongs.
BATCHES = "test_batches.npy"


def fill(problem: Problem, folder: Path, seed: int | None) -> dict[str, int]:
    """Store the rows with their split. Returns the number of rows by split."""
    settings, stores = open_stores(folder)
    run = Run(problem, RUN, stores, settings)
    if problem.name in STRATIFIED:
        rows = published(problem)
        split = _stratified(problem, rows, *STRATIFIED[problem.name][:2], seed or STRATIFIED[problem.name][2])
        receive(run, "all", rows, split)
    else:
        rows = prepared(problem)
        if seed is not None:
            rows["split"] = _whole_groups(problem, rows, seed)
        split = rows["split"].to_numpy()
        receive_prepared(run, "all", rows)
        # Rows are read in the order of their keys.
        np.save(folder / BATCHES, rows.sort_values("row_key").loc[lambda all_: all_["split"] == "test", "batch"])
    stores.close()
    return {name: int((split == name).sum()) for name in ("train", "validation", "test")}


def _stratified(problem: Problem, rows: pd.DataFrame, validation: int, test: int, seed: int) -> Any:
    labels = rows[problem.target.name].to_numpy()
    rest, tested = train_test_split(np.arange(len(rows)), test_size=test, random_state=seed, stratify=labels)
    _, validated = train_test_split(rest, test_size=validation, random_state=seed, stratify=labels[rest])
    split = np.full(len(rows), "train", dtype="U10")
    split[validated], split[tested] = "validation", "test"
    return split


def _whole_groups(problem: Problem, rows: pd.DataFrame, seed: int) -> Any:
    codes = groups(problem, rows)
    codes = np.arange(len(rows)) if codes is None else codes
    place = np.random.default_rng(seed).random(codes.max() + 1)[codes]
    return np.array(["train", "validation", "test"])[np.searchsorted([0.70, 0.85], place, side="right")]


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
    card = Card.model_validate_json((local / CARD_PATH).read_bytes())
    return {
        **_rounded(card.metrics, card.metric_intervals),
        f"validation_{problem.primary_metric}": metrics[f"validation_{problem.primary_metric}"],
        "by_batch": by_batch(folder, Run(problem, RUN, stores, settings), graph, card.threshold),
        "threshold": card.threshold,
        "conformal": card.conformal.model_dump() if card.conformal else None,
        "slices": [one.model_dump() for one in card.slices],
        "seconds": round(spent, 1),
        "cpu_seconds": round(time.process_time(), 1),
        "search_seconds": round(metrics["search_seconds"], 1),
        "fit_seconds": round(metrics["fit_seconds"], 1),
        "trials": {name: int(metrics[f"trials_{name}"]) for name in ("complete", "pruned", "failed")},
        "parameters": found.data.params,
        "peak_memory_mib": round(metrics["peak_memory_mib"]),
        "onnx_mb": round(graph.stat().st_size / 1e6, 1),
        "one_row_ms": round(one_row_ms(graph, len(problem.inputs)), 3),
        "parity_different_labels": int(metrics["parity_different_labels"]),
        "parity_max_difference": metrics["parity_max_difference"],
    }


def by_batch(folder: Path, run: Run, graph: Path, threshold: float | None) -> dict[str, Any]:
    """The scores on the test rows of each batch that the data API delivers, where there are several."""
    if not (folder / BATCHES).exists():
        return {}
    test = dataset.read(run).parts["test"]
    batches = np.load(folder / BATCHES, allow_pickle=True)
    session = open_graph(graph.read_bytes())
    kind = np.float64 if session.get_inputs()[0].type == "tensor(double)" else np.float32
    answers = answered(session, test.features.astype(kind))
    found = {}
    for batch in np.unique(batches):
        rows = batches == batch
        found[str(batch)] = {
            "rows": int(rows.sum()),
            **_rounded(scores(run.problem.task, test.labels[rows], answers[rows], threshold), {}),
        }
    return found


def _rounded(found: dict[str, float], ranges: dict[str, tuple[float, float]]) -> dict[str, Any]:
    """Each score, with its 95 % interval where it has one."""
    return {name: [float(f"{x:.6g}") for x in (score, *ranges.get(name, ()))] for name, score in found.items()}


def one_row_ms(graph: Path, inputs: int) -> float:
    """Milliseconds for one row on one thread, the median of many."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    kind = np.float64 if session.get_inputs()[0].type == "tensor(double)" else np.float32
    rows = np.random.default_rng(1).uniform(0, 3000, (1000, inputs)).astype(kind)
    spent = []
    for row in rows:
        began = time.perf_counter()
        session.run(None, {GRAPH_INPUT: row[None]})
        spent.append(time.perf_counter() - began)
    return 1000 * median(spent)


def plain(folder: Path, problem: Problem) -> dict[str, Any]:
    """XGBoost as most people first run it: its own defaults, and early stopping on the validation rows."""
    began = time.monotonic()
    settings, stores = open_stores(folder)
    parts = dataset.read(Run(problem, RUN, stores, settings)).parts
    training, validation, test = (parts[split] for split in ("train", "validation", "test"))
    kind = XGBRegressor if problem.task == "regression" else XGBClassifier
    model = kind(n_estimators=1000, early_stopping_rounds=50, n_jobs=THREADS, random_state=settings.seed)
    model.fit(
        training.features.astype(np.float32),
        training.labels,
        eval_set=[(validation.features.astype(np.float32), validation.labels)],
        verbose=False,
    )
    answers = getattr(model, "predict_proba", model.predict)(test.features.astype(np.float32))
    return {
        **_scored(problem, test, answers, settings.seed),
        "seconds": round(time.monotonic() - began, 1),
        "cpu_seconds": round(time.process_time(), 1),
        "rounds": model.best_iteration + 1,
        "peak_memory_mib": round(resources.peak_memory_mib()),
    }


def median_by(folder: Path, problem: Problem, column: str) -> dict[str, Any]:
    """The median of the training rows that have the same value; of all of them where none has."""
    settings, stores = open_stores(folder)
    parts = dataset.read(Run(problem, RUN, stores, settings)).parts
    training, test = parts["train"], parts["test"]
    medians = pd.Series(training.labels).groupby(training.frame[column].to_numpy()).median()
    found = medians.reindex(test.frame[column].to_numpy()).fillna(float(np.median(training.labels)))
    return _scored(problem, test, found.to_numpy(), settings.seed)


def _scored(problem: Problem, test: dataset.Part, answers: Any, seed: int) -> dict[str, Any]:
    clusters = groups(problem, test.frame)
    ranges = intervals(problem.task, test.labels, answers, seed, clusters=clusters)
    return _rounded(scores(problem.task, test.labels, answers), ranges)


def main(arguments: argparse.Namespace, problem: Problem) -> dict[str, Any]:
    figures: dict[str, Any] = {}
    models = (arguments.models or ",".join(("plain", *problem.candidates))).split(",")
    models = [*([f"by:{arguments.median_by}"] if arguments.median_by else []), *models]
    with TemporaryDirectory() as name:
        folder = Path(name)
        rows = fill(problem, folder, arguments.seed)
        for model in models:
            print(f"{model} …", file=sys.stderr)
            given = ["--problem", problem.name, "--only", model, "--folder", name]
            given += ["--seconds", str(arguments.seconds)]
            given += ["--without-derived"] if arguments.without_derived else []
            figures[model] = json.loads(in_a_process_of_its_own(__file__, given, folder))
            print(json.dumps(figures[model]), file=sys.stderr)
    return {
        "benchmark": "quality",
        "problem": problem.name,
        "cpus": os.cpu_count(),
        "rows": rows,
        "train_seconds": arguments.seconds,
        "derived_columns": len(problem.derived),
        "models": figures,
    }


def one(model: str, folder: Path, seconds: float, problem: Problem) -> dict[str, Any]:
    """The figures of one model, in this process."""
    if model == "plain":
        return plain(folder, problem)
    if model.startswith("by:"):
        return median_by(folder, problem, model.removeprefix("by:"))
    return ours(folder, model, seconds, problem)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--problem", default="covertype")
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--models")
    parser.add_argument("--seed", type=int)
    parser.add_argument("--median-by", metavar="COLUMN")
    parser.add_argument("--without-derived", action="store_true", help="the delivered columns only")
    parser.add_argument("--only", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    chosen = load(given.problem)
    chosen = replace(chosen, derived=()) if given.without_derived else chosen
    figures = one(given.only, given.folder, given.seconds, chosen) if given.only else main(given, chosen)
    print(json.dumps(figures, indent=2))
