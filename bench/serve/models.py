"""The model that every server of the benchmark answers with, in the two forms it can be served in."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from onnx import ModelProto
from relevo_contract.card import Card, TrainingSet
from relevo_contract.encoding import Encoder
from relevo_contract.registry import CARD_FILE, GRAPH_INPUT, PRODUCTION
from relevo_problems.registry import load
from relevo_problems.simulator import simulate
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OrdinalEncoder

import mlflow
from mlflow import MlflowClient

PROBLEM = load("covertype")
_TRAINED_ON = 6000
_TREES, _DEPTH = 100, 8


@dataclass(frozen=True)
class Trained:
    """`pipeline` reads people's rows (a data frame), `graph` what `Encoder` makes of them: the same trees."""

    pipeline: Pipeline
    graph: ModelProto
    labels: tuple[str, ...]


def rows(count: int, seed: int) -> list[dict[str, Any]]:
    """Valid rows as the JSON of a request holds them."""
    drawn = simulate(PROBLEM, count, seed=seed)
    names = [column.name for column in PROBLEM.columns]
    kinds = {column.name: column.kind for column in PROBLEM.columns}
    readers = {"integer": lambda text: int(float(text)), "number": float, "category": str}
    inputs = [column.name for column in PROBLEM.inputs]
    delivered = (dict(zip(names, row, strict=True)) for row in drawn)
    return [{name: readers[kinds[name]](row[name]) for name in inputs} for row in delivered]


def train(seed: int) -> Trained:
    """100 trees on simulated cover type rows."""
    frame = pd.DataFrame(rows(_TRAINED_ON, seed))
    target = [row[-1] for row in simulate(PROBLEM, _TRAINED_ON, seed=seed)]
    forest = RandomForestClassifier(_TREES, max_depth=_DEPTH, random_state=seed, n_jobs=1)
    categories = {c.name: list(c.choices) for c in PROBLEM.inputs if c.is_category}
    encode = ColumnTransformer(
        [
            (column.name, OrdinalEncoder(categories=[categories[column.name]]), [column.name])
            if column.is_category
            else (column.name, "passthrough", [column.name])
            for column in PROBLEM.inputs
        ]
    )
    pipeline = Pipeline([("encode", encode), ("classify", forest)]).fit(frame, target)
    width = len(PROBLEM.inputs)
    graph = to_onnx(
        forest,
        initial_types=[(GRAPH_INPUT, FloatTensorType([None, width]))],
        options={id(forest): {"zipmap": False}},
        target_opset={"": 21, "ai.onnx.ml": 3},
    )
    return Trained(pipeline, graph, tuple(forest.classes_))


def encoded(batch: list[dict[str, Any]]) -> np.ndarray[Any, Any]:
    return np.array([Encoder(PROBLEM.inputs).row(row) for row in batch], dtype=np.float32)


def register(registry: str, trained: Trained, folder: Path) -> str:
    """A version with its card, as the pipeline registers one; its number."""
    mlflow.set_tracking_uri(registry)
    client = MlflowClient(registry)
    if not client.search_registered_models(f"name='{PROBLEM.name}'"):
        client.create_registered_model(PROBLEM.name)
    path = folder / CARD_FILE
    with mlflow.start_run() as run:
        path.write_text(_card(trained, run.info.run_id).model_dump_json())
        logged = mlflow.onnx.log_model(
            trained.graph, name="model", extra_files=[str(path)], save_as_external_data=False, pip_requirements=[]
        )
    version = client.create_model_version(
        PROBLEM.name, logged.model_uri, run_id=run.info.run_id, model_id=logged.model_id
    )
    return str(version.version)


def promote(registry: str, version: str) -> None:
    MlflowClient(registry).set_registered_model_alias(PROBLEM.name, PRODUCTION, version)


def _card(trained: Trained, run_id: str) -> Card:
    target = PROBLEM.target.model_copy(update={"choices": trained.labels})
    return Card(
        problem=PROBLEM.name,
        title=PROBLEM.title,
        description=PROBLEM.description,
        task=PROBLEM.task,
        data="simulated",
        algorithm="random_forest",
        inputs=PROBLEM.inputs,
        target=target,
        primary_metric="accuracy",
        metrics={},
        training_set=TrainingSet(
            name="bench", last_collection_id=1, split_rule="none", rows=_TRAINED_ON, digest="0" * 64, batch="1"
        ),
        decision="train: for a benchmark",
        code_version="0",
        run_id=run_id,
        dag_run_id="bench",
        created_at=datetime.now(UTC),
    )
