"""The real parts behind the page: MLflow, the model server, the page, and Chromium, each a process of its own."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from relevo_contract.card import Card, TrainingSet
from relevo_contract.columns import Column
from relevo_contract.database import connect
from relevo_contract.registry import CARD_FILE, GRAPH_INPUT, PRODUCTION
from relevo_contract.tables import clean_metadata, runs
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import FloatTensorType
from sklearn.linear_model import LogisticRegression
from sqlalchemy import insert

import mlflow

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
BIN = Path(sys.executable).parent
PROBLEM, UNTRAINED = "animals", "plants"
INPUTS = (
    Column(
        name="Body_Width",
        kind="number",
        description="How wide it is",
        unit="m",
        minimum=0,
        maximum=10,
        typical=(0.5, 4),
        default=2.5,
    ),
    Column(name="Legs", kind="integer", description="How many legs", minimum=0, maximum=8, default=4),
    Column(
        name="Colour",
        kind="category",
        description="Its colour",
        choices=("r", "g"),
        choice_names={"r": "Red", "g": "Green"},
        default="g",
    ),
)
TAIL = Column(name="Tail", kind="number", description="Length of its tail", unit="m", minimum=0, default=1)
TARGET = Column(
    name="Animal",
    kind="category",
    description="Which animal",
    choices=("0", "1", "2"),
    choice_names={"0": "Ant", "1": "Bee", "2": "Cat"},
)


def free_port() -> int:
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        port: int = opened.getsockname()[1]
        return port


def until(condition: Callable[[], Any], what: str, seconds: float = 60) -> Any:
    """Wait for `condition` to give something true; a refused connection counts as not yet."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if result := condition():
                return result
        except httpx.TransportError:
            pass
        time.sleep(0.05)
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

    def start(self) -> "Service":
        with self.log.open("ab") as out:
            environment = {**os.environ, **self.env}
            # A session of its own, so that a whole service can be paused, with its workers.
            self.running = subprocess.Popen(
                self.command, stdout=out, stderr=out, env=environment, start_new_session=True
            )
        try:
            until(lambda: httpx.get(self.url + self.health).is_success, f"the start of {self.name}")
        except AssertionError as error:
            self.stop()
            raise AssertionError(f"{error}\n{self.log.read_text()[-3000:]}") from None
        return self

    def stop(self) -> None:
        if self.running is None:
            return
        self.running.terminate()
        try:
            self.running.wait(15)
        except subprocess.TimeoutExpired:
            self.running.kill()
            self.running.wait()
        self.running = None

    def pause(self) -> None:
        assert self.running
        os.killpg(self.running.pid, signal.SIGSTOP)

    def resume(self) -> None:
        assert self.running
        os.killpg(self.running.pid, signal.SIGCONT)


def card(inputs: tuple[Column, ...]) -> Card:
    return Card(
        problem=PROBLEM,
        title="Animals",
        description="Which animal it is.",
        task="multiclass",
        data="simulated",
        algorithm="logistic_regression",
        inputs=inputs,
        target=TARGET,
        primary_metric="macro_f1",
        metrics={"macro_f1": 0.5},
        training_set=TrainingSet(
            name="animals-1", last_collection_id=1, split_rule="hash", rows=90, digest="d" * 64, batch="1"
        ),
        decision="train: no model is in production yet",
        code_version="1",
        run_id="0" * 32,
        dag_run_id="manual__1",
        created_at=datetime.now(UTC),
    )


class Registry:
    """Registers small real models the way the pipeline does, and moves the alias."""

    def __init__(self, url: str, folder: Path) -> None:
        mlflow.set_tracking_uri(url)
        self.client = mlflow.MlflowClient(url)
        self.client.create_registered_model(PROBLEM)
        self.folder = folder

    def register(self, inputs: tuple[Column, ...], *, seed: int) -> str:
        width = len(inputs)
        matrix = np.random.default_rng(seed).random((90, width)) * 8
        model = LogisticRegression().fit(matrix, [str(i % 3) for i in range(90)])
        graph = convert_sklearn(
            model,
            initial_types=[(GRAPH_INPUT, FloatTensorType([None, width]))],
            options={id(model): {"zipmap": False}},
        )
        path = self.folder / CARD_FILE
        path.write_text(card(inputs).model_dump_json())
        # MLflow warns about type hints of its own when it first meets a kind of model.
        with warnings.catch_warnings(action="ignore"), mlflow.start_run() as run:
            info = mlflow.onnx.log_model(
                graph, name="model", extra_files=[str(path)], save_as_external_data=False, pip_requirements=[]
            )
        made = self.client.create_model_version(
            PROBLEM, info.model_uri, run_id=run.info.run_id, model_id=info.model_id
        )
        return str(made.version)

    def promote(self, version: str) -> None:
        self.client.set_registered_model_alias(PROBLEM, PRODUCTION, version)

    def run_of(self, version: str) -> str:
        run_id: str = self.client.get_model_version(PROBLEM, version).run_id
        return run_id


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("browser")


