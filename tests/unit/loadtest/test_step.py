"""When a step holds, and what it says was used up."""

from typing import Any

import pytest
from relevo_loadtest.capacity.step import Limits
from support.capacity import LIMITS, OBJECTIVE, step


@pytest.mark.parametrize(
    ("changes", "holds"),
    [
        ({}, True),
        ({"p95_ms": 199.9}, True),
        ({"p95_ms": 200.0}, False),
        ({"errors": {"row: status 503": 9}}, True),
        ({"errors": {"row: status 503": 6, "no answer within 10 s": 4}}, False),
        # A server that answers nobody is not a fast one.
        ({"asked": 0, "p95_ms": 0.0}, False),
    ],
)
def test_the_objective_is_of_latency_and_errors(changes: dict[str, Any], holds: bool) -> None:
    assert step(**changes).holds(OBJECTIVE) is holds


@pytest.mark.parametrize(
    ("changes", "limits", "says"),
    [
        ({"client_core": 0.95, "machine_cores": 2.0}, LIMITS, "the client: a process of its used 95% of a core"),
        (
            {"server_cores": 1.4, "client_cores": 0.5, "machine_cores": 1.95},
            LIMITS,
            "the CPU of this machine: 1.95 of 2 cores busy (server 1.40, client 0.50, others 0.05)",
        ),
        (
            {"server_cores": 0.49},
            Limits(machine_cores=2, server_cores=0.5),
            "the server's CPU: 0.49 of 0.5 cores busy",
        ),
        ({"server_memory_bytes": 500e6}, Limits(2, 2, 512_000_000), "the server's memory"),
        (
            {},
            LIMITS,
            "neither CPU nor memory (cores: server 0.20, client 0.10, others 0.10): look at registry and disk",
        ),
    ],
)
def test_it_says_what_was_used_up(changes: dict[str, Any], limits: Limits, says: str) -> None:
    assert step(**changes).saturated(limits) == says
