"""The model that every server of the benchmark answers with, in the two forms it can be served in."""

import warnings
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from mlflow.models import infer_signature
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

PROBLEM = load("covertype")
_TRAINED_ON = 6000
_TREES, _DEPTH = 100, 8
_READERS = {"integer": lambda text: int(float(text)), "number": float, "category": str}

Row = dict[str, Any]


@dataclass(frozen=True)
class Trees:
    """`pipeline` reads people's rows (a data frame), `graph` what `Encoder` makes of them: the same trees."""

    pipeline: Pipeline
    graph: ModelProto
    labels: tuple[str, ...]


def rows(count: int, seed: int) -> list[Row]:
    """Valid rows as the JSON of a request holds them."""
    names = [column.name for column in PROBLEM.columns]
    delivered = (dict(zip(names, row, strict=True)) for row in simulate(PROBLEM, count, seed=seed))
    return [{c.name: _READERS[c.kind](row[c.name]) for c in PROBLEM.inputs} for row in delivered]


def encoded(batch: list[Row]) -> list[list[float]]:
    """The same rows as a graph reads them."""
    return [Encoder(PROBLEM.inputs).row(row) for row in batch]


def train(seed: int) -> Trees:
    """100 trees on simulated cover type rows."""
    target = [row[-1] for row in simulate(PROBLEM, _TRAINED_ON, seed=seed)]
    forest = RandomForestClassifier(_TREES, max_depth=_DEPTH, random_state=seed, n_jobs=1)
    encoders = [
        (c.name, OrdinalEncoder(categories=[list(c.choices)]) if c.is_category else "passthrough", [c.name])
        for c in PROBLEM.inputs
    ]
    pipeline = Pipeline([("encode", ColumnTransformer(encoders)), ("classify", forest)])
    pipeline.fit(pd.DataFrame(rows(_TRAINED_ON, seed)), target)
    graph = to_onnx(
        forest,
        initial_types=[(GRAPH_INPUT, FloatTensorType([None, len(PROBLEM.inputs)]))],
        options={id(forest): {"zipmap": False}},
        target_opset={"": 21, "ai.onnx.ml": 3},
    )
    return Trees(pipeline, graph, tuple(forest.classes_))


def register(registry: str, trees: Trees, folder: Path) -> None:
    """Puts the graph into production with its card, as the pipeline does."""
    mlflow.set_tracking_uri(registry)
    client = mlflow.MlflowClient(registry)
    client.create_registered_model(PROBLEM.name)
    path = folder / CARD_FILE
    with warnings.catch_warnings(action="ignore"), mlflow.start_run(experiment_id="0") as run:
        path.write_text(card(trees, run.info.run_id).model_dump_json())
        logged = mlflow.onnx.log_model(
            trees.graph,
            name="model",
            extra_files=[str(path)],
            save_as_external_data=False,
            pip_requirements=[],
            signature=infer_signature(np.array(encoded(rows(5, 1)), dtype=np.float32)),
        )
    made = client.create_model_version(
        PROBLEM.name, logged.model_uri, run_id=run.info.run_id, model_id=logged.model_id
    )
    client.set_registered_model_alias(PROBLEM.name, PRODUCTION, made.version)


def save_pipeline(trees: Trees, folder: Path) -> None:
    """The pipeline as an MLflow model, for `mlflow models serve`; it answers with probabilities, too."""
    with warnings.catch_warnings(action="ignore"):
        mlflow.sklearn.save_model(
            trees.pipeline,
            folder,
            serialization_format="cloudpickle",
            pyfunc_predict_fn="predict_proba",
            signature=infer_signature(pd.DataFrame(rows(5, 1))),
            pip_requirements=[],
        )


def card(trees: Trees, run_id: str) -> Card:
    return Card(
        problem=PROBLEM.name,
        title=PROBLEM.title,
        description=PROBLEM.description,
        task=PROBLEM.task,
        data="simulated",
        algorithm="random_forest",
        inputs=PROBLEM.inputs,
        target=PROBLEM.target.model_copy(update={"choices": trees.labels}),
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
