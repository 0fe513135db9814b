"""The whole embedded stack with a real Airflow, as `make demo` starts it, for tests that operate it."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from relevo_cli.demo.airflow import Airflow
from relevo_cli.demo.environment import ADMIN, PORTS
from support.processes import free_port, until

ROOT = Path(__file__).parents[2]
PROBLEM = "covertype"
# A run takes half a minute on an idle machine.
START_SECONDS = 1200


@dataclass(frozen=True)
class Demo:
    """A demo that keeps serving, after its first run has put version 1 into production."""

    process: subprocess.Popen[bytes]
    state: Path
    urls: dict[str, str]
    secrets: dict[str, str]
    # As the administrator.
    airflow: Airflow

    def version(self) -> str:
        """Which version answers the next prediction."""
        fresh = {"Cache-Control": "no-cache"}
        info = httpx.get(f"{self.urls['inference']}/model-info", headers=fresh, timeout=30)
        return str(info.raise_for_status().json()["version"])

    def parts(self, command: str) -> list[int]:
        """The processes of this demo whose command line matches `command`; Airflow renames its own."""
        found = subprocess.run(["pgrep", "--full", command], capture_output=True, check=False).stdout.split()
        return sorted(set(map(int, found)) & set(_below(self.process.pid)))

    @contextmanager
    def paused(self, command: str) -> Iterator[None]:
        """Those processes take connections but answer nobody until the block ends."""
        pids = self.parts(command)
        assert pids, f"nothing of the demo runs {command}"
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)


def _below(pid: int) -> Iterator[int]:
    """Every process that this one has started, and those that they have; honcho gives each a session of its own."""
    children = subprocess.run(["pgrep", "--parent", str(pid)], capture_output=True, check=False).stdout.split()
    for child in map(int, children):
        yield child
        yield from _below(child)


@contextmanager
def serving(folder: Path) -> Iterator[Demo]:
    """A demo with all of its state below `folder`, until the block ends."""
    ports = {name: str(free_port()) for name in PORTS}
    env = {**os.environ, **ports, "RELEVO_VAR": str(folder), "TRAIN_SECONDS": "0", "COLUMNS": "200"}
    log = folder / "demo.log"
    with log.open("wb") as out:
        command = [sys.executable, "-m", "relevo_cli.app", "demo", "--runs", "1"]
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=out, stderr=out)

    def ready() -> bool:
        assert process.poll() is None, f"the demo ended: {log.read_text()}"
        return "Everything keeps running" in log.read_text()

    try:
        until(ready, "the demo's first run", START_SECONDS, every=0.5)
        figures = json.loads((folder / "demo.json").read_text())
        secrets = json.loads((folder / "demo" / "secrets.json").read_text())
        with closing(Airflow(figures["urls"]["airflow"], ADMIN, secrets["admin_password"])) as airflow:
            yield Demo(process, folder / "demo", figures["urls"], secrets, airflow)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(90)
