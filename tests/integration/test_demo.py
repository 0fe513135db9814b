"""`make demo ONCE=1`, as a user types it: real Airflow and every other service as processes."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from relevo_cli.demo.environment import PORTS
from relevo_cli.demo.keep import START_SECONDS
from support.collector import collector
from support.processes import free_port, until

ROOT = Path(__file__).parents[2]
RUNS = 3


def make(*arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", "demo", *arguments, f"PYTHON={sys.executable}"],
        cwd=ROOT,
        env={"TRAIN_SECONDS": "1", **os.environ, **env},
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[subprocess.CompletedProcess[str], dict[str, Any]]:
    var = tmp_path_factory.mktemp("var")
    ports = {name: str(free_port()) for name in PORTS}
    with collector() as found:
        done = make("ONCE=1", f"RUNS={RUNS}", RELEVO_VAR=str(var), COLUMNS="120", **ports, **found.env)
    log = var / "demo" / "log.txt"
    assert done.returncode == 0, f"{done.stdout}{done.stderr}\n{log.read_text()[-5000:] if log.exists() else ''}"
    figures = json.loads((var / "demo.json").read_text())
    figures["var"] = var
    figures["spans"] = found
    return done, figures


def test_three_runs_with_one_request_each_and_a_promoted_version(demo) -> None:
    _, figures = demo
    assert figures["problem"] == "covertype"
    assert figures["data"] == ("real" if "RELEVO_DATASETS" in os.environ else "simulated")
    assert len(figures["runs"]) == RUNS
    assert [run["api_requests"] for run in figures["runs"]] == [1] * RUNS
    assert [run["batch"] for run in figures["runs"]] == ["1", "2", "3"]
    first = figures["runs"][0]
    assert (first["decision"], first["verdict"]) == ("train", "promoted")
    promoted = [run for run in figures["runs"] if run["verdict"] == "promoted"]
    assert figures["production"]["score"] == pytest.approx(promoted[-1]["score"], abs=1e-9)
    assert int(figures["production"]["version"]) >= len(promoted)


def test_every_run_says_why_and_how_long(demo) -> None:
    done, figures = demo
    for run in figures["runs"]:
        assert run["reason"].startswith(f"{run['verdict']}: ")
        assert run["reason"] in done.stdout
        assert run["seconds"] > 0
    for url in figures["urls"].values():
        assert url in done.stdout


def test_a_run_is_one_trace_from_its_tasks_to_the_data_api(demo) -> None:
    _, figures = demo
    found = figures["spans"]
    first, *_ = [span for span in found.spans if span.name == "worker.collect"]
    trace = {span.name: span for span in found.trace_of(first)}
    every = {"collect", "validate", "clean", "assess", "decide", "judge", "promote", "record"}
    assert {f"worker.{task}" for task in every} | {"worker.train[0]"} <= set(trace)
    assert {span.attributes["airflow.dag_id"] for name, span in trace.items() if name.startswith("worker.")} == {
        "covertype"
    }
    asked, answered = trace["ask the data API"], trace["GET /covertype/data"]
    assert (asked.service, asked.parent) == ("airflow", first.id)
    assert (answered.service, answered.parent) == ("data-api", asked.id)


def test_nothing_is_left_running(demo) -> None:
    _, figures = demo
    for url in figures["urls"].values():
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", int(url.rsplit(":", 1)[1]))) != 0, f"{url} still answers"


def test_no_secret_is_in_the_logs(demo) -> None:
    _, figures = demo
    secrets = json.loads((figures["var"] / "demo" / "secrets.json").read_text())
    logs = [path for path in (figures["var"] / "demo").rglob("*") if path.suffix in {".txt", ".log"}]
    assert len(logs) > RUNS
    for path in logs:
        text = path.read_text(errors="replace")
        assert not [name for name, secret in secrets.items() if secret in text], path


def test_a_service_may_end_and_kill_ends_them_all(tmp_path: Path) -> None:
    """In a folder with a space in its name, as a home folder may have one."""
    ports = {name: str(free_port()) for name in PORTS}
    demo = subprocess.Popen(
        [sys.executable, "-m", "relevo_cli.app", "demo"],
        cwd=ROOT,
        env={**os.environ, "RELEVO_VAR": str(tmp_path / "with space"), **ports},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )

    def listening(name: str) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", int(ports[name]))) == 0

    try:
        until(lambda: all(map(listening, PORTS)), "the start of every service", 180)
        # `keep` tells a service that ends later from one that cannot start by the time.
        time.sleep(START_SECONDS)
        subprocess.run(["pkill", "--full", f"bin/mlflow server .*--port {ports['MLFLOW_PORT']}"], check=True)
        until(lambda: not listening("MLFLOW_PORT"), "the end of MLflow")
        log = tmp_path / "with space" / "demo" / "log.txt"
        until(lambda: "MLflow ended with code" in log.read_text(), "the word of MLflow's end")
        assert all(listening(name) for name in PORTS if name != "MLFLOW_PORT")
    finally:
        demo.send_signal(signal.SIGTERM)
    assert demo.wait(60) == 130
    assert not [name for name in PORTS if listening(name)]


def test_a_taken_port_is_a_sentence(tmp_path: Path) -> None:
    ports = {name: str(free_port()) for name in PORTS}
    with socket.create_server(("127.0.0.1", int(ports["MLFLOW_PORT"]))):
        done = make("ONCE=1", RELEVO_VAR=str(tmp_path), **ports)
    assert done.returncode != 0
    said = " ".join((done.stdout + done.stderr).split())
    assert f"Port {ports['MLFLOW_PORT']} is taken, by another program or another `make demo`" in said
    assert "Traceback" not in said


def test_a_port_that_is_none_is_a_sentence(tmp_path: Path) -> None:
    done = make("ONCE=1", "UI_PORT=abc", RELEVO_VAR=str(tmp_path))
    assert done.returncode != 0
    assert "UI_PORT is 'abc', and a port is a number from 1 to 65535." in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_an_unknown_problem_is_a_sentence(tmp_path: Path) -> None:
    done = make("ONCE=1", "PROBLEM=weather", RELEVO_VAR=str(tmp_path))
    assert done.returncode != 0
    assert "there is no problem called 'weather'; there are: covertype" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
