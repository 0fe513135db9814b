"""Rows that arrive together share a run of the graph, and nothing else."""

import asyncio
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from relevo_inference.serving.batching import MicroBatches
from relevo_inference.serving.graph import Graph
from relevo_inference.serving.model import LoadedModel
from support.toys import binary, opened, regression


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many rows each run of a graph has had."""
    sizes: list[int] = []
    run = Graph.run

    def counted(graph: Graph, matrix: NDArray[np.float64]) -> NDArray[np.floating[Any]]:
        sizes.append(len(matrix))
        return run(graph, matrix)

    monkeypatch.setattr(Graph, "run", counted)
    return sizes


def folder(path: Path, name: str) -> Path:
    (path / name).mkdir()
    return path / name


def together(*asked: tuple[LoadedModel, float]) -> list[Any]:
    """The outputs, or errors, of rows that come in the same turn of the event loop."""

    async def run() -> list[Any]:
        batches = MicroBatches()
        predictions = (batches.predict(model, {"Width": width}) for model, width in asked)
        return await asyncio.gather(*predictions, return_exceptions=True)

    return asyncio.run(run())


def test_what_comes_together_goes_through_the_graph_together(tmp_path: Path, runs: list[int]) -> None:
    model = opened(tmp_path, binary(), negate=True)
    runs.clear()
    widths = [width / 100 for width in range(100)]
    outputs = together(*((model, width) for width in widths))
    assert runs == [100]
    assert outputs == [model.predict_one({"Width": width}) for width in widths]


def test_who_is_alone_does_not_wait_for_others(tmp_path: Path, runs: list[int]) -> None:
    model = opened(tmp_path, regression(), negate=False)
    runs.clear()

    async def run() -> list[Any]:
        batches = MicroBatches()
        return [await batches.predict(model, {"Width": width}) for width in (0.25, 0.5)]

    assert [output["value"] for output in asyncio.run(run())] == [0.25, 0.5]
    assert runs == [1, 1]


def test_two_models_do_not_mix(tmp_path: Path, runs: list[int]) -> None:
    one = opened(folder(tmp_path, "one"), regression(), negate=False)
    other = opened(folder(tmp_path, "other"), regression(), negate=False, operator="Reciprocal")
    runs.clear()
    outputs = together((one, 0.5), (other, 0.5), (one, 0.25), (other, 0.25))
    assert [output["value"] for output in outputs] == [0.5, 2.0, 0.25, 4.0]
    assert runs == [2, 2]


def test_a_row_that_fails_spoils_no_other(tmp_path: Path) -> None:
    """One over nothing is no finite number, and so no answer."""
    model = opened(tmp_path, regression(), negate=False, operator="Reciprocal")
    first, failed, last = together((model, 0.5), (model, 0.0), (model, 0.25))
    assert isinstance(failed, ArithmeticError)
    assert [first["value"], last["value"]] == [2.0, 4.0]


@pytest.mark.parametrize("width", [0.5, 0.0])
def test_a_caller_who_has_gone_is_no_trouble_for_the_others(tmp_path: Path, width: float) -> None:
    """Nor is it when the row of the one who has gone fails."""
    model = opened(tmp_path, regression(), negate=False, operator="Reciprocal")

    async def run() -> Any:
        batches = MicroBatches()
        gone = asyncio.create_task(batches.predict(model, {"Width": width}))
        stays = asyncio.create_task(batches.predict(model, {"Width": 0.25}))
        await asyncio.sleep(0)
        gone.cancel()
        output = await stays
        assert gone.cancelled()
        return output

    assert asyncio.run(run())["value"] == 4.0
