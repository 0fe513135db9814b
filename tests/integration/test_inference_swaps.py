"""Promotions back and forth while 64 connections ask at full speed: nothing fails, and nothing answers too late."""

import asyncio
from pathlib import Path

import pytest
from support.animals import Registry
from support.serving import serving
from support.swaps import Answer, Move, Promoter, Traffic, ask, back_and_forth, outdated

CONNECTIONS, PROMOTIONS = 64, 20
MAX_AGE_MS = 100


@pytest.mark.usefixtures("raw_db")
def test_twenty_promotions_at_full_speed(registry: Registry, tmp_path: Path) -> None:
    # The registry shares two cores with all of this: slow is not what is looked for here.
    patience = {"REGISTRY_TIMEOUT_SECONDS": "20", "LOAD_TIMEOUT_SECONDS": "60"}
    traffic, promoter = Traffic(), Promoter(registry.promote)

    async def swaps(url: str) -> None:
        stop = asyncio.Event()
        asking = asyncio.create_task(ask(url, CONNECTIONS, traffic, stop))
        try:
            await back_and_forth(promoter, ("2", "1"), PROMOTIONS, traffic, 0.1)
        finally:
            stop.set()
            await asking

    promoter.to("1")
    with serving(tmp_path, registry.url, WORKERS="2", ALIAS_MAX_AGE_MS=str(MAX_AGE_MS), **patience) as server:
        asyncio.run(swaps(server.service.url))
    assert traffic.failed == []
    assert [move.version for move in promoter.moves[1:]] == ["2", "1"] * (PROMOTIONS // 2)
    assert not any(answer.stale for answer in traffic.answers)
    assert outdated(traffic.answers, promoter.moves, MAX_AGE_MS / 1000) == []


def test_an_answer_that_comes_too_late_would_be_found() -> None:
    moves = [Move(0, 1, "1"), Move(10, 11, "2"), Move(20, 21, "1")]

    def found(sent: float, received: float, version: str) -> bool:
        return bool(outdated([Answer(sent, received, version, stale=False)], moves, 0.1))

    assert not found(5, 5.1, "1")
    assert not found(10.5, 10.6, "2"), "while the alias moves both may answer"
    assert not found(10.5, 10.6, "1")
    assert not found(11.05, 11.2, "1"), "looked up just before the move"
    assert found(11.2, 11.3, "1"), "moved away more than the allowed age before the request"
    assert found(5, 5.1, "2"), "not in production yet"
    assert not found(9, 10.5, "2"), "promoted while the request was under way"
    assert not found(30, 31, "1")
    assert found(30, 31, "2")
