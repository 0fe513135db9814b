"""A version that every new one beats, as an operator might register it by hand. Prints its number.

Runs where the pipeline's own settings are: python faults/beaten.py PROBLEM VERSION
"""

import json
import sys
import warnings
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnx
from onnx import helper, numpy_helper
from relevo_contract.card import Card
from relevo_contract.registry import CARD_PATH, MODEL_FILE
from relevo_pipeline.settings import settings

import mlflow


def register(problem: str, version: str) -> str:
    """Registers `version` of `problem` once more, with its probabilities moved on by one label; the new number.

    It takes every label for another one, so no guard for a single label can speak for it.
    """
    mlflow.set_tracking_uri(settings().mlflow_tracking_uri)
    source = f"models:/{problem}/{version}"
    with TemporaryDirectory() as name, warnings.catch_warnings(action="ignore"):
        files = Path(mlflow.artifacts.download_artifacts(source, dst_path=name))
        graph = onnx.load(files / MODEL_FILE)
        labels = len(Card.model_validate_json((files / CARD_PATH).read_bytes()).labels)
        _move_on(graph.graph, labels)
        with mlflow.start_run(experiment_id="0", run_name="every label for another one") as run:
            logged = mlflow.onnx.log_model(
                graph,
                name="model",
                extra_files=[str(files / CARD_PATH)],
                save_as_external_data=False,
                pip_requirements=[],
                signature=mlflow.models.get_model_info(source).signature,
            )
    made = mlflow.MlflowClient().create_model_version(
        problem, logged.model_uri, run_id=run.info.run_id, model_id=logged.model_id
    )
    return str(made.version)


def _move_on(graph: onnx.GraphProto, labels: int) -> None:
    """Rotates the columns of the output that has one for each label."""
    (output,) = (one for one in graph.output if len(one.type.tensor_type.shape.dim) == 2)
    was = f"{output.name}_right"
    for node in graph.node:
        for names in (node.output, node.input):
            names[:] = [was if name == output.name else name for name in names]
    order = numpy_helper.from_array(np.roll(np.arange(labels), 1), "moved_on")
    graph.initializer.append(order)
    graph.node.append(helper.make_node("Gather", [was, "moved_on"], [output.name], axis=1))


if __name__ == "__main__":
    sys.stdout.write(json.dumps(register(sys.argv[1], sys.argv[2])) + "\n")
