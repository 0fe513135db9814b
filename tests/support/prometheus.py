"""What the Prometheus of a running stack says, and what of the stack is there."""

import time
from typing import Any

import httpx
import pytest


def ask(stack: Any, expression: str) -> list[dict[str, Any]]:
    answer = httpx.get(f"{stack.url('PROMETHEUS_PORT')}/api/v1/query", params={"query": expression})
    assert answer.is_success, f"{expression}: {answer.text}"
    return list(answer.json()["data"]["result"])


def lately(stack: Any, expression: str) -> list[dict[str, Any]]:
    """As a graph asks: the series that had a value in the last half hour."""
    now = time.time()
    window = {"query": expression, "start": now - 1800, "end": now, "step": 15}
    answer = httpx.get(f"{stack.url('PROMETHEUS_PORT')}/api/v1/query_range", params=window, timeout=30)
    assert answer.is_success, f"{expression}: {answer.text}"
    return list(answer.json()["data"]["result"])


def services(stack: Any) -> set[str]:
    return {container["Service"] for container in stack.containers()}


def left_out(stack: Any, service: str) -> None:
    """Skip, with the reason, where the service's image cannot be had."""
    if service not in services(stack):
        image = stack.values[f"{service.upper().replace('-', '_')}_IMAGE"]
        pytest.skip(f"{service} was left out: {image} cannot be had here")
