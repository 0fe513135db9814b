"""Real services as processes of their own, for the layers of tests that need them."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import httpx

BIN = Path(sys.executable).parent


def free_port() -> int:
    """A port of this machine on which nobody listens."""
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        port: int = opened.getsockname()[1]
        return port


def until(condition: Callable[[], Any], what: str, seconds: float = 60, every: float = 0.05) -> Any:
    """Wait for `condition`, asked `every` so many seconds, to be true; a refused connection counts as not yet."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if result := condition():
                return result
        except httpx.TransportError:
            pass
        time.sleep(every)
    raise AssertionError(f"{what} did not happen within {seconds} s")


@dataclass
class Service:
    """A process that can be stopped and started again at the same address."""

    name: str
    command: list[str]
    health: str
    port: int
    log: Path
    env: dict[str, str] = field(default_factory=dict)
    running: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, seconds: float = 120) -> Self:
        with self.log.open("ab") as out:
            environment = {**os.environ, **self.env}
            # A session of its own, so that a whole service can be paused or ended, with its workers.
            self.running = subprocess.Popen(
                self.command, stdout=out, stderr=out, env=environment, start_new_session=True
            )
        try:
            until(lambda: httpx.get(self.url + self.health).is_success, f"the start of {self.name}", seconds)
        except AssertionError as error:
            self.stop()
            raise AssertionError(f"{error}\n{self.log.read_text()[-3000:]}") from None
        return self

    def stop(self) -> None:
        if self.running is None:
            return
        self.running.terminate()
        try:
            self.running.wait(20)
        except subprocess.TimeoutExpired:
            self.kill()
        self.running = None

    def kill(self) -> None:
        """End it without a word."""
        assert self.running
        os.killpg(self.running.pid, signal.SIGKILL)
        self.running.wait()
        self.running = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @contextmanager
    def down(self) -> Iterator[None]:
        """Not there until the block ends."""
        self.stop()
        try:
            yield
        finally:
            self.start()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Takes connections but answers nobody until the block ends."""
        assert self.running
        os.killpg(self.running.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.killpg(self.running.pid, signal.SIGCONT)


def mlflow_server(folder: Path) -> Service:
    """Tracking server and registry on SQLite and local files below `folder`; not started yet."""
    port = free_port()
    command = [str(BIN / "mlflow"), "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    command += ["--backend-store-uri", f"sqlite:///{folder}/mlflow.db", "--serve-artifacts"]
    command += ["--artifacts-destination", str(folder / "artifacts"), "--allowed-hosts", "*"]
    quiet = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}
    return Service("MLflow", command, "/health", port, folder / "mlflow.log", quiet)


def model_server(folder: Path, registry: str, *, health: str = "/readyz", **env: str) -> Service:
    """The model server with its state below `folder`; not started yet. `health` says when its start is over.

    One process, unless `env` says how many WORKERS.
    """
    port = free_port()
    folder.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "relevo_inference", "--port", str(port)]
    own = {"MLFLOW_TRACKING_URI": registry, "STATE_DIR": str(folder / "state"), "WORKERS": "1", **env}
    return Service("the model server", command, health, port, folder / "inference.log", own)


def page_server(folder: Path, inference: str, mlflow: str, **env: str) -> Service:
    """The page in front of that model server; not started yet."""
    port = free_port()
    own = {"UI_PORT": str(port), "INFERENCE_URL": inference, "MLFLOW_URL": mlflow}
    clean = f"sqlite:///{folder}/clean.db"
    command = [sys.executable, "-m", "relevo_ui"]
    return Service("the page", command, "/livez", port, folder / "ui.log", {**own, "CLEAN_DB_URL": clean, **env})
