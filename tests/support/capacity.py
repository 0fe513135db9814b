"""Searches for the most users: a short real one, and steps as they could have been measured."""

import json
import os
import subprocess
import sys
from pathlib import Path
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


def searched(url: str, folder: Path) -> dict[str, Any]:
    """What `make capacity` finds within seconds, under an objective that any machine meets."""
    brief = {"START_USERS": "20", "MOST_USERS": "40", "STEP_SECONDS": "2", "P95_MS": "9000", "ERROR_SHARE": "0.5"}
    env = {**os.environ, **brief, "URL": url, "RELEVO_VAR": str(folder), "CLIENTS": "2"}
    command = [sys.executable, "-m", "relevo_loadtest.capacity"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    found: dict[str, Any] = json.loads((folder / "capacity" / "capacity.json").read_text())
    assert found["sentence"] in done.stdout
    assert found["max_users"] == 40
    assert [step["users"] for step in found["steps"]] == [20, 40]
    for measured in found["steps"]:
        assert measured["errors"] == {}
        assert measured["asked"] > 0
        assert 0 < measured["p50_ms"] <= measured["p95_ms"] <= measured["p99_ms"]
        assert measured["server_cores"] > 0
        assert measured["client_cores"] > 0
    return found
