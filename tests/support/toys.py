"""Models of one input that anybody can do in their head."""

from pathlib import Path
from typing import Any

import onnx
from onnx import TensorProto, helper
from relevo_contract.card import Card
from relevo_contract.columns import Column
from relevo_contract.registry import CARD_FILE, GRAPH_INPUT, MODEL_FILE
from relevo_inference.registry.versions import ModelVersion
from relevo_inference.serving.model import LoadedModel
from support.animals import PROBLEM, TARGET, card

WIDTH = Column(name="Width", kind="number", description="Width", minimum=0, maximum=1, default=0.5)
TAME = TARGET.model_copy(update={"name": "Tame", "choices": ("no", "yes"), "choice_names": {"yes": "Yes"}})
PRICE = Column(name="Price", kind="number", description="Price", unit="USD", minimum=0)


def opened(folder: Path, says: Card, *, negate: bool, operator: str = "Identity") -> LoadedModel:
    """A model that answers with its one input x: as a value of `operator`, or as the probabilities 1 − x and x."""
    nodes = [helper.make_node(operator, [GRAPH_INPUT], ["answer"])]
    if negate:
        nodes = [
            helper.make_node("Sub", ["one", GRAPH_INPUT], ["rest"]),
            helper.make_node("Concat", ["rest", GRAPH_INPUT], ["answer"], axis=1),
        ]
    graph = helper.make_graph(
        nodes,
        "toy",
        [helper.make_tensor_value_info(GRAPH_INPUT, TensorProto.DOUBLE, [None, 1])],
        [helper.make_tensor_value_info("answer", TensorProto.DOUBLE, [None, 2 if negate else 1])],
        [helper.make_tensor("one", TensorProto.DOUBLE, [1], [1.0])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    onnx.save(model, folder / MODEL_FILE)
    (folder / CARD_FILE).write_text(says.model_dump_json())
    return LoadedModel.open(folder, ModelVersion(PROBLEM, "1", "r" * 32, "models:/m-1", 0))


def binary(**changes: Any) -> Card:
    return card(task="binary", inputs=(WIDTH,), target=TAME, **changes)


def regression(**changes: Any) -> Card:
    return card(task="regression", inputs=(WIDTH,), target=PRICE, **changes)
