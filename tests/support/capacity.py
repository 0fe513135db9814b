"""Steps of a search for the most users, as they could have been measured."""

from typing import Any

from relevo_loadtest.capacity.step import Limits, Objective, Step

OBJECTIVE = Objective(p95_ms=200, error_share=0.001)
LIMITS = Limits(machine_cores=2, server_cores=2)


def step(**changes: Any) -> Step:
    """A quiet one, but for the `changes`."""
    measured: dict[str, Any] = {
        "users": 100,
        "asked": 10_000,
        "rate": 30.0,
        "p50_ms": 2.0,
        "p95_ms": 5.0,
        "p99_ms": 9.0,
        "p95_ms_by_kind": {"row": 5.0},
        "errors": {},
        "server_cores": 0.2,
        "server_memory_bytes": 100e6,
        "client_cores": 0.1,
        "client_core": 0.05,
        "machine_cores": 0.4,
        "late_ms": 1.0,
    }
    return Step(**(measured | changes))
