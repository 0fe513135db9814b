"""Ten thousand requests to a model server of half a core and 512 MB: are all of them answered?

    python bench/limited.py [--cpus 0.5] [--memory 512m] [--users 1000] [--requests 10000]

Runs the image `relevo/inference:$RELEVO_TAG` (default: latest) with those limits in front of a real MLflow of its
own, lets people of `relevo_loadtest` ask, and prints one JSON object.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from relevo_loadtest.capacity.crowd import crowd
from relevo_loadtest.traffic import PAUSE_SECONDS, questions
from support.animals import BACKGROUND, PROBLEM, Registry, card
from support.processes import free_port, mlflow_server, until


def docker(*arguments: str) -> str:
    return subprocess.run(["docker", *arguments], check=True, capture_output=True, text=True).stdout.strip()


@contextmanager
def limited(mlflow: str, cpus: float, memory: str) -> Iterator[tuple[str, str]]:
    """The URL of the server and the id of its container."""
    port = free_port()
    env = {"MLFLOW_TRACKING_URI": mlflow, "DEFAULT_PROBLEM": PROBLEM, "STATE_DIR": "/var/lib/relevo"}
    settings = [part for name, value in env.items() for part in ("--env", f"{name}={value}")]
    image = f"relevo/inference:{os.environ.get('RELEVO_TAG', 'latest')}"
    limits = ["--cpus", str(cpus), "--memory", memory, "--memory-swap", memory]
    command = ["python", "-m", "relevo_inference", "--port", str(port)]
    container = docker("run", "--detach", "--init", "--network", "host", *limits, *settings, image, *command)
    url = f"http://127.0.0.1:{port}"
    try:
        until(lambda: httpx.get(f"{url}/readyz").is_success, "the start of the server", 120)
        yield url, container
    finally:
        docker("rm", "--force", "--volumes", container)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cpus", type=float, default=0.5)
    parser.add_argument("--memory", default="512m")
    parser.add_argument("--users", type=int, default=1000)
    parser.add_argument("--requests", type=int, default=10_000)
    given = parser.parse_args()
    seconds = 1.1 * given.requests / (given.users / (sum(PAUSE_SECONDS) / 2))
    with TemporaryDirectory() as name:
        folder = Path(name)
        with mlflow_server(folder) as mlflow:
            registry = Registry(mlflow.url, folder)
            registry.promote(registry.register(seed=1, says=card(background=BACKGROUND)))
            with limited(mlflow.url, given.cpus, given.memory) as (url, container):
                with crowd(url, "", questions(url), clients=1, seconds=seconds) as users:
                    step = users.step(given.users)
                alive = docker("inspect", "--format", "{{.State.Running}} {{.State.OOMKilled}}", container)
    print(json.dumps({"cpus": given.cpus, "memory": given.memory, **asdict(step), "running, out of memory": alive}))
    sys.exit(bool(step.errors) or step.asked < given.requests)


if __name__ == "__main__":
    main()
