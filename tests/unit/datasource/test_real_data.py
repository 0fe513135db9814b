"""The real data, behind the real server."""

import hashlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from relevo_datasource.datasets import Table
from relevo_datasource.protocols.rotating import Rotating
from relevo_datasource.settings import Settings
from relevo_datasource.state import State
from relevo_problems import registry

PROBLEM = registry.load("covertype")


@pytest.fixture(scope="module")
def state_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("datasource")


@pytest.fixture(scope="module")
def url(real_data: Path, state_dir: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", "--factory", "relevo_datasource.app:create_app"]
    environment = {**os.environ, "RELEVO_DATASETS": str(real_data), "STATE_DIR": str(state_dir)}
    environment |= {"DEFAULT_PROBLEM": PROBLEM.name, "ROTATE_SECONDS": "300"}
    with (state_dir / "log").open("wb") as log:
        server = subprocess.Popen([*command, "--port", str(port)], env=environment, stdout=log, stderr=log)
    try:
        _wait_until_ready(f"http://127.0.0.1:{port}/health", server, state_dir / "log")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(10)


def _wait_until_ready(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until and server.poll() is None:
        try:
            httpx.get(url).raise_for_status()
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    pytest.fail(f"the data API did not start:\n{log.read_text()}")


def test_the_conversion_is_the_published_one(url: str, state_dir: Path) -> None:
    converted = (state_dir / "covertype-real.csv").read_bytes()
    assert hashlib.sha256(converted).hexdigest() == PROBLEM.dataset.converted_sha256
    page = httpx.get(url).json()
    assert page["data"] == "real data"
    assert (page["rows"], page["rows_per_part"], page["rows_per_request"]) == (581_012, 58_101, 5_810)


def test_a_batch_of_real_rows_comes_from_the_first_part(url: str, state_dir: Path) -> None:
    with (state_dir / "covertype-real.csv").open() as file:
        next(file)
        first_part = {tuple(next(file).rstrip("\n").split(",")) for _ in range(58_101)}
    for _ in range(3):
        answer = httpx.get(f"{url}/data", params={"group_number": 10}, headers={"X-Relevo-Run-Id": "real"})
        assert answer.headers["X-Relevo-Data"] == "real"
        body = answer.json()
        assert (body["batch_number"], len(body["data"])) == (1, 5_810)
        assert {tuple(row) for row in body["data"]} <= first_part
    assert httpx.get(f"{url}/requests", params={"run_id": "real"}).json()["count"] == 3


@pytest.mark.usefixtures("url")
def test_a_batch_takes_less_than_100_ms_of_processor_time(state_dir: Path, tmp_path: Path) -> None:
    table = Table(state_dir / "covertype-real.csv", "real")
    state = State(tmp_path / "state.sqlite", "real")
    protocol = Rotating(PROBLEM, table, state, time.time, Settings(seed=1))
    seconds = []
    for _ in range(5):
        began = time.process_time()
        answer = protocol.data(1)
        seconds.append(time.process_time() - began)
        assert len(json.loads(bytes(answer.body))["data"]) == 5_810
    # The least of a few, since other processes on the machine slow this one down.
    assert min(seconds) < 0.1
