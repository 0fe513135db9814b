"""SHAP values of the served graphs: seconds, evaluations and error of ways to get them. Prints JSON.

Run it with nothing else on the machine: python bench/explain.py [candidate …].
Rows are the real ones if RELEVO_DATASETS names their folder, simulated ones if not.
"""

import io
import json
import os
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime
import pandas as pd
from numpy.typing import NDArray
from relevo_contract.card import TrainingSet
from relevo_contract.encoding import Encoder
from relevo_contract.registry import GRAPH_INPUT
from relevo_contract.shapley import contributions
from relevo_pipeline.splits import SPLITS, row_keys, splits
from relevo_pipeline.training import export
from relevo_pipeline.training.candidates import CANDIDATES, fit
from relevo_pipeline.training.dataset import Dataset, part
from relevo_pipeline.training.fitting import Conditions
from relevo_problems.registry import load
from relevo_problems.simulator import simulate

began = time.perf_counter()
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import shap
IMPORT_SECONDS = time.perf_counter() - began

PROBLEM = load("covertype")
COLUMNS = len(PROBLEM.inputs)
TRAINING_ROWS, BACKGROUND, COMPARED, EXPLAINED, WIDE = 30_000, 50, 3, 200, 45
Matrix = NDArray[np.float64]
Predict = Callable[[Matrix], Matrix]


def dataset() -> tuple[str, Dataset]:
    folder = os.environ.get("RELEVO_DATASETS")
    names = [column.name for column in PROBLEM.columns]
    if folder:
        lines = "".join(PROBLEM.dataset.convert(Path(folder) / PROBLEM.dataset.published))
        frame = pd.read_csv(io.StringIO(lines), dtype={PROBLEM.target.name: str}).sample(
            TRAINING_ROWS, random_state=1
        )
    else:
        rows = [list(row) for row in simulate(PROBLEM, TRAINING_ROWS, seed=1)]
        kinds = {column.name: "int64" for column in PROBLEM.inputs if not column.is_category}
        frame = pd.DataFrame(rows, columns=names).astype(kinds)
    found = splits(PROBLEM, frame, row_keys(PROBLEM, frame))
    encoder = Encoder(PROBLEM.inputs)
    named = TrainingSet(name="bench", last_collection_id=1, split_rule="", rows=1, digest="", batch="")
    parts = {split: part(encoder, PROBLEM.target, frame[found == split]) for split in SPLITS}
    return "real" if folder else "simulated", Dataset(PROBLEM.inputs, PROBLEM.target, named, parts)


class Counted:
    """A served graph that counts the rows it has answered."""

    def __init__(self, graph: bytes, double: bool) -> None:
        self._session = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
        self._kind = np.float64 if double else np.float32
        self.rows = 0

    def __call__(self, matrix: Matrix) -> Matrix:
        self.rows += len(matrix)
        return np.asarray(self._session.run(None, {GRAPH_INPUT: matrix.astype(self._kind)})[-1], np.float64)


def ours(predict: Predict, rows: Matrix, background: Matrix) -> Matrix:
    return np.array(
        [contributions(predict, row, background, np.random.default_rng(i)).values for i, row in enumerate(rows)]
    )


def permutations(evaluations: int) -> Callable[[Predict, Matrix, Matrix], Matrix]:
    def way(predict: Predict, rows: Matrix, background: Matrix) -> Matrix:
        masker = shap.maskers.Independent(background, max_samples=len(background))
        explainer = shap.PermutationExplainer(predict, masker, seed=1)
        return np.asarray(explainer(rows, max_evals=evaluations, silent=True).values)

    return way


def exact(predict: Predict, rows: Matrix, background: Matrix) -> Matrix:
    masker = shap.maskers.Independent(background, max_samples=len(background))
    return np.asarray(shap.ExactExplainer(predict, masker)(rows, silent=True).values)


WAYS = {
    "ours": ours,
    "shap permutation, one order": permutations(2 * COLUMNS + 1),
    "shap permutation, its default": permutations(500),
    "shap exact": exact,
}


