"""Models as the server holds them, of whatever scikit-learn has fitted."""

from pathlib import Path
from typing import Any

from relevo_contract.card import Card
from relevo_contract.registry import CARD_FILE, GRAPH_INPUT, MODEL_FILE
from relevo_inference.registry.versions import ModelVersion
from relevo_inference.serving.model import LoadedModel
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import FloatTensorType
from support.animals import PROBLEM


def loaded(folder: Path, fitted: Any, card: Card) -> LoadedModel:
    options = {id(fitted): {"zipmap": False}} if card.labels else None
    types = [(GRAPH_INPUT, FloatTensorType([None, len(card.inputs)]))]
    graph = convert_sklearn(fitted, initial_types=types, options=options)
    (folder / MODEL_FILE).write_bytes(graph.SerializeToString())
    (folder / CARD_FILE).write_text(card.model_dump_json())
    return LoadedModel.open(folder, ModelVersion(PROBLEM, "1", "r" * 32, "", 0))
