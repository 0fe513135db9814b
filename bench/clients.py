"""What a question costs the client: of the users of `make capacity` and of Locust's, CPU on the same server.

    python bench/clients.py [--users 600] [--seconds 20]

Starts a real MLflow and a model server, lets the same people come to both, and prints one JSON object.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from relevo_loadtest.capacity.crowd import crowd
from relevo_loadtest.traffic import PAUSE_SECONDS, questions
from support.animals import BACKGROUND, Registry, card
from support.processes import mlflow_server
from support.serving import raw_database, serving


def locust(url: str, users: int, seconds: int, folder: Path) -> tuple[float, int]:
    """CPU seconds and questions of a whole run, start and ramp included."""
    told = folder / "told"
    command = [sys.executable, "-m", "relevo_loadtest", "--headless", "--only-summary", "--json-file", str(told)]
    command += ["--users", str(users), "--spawn-rate", str(users), "--run-time", f"{seconds}s"]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, env={**os.environ, "INFERENCE_URL": url}, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu, sum(entry["num_requests"] for entry in json.loads(told.with_suffix(".json").read_text()))


def measured(url: str, users: int, seconds: int, folder: Path) -> dict[str, Any]:
    with crowd(url, "", questions(url), clients=1, seconds=seconds) as people:
        step = people.step(users)
    # The difference of a long and a short run is free of imports and of the rush at the start.
    short, long = (locust(url, users, times, folder) for times in (10, 10 + seconds))
    return {
        "users": users,
        "capacity_microseconds": round(step.client_cores / step.rate * 1e6, 1),
        "capacity_p95_ms": step.p95_ms,
        "locust_microseconds": round((long[0] - short[0]) / (long[1] - short[1]) * 1e6, 1),
        "rate": round(step.rate, 1),
        "locust_rate": round((long[1] - short[1]) / seconds, 1),
        "expected_rate": users / (sum(PAUSE_SECONDS) / 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=600)
    parser.add_argument("--seconds", type=int, default=20)
    given = parser.parse_args()
    with TemporaryDirectory() as name:
        folder = Path(name)
        with mlflow_server(folder) as mlflow, raw_database(folder):
            registry = Registry(mlflow.url, folder)
            registry.promote(registry.register(seed=1, says=card(background=BACKGROUND)))
            with serving(folder, mlflow.url, WORKERS="2") as server:
                print(json.dumps(measured(server.service.url, given.users, given.seconds, folder)))


if __name__ == "__main__":
    main()