@pytest.fixture(scope="module")
def mlflow_server(folder: Path) -> Iterator[Service]:
    port = free_port()
    command = [str(BIN / "mlflow"), "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    command += ["--backend-store-uri", f"sqlite:///{folder}/mlflow.db", "--serve-artifacts"]
    command += ["--artifacts-destination", str(folder / "artifacts"), "--allowed-hosts", "*"]
    env = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    service = Service("MLflow", command, "/health", port, folder / "mlflow.log", env).start()
    yield service
    service.resume()
    service.stop()


@pytest.fixture(scope="module")
def registry(mlflow_server: Service, folder: Path) -> Registry:
    """Versions 1 and 2 with the same inputs, version 3 with one more; 1 in production."""
    registry = Registry(mlflow_server.url, folder)
    versions = [registry.register(inputs, seed=n) for n, inputs in enumerate((INPUTS, INPUTS, (*INPUTS, TAIL)))]
    assert versions == ["1", "2", "3"]
    registry.promote("1")
    return registry


@pytest.fixture(scope="module")
def model_server(mlflow_server: Service, registry: Registry, folder: Path) -> Iterator[Service]:
    assert registry
    port = free_port()
    command = [str(BIN / "uvicorn"), "--factory", "relevo_inference.app:create_app", "--port", str(port)]
    env = {
        "MLFLOW_TRACKING_URI": mlflow_server.url,
        "DEFAULT_PROBLEM": PROBLEM,
        "PROBLEMS": UNTRAINED,
        "STATE_DIR": str(folder / "state"),
        "REGISTRY_TIMEOUT_SECONDS": "0.5",
    }
    service = Service("the model server", command, "/readyz", port, folder / "inference.log", env).start()
    yield service
    service.stop()


@pytest.fixture(scope="module")
def clean_db(folder: Path) -> Path:
    """Three runs: one promoted, one skipped, one failed."""
    path = folder / "clean.db"
    engine = connect(f"sqlite:///{path}")
    clean_metadata.create_all(engine)
    start = datetime(2026, 11, 21, 7, 0)  # noqa: DTZ001 - the databases keep UTC without a zone
    ended: tuple[dict[str, Any], ...] = (
        {
            "state": "succeeded",
            "rows_received": 5810,
            "rows_rejected": 12,
            "rows_new": 5441,
            "decision": "train",
            "decision_reason": "train: 5,441 of 5,810 rows are new",
            "verdict": "promoted",
            "verdict_reason": "promoted: xgboost, macro F1 0.7411 vs 0.6790",
            "metric": "macro_f1",
            "champion_version": "1",
            "champion_score": 0.679,
            "challenger_version": "2",
            "challenger_score": 0.7411,
            "challenger_algorithm": "xgboost",
            "mlflow_run_id": "ab" * 16,
        },
        {
            "state": "succeeded",
            "rows_received": 5810,
            "rows_rejected": 0,
            "rows_new": 0,
            "decision": "skip",
            "decision_reason": "skip: all 5,810 rows were known already ${1 + 1} {{value}} <b>",
        },
        {"state": "failed", "failed_task": "validate", "error": "1,400 of 5,810 rows break the contract."},
    )
    with engine.begin() as connection:
        for number, row in enumerate(ended, start=1):
            connection.execute(
                insert(runs).values(
                    problem=PROBLEM,
                    dag_run_id=f"manual__2026-11-21T07:0{number}:00+00:00",
                    started_at=start + timedelta(minutes=number),
                    batch=f"part {number}",
                    **row,
                )
            )
    engine.dispose()
    return path


@pytest.fixture(scope="module")
def page_server(model_server: Service, mlflow_server: Service, clean_db: Path, folder: Path) -> Iterator[Service]:
    port = free_port()
    env = {
        "UI_PORT": str(port),
        "INFERENCE_URL": model_server.url,
        "CLEAN_DB_URL": f"sqlite:///{clean_db}",
        "AIRFLOW_URL": "http://airflow.example",
        "MLFLOW_URL": mlflow_server.url,
    }
    command = [sys.executable, "-m", "relevo_ui"]
    service = Service("the page", command, "/", port, folder / "ui.log", env).start()
    yield service
    service.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine; install it (apt-get install chromium) for the browser tests")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser, page_server: Service, registry: Registry) -> Iterator[Page]:
    """The page, freshly opened on a laptop's screen with version 1 in production."""
    registry.promote("1")
    context = browser.new_context(viewport={"width": 1280, "height": 800}, base_url=page_server.url)
    context.set_default_timeout(15_000)
    yield context.new_page()
    context.close()
