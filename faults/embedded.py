"""The embedded stack: `relevo demo`, with MySQL where it can be had."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

import httpx
from relevo_cli.demo.environment import ADMIN, PORTS

from faults.airflow import Airflow
from faults.mysql import MySql
from faults.stack import HEARTBEATS, PROBLEM, QUIET, Stack

ROOT = Path(__file__).parents[1]
START_SECONDS = 600


class Embedded(Stack):
    """Started by its own command; what it writes lies below `folder`."""

    name = "embedded"

    def __init__(self, folder: Path, *, mysql: bool = True) -> None:
        self._var = folder.resolve()
        self.orders = self._var / "orders"
        self._mysql = MySql() if mysql else None
        self._why_not = self._mysql.available() if self._mysql else "not asked for"
        self._opened = ExitStack()
        self._mlflow: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.orders.mkdir(parents=True)
        self.databases = f"SQLite ({self._why_not})"
        ports = _free_ports()
        self._environment = {
            **os.environ, **QUIET, **HEARTBEATS, **ports,
            "PROBLEM": PROBLEM, "RUNS": "1", "ONCE": "", "RELEVO_VAR": str(self._var),
            "PYTHONPATH": str(ROOT / "faults" / "inject"), "RELEVO_FAULTS": str(self.orders),
        }  # fmt: skip
        del self._environment["ONCE"], self._environment["RELEVO_DATASETS"]
        try:
            if self._mysql and self._why_not is None:
                mysql = self._opened.enter_context(self._mysql)
                self.databases = "MySQL"
                self._environment |= {"RAW_DB_URL": mysql.url("raw"), "CLEAN_DB_URL": mysql.url("clean")}
            self._start_demo(ports)
        except BaseException:
            self.__exit__()
            raise
        return self

    def _start_demo(self, ports: dict[str, str]) -> None:
        output = self._opened.enter_context((self._var / "demo.txt").open("w"))
        demo = subprocess.Popen(
            [sys.executable, "-m", "relevo_cli.app", "demo"],
            cwd=ROOT, env=self._environment, stdout=output, stderr=output,
        )  # fmt: skip
        self._opened.callback(_end, demo)
        figures = self._var / "demo.json"
        end = time.monotonic() + START_SECONDS
        while not figures.exists():
            if demo.poll() is not None or time.monotonic() > end:
                raise RuntimeError(
                    f"the embedded stack did not start:\n{(self._var / 'demo.txt').read_text()[-3000:]}"
                )
            time.sleep(0.5)
        self.urls = json.loads(figures.read_text())["urls"]
        password = json.loads((self._var / "demo" / "secrets.json").read_text())["admin_password"]
        self.airflow = Airflow(self.urls["airflow"], ADMIN, password, PROBLEM)
        self._opened.callback(self.airflow.close)
        self._mlflow_port = ports["MLFLOW_PORT"]

    def __exit__(self, *_: object) -> None:
        if self._mlflow is not None:
            os.killpg(self._mlflow.pid, signal.SIGTERM)
            self._mlflow.wait(30)
        self._opened.close()

    def python(self, script: str, *arguments: str) -> Any:
        state = self._var / "demo"
        stores = {
            "RAW_DB_URL": f"sqlite:///{state}/raw.db",
            "CLEAN_DB_URL": f"sqlite:///{state}/clean.db",
        }
        # The caller's databases count. Its MLflow does not: an MLflow client in its process may have put it there.
        environment = {**stores, **self._environment, "MLFLOW_TRACKING_URI": self.urls["mlflow"]}
        done = subprocess.run(
            [sys.executable, str(ROOT / "faults" / script), *arguments],
            env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"{script} failed:\n{done.stderr[-3000:]}")
        return json.loads(done.stdout.splitlines()[-1])

    def services(self) -> Sequence[str]:
        return ["mysql", "mlflow"] if self.databases == "MySQL" else ["mlflow"]

    def kill(self, service: str) -> None:
        if service == "mysql":
            assert self._mysql
            self._mysql.kill()
            return
        # The server and its workers; `relevo demo` keeps the others running.
        listed = subprocess.run(["ps", "-eo", "pid,args"], capture_output=True, text=True, check=True).stdout
        mine = [line for line in listed.splitlines() if f"--port {self._mlflow_port}" in line and "mlflow" in line]
        roots = [int(line.split()[0]) for line in mine if "relevo_cli.demo.keep" not in line]
        for pid in {*roots, *(child for root in roots for child in _children(root))}:
            os.kill(pid, signal.SIGKILL)
        if self._mlflow is not None:
            self._mlflow.wait(10)

    def start(self, service: str) -> None:
        if service == "mysql":
            assert self._mysql
            self._mysql.start()
            return
        # As the Procfile has it; nothing else starts a service of the demo again.
        demo = self._var / "demo"
        command = [
            str(Path(sys.executable).parent / "mlflow"), "server",
            "--host", "127.0.0.1", "--port", self._mlflow_port,
            "--backend-store-uri", f"sqlite:///{demo}/mlflow.db", "--serve-artifacts", "--workers", "1",
            "--artifacts-destination", str(demo / "artifacts"),
        ]  # fmt: skip
        quiet = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}
        with (self._var / "mlflow.txt").open("a") as output:
            self._mlflow = subprocess.Popen(
                command, env={**self._environment, **quiet}, stdout=output, stderr=output, start_new_session=True
            )
        end = time.monotonic() + 120
        while time.monotonic() < end:
            try:
                if httpx.get(f"{self.urls['mlflow']}/health", timeout=5).is_success:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.3)
        raise RuntimeError("MLflow did not start again")


def _children(pid: int) -> list[int]:
    listed = subprocess.run(["ps", "-eo", "pid,ppid"], capture_output=True, text=True, check=True).stdout
    parents = [tuple(map(int, line.split())) for line in listed.splitlines()[1:]]
    direct = [child for child, parent in parents if parent == pid]
    return [*direct, *(further for child in direct for further in _children(child))]


def _free_ports() -> dict[str, str]:
    with ExitStack() as opened:
        listeners = [opened.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in PORTS]
        return {name: str(taken.getsockname()[1]) for name, taken in zip(PORTS, listeners, strict=True)}


def _end(demo: subprocess.Popen[bytes]) -> None:
    demo.send_signal(signal.SIGTERM)
    try:
        demo.wait(90)
    except subprocess.TimeoutExpired:
        demo.kill()
