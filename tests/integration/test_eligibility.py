"""A served form that is not what was trained gets neither production nor the alias `challenger`."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper
from relevo_contract.registry import CHALLENGER, TAG_VERDICT_RULE
from relevo_pipeline import tracking
from relevo_pipeline.errors import StepError
from relevo_pipeline.operate import BY_HAND, promote
from relevo_pipeline.steps.judge import judge
from relevo_pipeline.steps.promote import promote as promote_challenger
from relevo_pipeline.steps.reject import reject
from relevo_pipeline.steps.train import train
from support.processes import Service
from support.runs import PROBLEM, Stack, graph_of, rows


def with_numbers_broken(file: Path) -> None:
    """Every weight becomes what is no number."""
    model = onnx.load(file)
    for node in model.graph.node:
        for attribute in node.attribute:
            if attribute.name in ("coefficients", "intercepts"):
                attribute.floats[:] = [float("nan")] * len(attribute.floats)
    for tensor in model.graph.initializer:
        array = numpy_helper.to_array(tensor)
        if np.issubdtype(array.dtype, np.floating):
            tensor.CopyFrom(numpy_helper.from_array(np.full_like(array, np.nan), tensor.name))
    onnx.save(model, file)


def with_a_class_less(file: Path) -> None:
    """The probabilities of the last class are cut off."""
    model = onnx.load(file)
    output = model.graph.output[1]
    classes = output.type.tensor_type.shape.dim[1].dim_value
    ends = {"starts": [0], "ends": [(classes or len(PROBLEM.target.choices)) - 1], "axes": [1]}
    for name, value in ends.items():
        model.graph.initializer.append(numpy_helper.from_array(np.array(value, np.int64), f"cut_{name}"))
    cut = onnx.helper.make_node("Slice", [output.name, *(f"cut_{name}" for name in ends)], ["fewer"])
    model.graph.node.append(cut)
    model.graph.output[1].CopyFrom(
        onnx.helper.make_tensor_value_info("fewer", output.type.tensor_type.elem_type, None)
    )
    onnx.save(model, file)


def with_doubled_probabilities(file: Path) -> None:
    model = onnx.load(file)
    output = model.graph.output[1]
    model.graph.node.append(onnx.helper.make_node("Add", [output.name, output.name], ["doubled"]))
    output.name = "doubled"
    onnx.save(model, file)


BROKEN = {
    "it has no model.onnx": Path.unlink,
    "its graph cannot be opened": lambda file: file.write_bytes(b"not a graph"),
    "with what is no number": with_numbers_broken,
    "its card has ": with_a_class_less,
    "are no probabilities: they sum up to 2": with_doubled_probabilities,
}


@pytest.mark.parametrize("words", BROKEN)
def test_a_broken_export_is_refused(stack: Stack, mlflow: Service, words: str) -> None:
    run = stack.until_decided("only", rows(300, seed=1), batch=1)
    broken = train(run, "logistic_regression")
    BROKEN[words](graph_of(stack, mlflow, broken))
    alone = judge(run)
    assert (alone.outcome, alone.rule) == ("rejected", "not_eligible")
    assert alone.reason.startswith("not eligible: logistic_regression: ")
    assert words in alone.reason


def test_the_next_best_is_judged_in_the_place_of_a_broken_one(stack: Stack, mlflow: Service) -> None:
    run = stack.until_decided("only", rows(600, seed=1), batch=1)
    scores = {}
    for candidate in ("logistic_regression", "random_forest"):
        child = train(run, candidate)
        scores[candidate] = (stack.mlflow.get_run(child).data.metrics["validation_macro_f1"], child)
    (second, _), (best, (_, child)) = sorted(scores.items(), key=lambda item: item[1])
    graph_of(stack, mlflow, child).write_bytes(b"")
    verdict = judge(run)
    assert (verdict.outcome, verdict.algorithm) == ("promoted", second)
    assert f"({best} is not eligible: its graph cannot be opened" in verdict.reason
    assert promote_challenger(run) == "1"
    version = stack.mlflow.get_model_version(PROBLEM.name, "1")
    assert stack.mlflow.get_run(version.run_id).data.tags[tracking.TAG_CANDIDATE] == second


def test_a_version_that_is_not_eligible_gets_no_alias_and_no_promotion_by_hand(
    stack: Stack, mlflow: Service
) -> None:
    run = stack.until_decided("only", rows(300, seed=1), batch=1)
    graph_of(stack, mlflow, train(run, "logistic_regression")).write_bytes(b"")
    judge(run)
    assert reject(run) == "1"
    assert stack.mlflow.get_model_version(PROBLEM.name, "1").tags[TAG_VERDICT_RULE] == "not_eligible"
    assert CHALLENGER not in stack.mlflow.get_registered_model(PROBLEM.name).aliases
    with pytest.raises(
        StepError, match="version 1 of covertype may not go into production, not eligible: logistic"
    ):
        promote(stack.run(BY_HAND), "1", "ana", "I like it")
    assert stack.promotions() == []
