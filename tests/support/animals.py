"""A toy problem, and a registry that holds real models of it. It has a column of every kind and awkward names."""

import warnings
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from mlflow.environment_variables import MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT
from relevo_contract.card import Card, TrainingSet
from relevo_contract.columns import Column
from relevo_contract.registry import CARD_FILE, GRAPH_INPUT, PRODUCTION
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import FloatTensorType
from sklearn.linear_model import LogisticRegression

import mlflow

# What prints one JSON object prints nothing else.
MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT.set(True)

PROBLEM, UNTRAINED = "animals", "plants"
INPUTS = (
    Column(
        name="Body_Width",
        kind="number",
        description="How wide it is",
        unit="m",
        minimum=0,
        maximum=10,
        typical=(0.5, 4),
        default=2.5,
    ),
    Column(name="legs-count", kind="integer", description="How many legs", minimum=0, maximum=8, default=4),
    Column(
        name="Colour",
        kind="category",
        description="Its colour",
        choices=("r", "g"),
        choice_names={"r": "Red", "g": "Green"},
        default="g",
    ),
)
TAIL = Column(name="Tail", kind="number", description="Length of its tail", unit="m", minimum=0, default=1)
TARGET = Column(
    name="Animal",
    kind="category",
    description="Which animal",
    choices=("0", "1", "2"),
    choice_names={"0": "Ant", "1": "Bee", "2": "Cat"},
)
ROW: dict[str, Any] = {column.name: column.default for column in INPUTS}
# Rows to explain answers against, in the order of `INPUTS`.
BACKGROUND = tuple((width / 4, width % 9, "rg"[width % 2]) for width in range(40))


def card(**changes: Any) -> Card:
    """What a model of `INPUTS` says about itself, but for the `changes`."""
    return Card(
        problem=PROBLEM,
        title="Animals",
        description="Which animal it is.",
        task="multiclass",
        data="simulated",
        algorithm="logistic_regression",
        inputs=INPUTS,
        target=TARGET,
        primary_metric="macro_f1",
        metrics={"macro_f1": 0.5},
        training_set=TrainingSet(
            name="animals-1", last_collection_id=1, split_rule="hash", rows=90, digest="d" * 64, batch="1"
        ),
        decision="train: no model is in production yet",
        code_version="1",
        run_id="0" * 32,
        dag_run_id="manual__1",
        created_at=datetime.now(UTC),
    ).model_copy(update=changes)


class Registry:
    """Registers small real models in an MLflow the way the pipeline does, and moves the alias.

    `folder` is the one the MLflow server keeps its files below.
    """

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self.folder = folder
        self.client = mlflow.MlflowClient(url)
        self.client.create_registered_model(PROBLEM)
        self.models: dict[str, LogisticRegression] = {}

    def register(
        self, *, seed: int, inputs: tuple[Column, ...] = INPUTS, says: Card | None = None, problem: str = PROBLEM
    ) -> str:
        """A new version, trained on noise; its card is of `inputs`, or else what it `says`."""
        width = len(inputs)
        matrix = np.random.default_rng(seed).random((90, width)) * 8
        model = LogisticRegression().fit(matrix, [str(i % 3) for i in range(90)])
        graph = convert_sklearn(
            model,
            initial_types=[(GRAPH_INPUT, FloatTensorType([None, width]))],
            options={id(model): {"zipmap": False}},
        )
        path = self.folder / CARD_FILE
        path.write_text((says or card(inputs=inputs)).model_dump_json())
        # One for the whole process: another test may have pointed it at a server of its own.
        mlflow.set_tracking_uri(self.url)
        # MLflow warns about type hints of its own when it first meets a kind of model.
        with warnings.catch_warnings(action="ignore"), mlflow.start_run(experiment_id="0") as run:
            info = mlflow.onnx.log_model(
                graph, name="model", extra_files=[str(path)], save_as_external_data=False, pip_requirements=[]
            )
        made = self.client.create_model_version(
            problem, info.model_uri, run_id=run.info.run_id, model_id=info.model_id
        )
        version = str(made.version)
        if problem == PROBLEM:
            self.models[version] = model
        return version

    def promote(self, version: str, problem: str = PROBLEM) -> None:
        self.client.set_registered_model_alias(problem, PRODUCTION, version)

    def run_of(self, version: str) -> str:
        return str(self.client.get_model_version(PROBLEM, version).run_id)

    def artifacts(self, version: str) -> Path:
        """Where the MLflow server keeps a version's files."""
        uri = self.client.get_model_version_download_uri(PROBLEM, version)
        return self.folder / "artifacts" / uri.removeprefix("mlflow-artifacts:/")
