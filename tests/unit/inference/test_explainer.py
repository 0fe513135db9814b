"""Explanations have a pool and a queue of their own, both of a known size."""

import asyncio
import threading
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from relevo_inference.explaining import explainer as module
from relevo_inference.explaining.explainer import Explainer
from relevo_inference.explaining.explanation import NoBackgroundError, TooSlowError
from relevo_inference.explaining.telemetry import ExplainingTelemetry
from relevo_inference.problem_details import ProblemError
from relevo_inference.registry.versions import ModelVersion


class Model:
    version = ModelVersion("animals", "3", "r" * 32, "", 0)


class Pool:
    """An explainer of two threads whose work waits for `go`, and may end with an error."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, waiting: int, error: Exception | None = None) -> None:
        self.go = threading.Event()
        self.registry = CollectorRegistry()
        telemetry = ExplainingTelemetry(self.registry)
        self.explainer = Explainer(threads=2, waiting=waiting, seconds=4, telemetry=telemetry)

        def work(_model: Any, row: dict[str, Any], _vary: int, _until: float) -> dict[str, Any]:
            self.go.wait()
            if error is not None:
                raise error
            return {"of": row["n"], "thread": threading.current_thread().name}

        monkeypatch.setattr(module, "explain", work)

    async def ask(self, number: int) -> dict[str, Any]:
        return await self.explainer.explain(Model(), {"n": number}, 0)  # type: ignore[arg-type]

    def counted(self, outcome: str) -> float | None:
        labels = {"problem": "animals", "outcome": outcome}
        return self.registry.get_sample_value("relevo_explanations_total", labels)


def test_who_finds_the_queue_full_is_told_when_to_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> tuple[list[dict[str, Any]], ProblemError, Pool]:
        pool = Pool(monkeypatch, waiting=3)
        asked = [asyncio.create_task(pool.ask(number)) for number in range(5)]
        await asyncio.sleep(0)
        with pytest.raises(ProblemError) as refused:
            await pool.ask(5)
        pool.go.set()
        answers = await asyncio.gather(*asked)
        answers.append(await pool.ask(6))
        pool.explainer.close()
        return answers, refused.value, pool

    answers, refused, pool = asyncio.run(run())
    assert [answer["of"] for answer in answers] == [0, 1, 2, 3, 4, 6]
    assert {answer["thread"] for answer in answers} <= {"explain_0", "explain_1"}
    assert refused.status == 503
    assert refused.headers == {"Retry-After": "4"}
    assert "5 explanations wait already" in refused.detail
    assert (pool.counted("answered"), pool.counted("refused")) == (6, 1)


@pytest.mark.parametrize(
    ("error", "status", "said", "outcome"),
    [
        (TooSlowError(), 504, "could not be explained within 4 s", "late"),
        (NoBackgroundError(), 409, "no background rows", "failed"),
    ],
)
def test_what_cannot_be_explained_is_said(
    monkeypatch: pytest.MonkeyPatch, error: Exception, status: int, said: str, outcome: str
) -> None:
    async def run() -> Pool:
        pool = Pool(monkeypatch, waiting=0, error=error)
        pool.go.set()
        for _ in range(5):  # each gives back its place
            with pytest.raises(ProblemError, match=said) as refused:
                await pool.ask(1)
            assert refused.value.status == status
        pool.explainer.close()
        return pool

    assert asyncio.run(run()).counted(outcome) == 5