def timed(way: Callable[..., Matrix], predict: Counted, *arguments: Matrix) -> tuple[Matrix, float, int]:
    predict.rows = 0
    started = time.perf_counter()
    values = way(predict, *arguments)
    return values, time.perf_counter() - started, predict.rows


def compare(predict: Counted, rows: Matrix, background: Matrix) -> dict[str, object]:
    """Every way on the same few rows."""
    found = {name: timed(way, predict, rows, background) for name, way in WAYS.items()}
    right, *_ = found["shap exact"]
    figures = {}
    for name, (values, seconds, evaluations) in found.items():
        total = predict(background).mean(axis=0) + values.sum(axis=1)
        figures[name] = {
            "seconds_a_row": round(seconds / len(rows), 4),
            "evaluations_a_row": evaluations // len(rows),
            "rms_error": round(float(np.sqrt(np.mean((values - right) ** 2))), 5),
            "largest_error": round(float(np.abs(values - right).max()), 4),
            "sum_off_by": float(f"{np.abs(total - predict(rows)).max():.1e}"),
        }
    return {"rms_value": round(float(np.sqrt(np.mean(right**2))), 4), "ways": figures}


def wide() -> float:
    """Seconds for all rows of a forest with as many columns as the widest problem will have."""
    from skl2onnx import to_onnx
    from sklearn.datasets import make_classification
    from sklearn.ensemble import RandomForestClassifier

    features, labels = make_classification(10_000, WIDE, n_informative=20, random_state=1)
    forest = RandomForestClassifier(100, max_leaf_nodes=2000, n_jobs=2, random_state=1)
    forest.fit(features.astype(np.float32), labels)
    options = {id(forest): {"zipmap": False}}
    graph = to_onnx(
        forest, features[:1].astype(np.float32), options=options, target_opset={"": 21, "ai.onnx.ml": 3}
    )
    graph.graph.input[0].name = GRAPH_INPUT
    for node in graph.graph.node:
        node.input[:] = [GRAPH_INPUT if name == "X" else name for name in node.input]
    _, seconds, _ = timed(
        ours, Counted(graph.SerializeToString(), False), features[-EXPLAINED:], features[:BACKGROUND]
    )
    return seconds


def _smallest(data: Dataset, conditions: Conditions) -> bytes:
    return export.to_graph(fit("logistic_regression", data, conditions), COLUMNS).SerializeToString()


def main(candidates: list[str]) -> None:
    kind, data = dataset()
    random = np.random.default_rng(3)
    background = random.permutation(data.parts["train"].features)[:BACKGROUND]
    rows = random.permutation(data.parts["test"].features)[:EXPLAINED]
    conditions = Conditions(os.cpu_count() or 1, 5, PROBLEM.primary_metric, PROBLEM.derived)
    figures: dict[str, object] = {}
    _, compiling, _ = timed(permutations(500), Counted(_smallest(data, conditions), True), rows[:1], background)
    for candidate in candidates:
        fitted = fit(candidate, data, conditions)
        graph = export.to_graph(fitted, COLUMNS).SerializeToString()
        predict = Counted(graph, fitted.precision is np.float64)
        found = compare(predict, rows[:COMPARED], background)
        _, seconds, _ = timed(ours, predict, rows, background)
        figures[candidate] = {
            "graph_mib": round(len(graph) / 2**20, 1),
            **found,
            "seconds_200_rows": round(seconds, 2),
        }
    print(
        json.dumps(
            {
                "benchmark": "explain",
                "cpus": os.cpu_count(),
                "data": kind,
                "training_rows": len(data.parts["train"].labels),
                "columns": COLUMNS,
                "outputs": len(PROBLEM.target.choices),
                "background_rows": BACKGROUND,
                "rows_compared": COMPARED,
                "shap_import_seconds": round(IMPORT_SECONDS, 2),
                "shap_first_call_seconds": round(compiling, 2),
                "candidates": figures,
                f"seconds_200_rows_{WIDE}_columns_forest": round(wide(), 2),
            },
            indent=2,
        )
    )


if __name__ == "__main__":
    main(sys.argv[1:] or list(CANDIDATES))
