"""The model server against a real MLflow server: two real processes, real models, a real database."""

import os
import signal
import socket
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from relevo_contract.card import Card, TrainingSet
from relevo_contract.columns import Column
from relevo_contract.encoding import Encoder
from relevo_contract.registry import CARD_FILE, GRAPH_INPUT
from relevo_contract.tables import predictions, raw_metadata
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import FloatTensorType
from sklearn.linear_model import LogisticRegression
from sqlalchemy import create_engine, func, select

import mlflow

BIN = Path(sys.executable).parent
FRESH = {"Cache-Control": "no-cache"}
INPUTS = (
    Column(name="Width", kind="number", description="How wide", unit="m", minimum=0, maximum=10, default=2.5),
    Column(name="legs-count", kind="integer", description="How many legs", minimum=0, maximum=8, default=4),
    Column(name="Colour", kind="category", description="Its colour", choices=("red", "green"), default="red"),
)
TARGET = Column(
    name="Animal",
    kind="category",
    description="Which animal",
    choices=("0", "1", "2"),
    choice_names={"0": "Ant", "1": "Bee", "2": "Cat"},
)
ROW = {"Width": 2.5, "legs-count": 4, "Colour": "red"}


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port: int = s.getsockname()[1]
        return port


def until(condition: Callable[[], Any], what: str, seconds: float = 60) -> Any:
    """Waits for `condition` to give something true; a refused connection counts as not yet."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if result := condition():
                return result
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    raise AssertionError(f"{what} did not happen within {seconds} s")


@contextmanager
def process(command: list[str], log: Path, **env: str) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("ab") as out:
        # A session of its own, so that MLflow's workers end (or freeze) with it.
        running = subprocess.Popen(
            command, stdout=out, stderr=out, env={**os.environ, **env}, start_new_session=True
        )
        try:
            yield running
        finally:
            running.terminate()
            try:
                running.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(running.pid, signal.SIGKILL)
                running.wait()


@contextmanager
def mlflow_server(folder: Path, port: int) -> Iterator[tuple[str, int]]:
    """Its URL and its process group."""
    command = [str(BIN / "mlflow"), "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    command += ["--backend-store-uri", f"sqlite:///{folder}/mlflow.db", "--serve-artifacts"]
    command += ["--artifacts-destination", str(folder / "artifacts"), "--allowed-hosts", "*"]
    url = f"http://127.0.0.1:{port}"
    with process(command, folder / "mlflow.log", MLFLOW_SERVER_ENABLE_JOB_EXECUTION="false") as mlflow:
        until(lambda: httpx.get(f"{url}/health").is_success, "MLflow's start", 120)
        yield url, mlflow.pid


class Server:
    """A running model server."""

    def __init__(self, url: str, process: subprocess.Popen[bytes]) -> None:
        self.url = url
        self.process = process
        self.http = httpx.Client(base_url=url, timeout=20)

    def predict(self, row: Any = ROW, path: str = "/predict", **headers: str) -> httpx.Response:
        return self.http.post(path, json=row, headers={**FRESH, **headers})

    def version(self) -> tuple[str, bool]:
        model = self.predict().raise_for_status().json()["model"]
        return model["version"], model["stale"]


@contextmanager
def model_server(
    folder: Path, registry: str, problems: str = "", *, ready: bool = True, **env: str
) -> Iterator[Server]:
    port = free_port()
    command = [str(BIN / "uvicorn"), "--factory", "relevo_inference.app:create_app", "--port", str(port)]
    folder.mkdir(exist_ok=True)
    env = {
        "MLFLOW_TRACKING_URI": registry,
        "DEFAULT_PROBLEM": "animals",
        "PROBLEMS": problems,
        "STATE_DIR": str(folder / "state"),
        "RAW_DB_URL": f"sqlite:///{folder}/raw.db",
        "SHIP_SECONDS": "0.1",
        "LOAD_RETRY_SECONDS": "0.5",
        **env,
    }
    with process(command, folder / "inference.log", **env) as running:
        server = Server(f"http://127.0.0.1:{port}", running)
        path = "/readyz" if ready else "/livez"
        until(lambda: server.http.get(path).is_success, f"the model server's {path}")
        yield server
        server.http.close()


def card(problem: str = "animals", **changes: Any) -> Card:
    training_set = TrainingSet(
        name="animals-1", last_collection_id=1, split_rule="hash", rows=90, digest="d" * 64, batch="1"
    )
    return Card(
        problem=problem,
        title="Animals",
        description="Which animal it is.",
        task="multiclass",
        data="simulated",
        algorithm="logistic_regression",
        inputs=INPUTS,
        target=TARGET,
        primary_metric="macro_f1",
        metrics={"macro_f1": 0.5},
        training_set=training_set,
        decision="there was no model yet",
        code_version="abc",
        run_id="r" * 32,
        dag_run_id="manual__1",
        created_at=datetime.now(UTC),
    ).model_copy(update=changes)


class Registry:
    """Registers models the way the pipeline does."""

    def __init__(self, url: str, folder: Path, group: int) -> None:
        self.group = group
        mlflow.set_tracking_uri(url)
        self.client = mlflow.MlflowClient(url)
        self.folder = folder
        self.models: dict[str, LogisticRegression] = {}

    def register(self, problem: str = "animals", *, seed: int, card_json: str | None = None) -> str:
        generator = np.random.default_rng(seed)
        matrix = generator.random((90, 3)) * [10, 8, 1]
        model = LogisticRegression().fit(matrix, [str(i % 3) for i in range(90)])
        graph = convert_sklearn(
            model, initial_types=[(GRAPH_INPUT, FloatTensorType([None, 3]))], options={id(model): {"zipmap": False}}
        )
        path = self.folder / CARD_FILE
        path.write_text(card_json or card(problem).model_dump_json())
        # MLflow warns about code of its own when it is first used.
        with warnings.catch_warnings(action="ignore"), mlflow.start_run() as run:
            info = mlflow.onnx.log_model(
                graph, name="model", extra_files=[str(path)], save_as_external_data=False, pip_requirements=[]
            )
        if not self.client.search_registered_models(f"name = '{problem}'"):
            self.client.create_registered_model(problem)
        version = self.client.create_model_version(
            problem, info.model_uri, run_id=run.info.run_id, model_id=info.model_id
        )
        self.models[str(version.version)] = model
        return str(version.version)

    def promote(self, version: str, problem: str = "animals") -> None:
        self.client.set_registered_model_alias(problem, "production", version)

    def artifacts(self, version: str, problem: str = "animals") -> Path:
        uri = self.client.get_model_version_download_uri(problem, version)
        return self.folder / "artifacts" / uri.removeprefix("mlflow-artifacts:/")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("registry")


@pytest.fixture(scope="module")
def registry(folder: Path) -> Iterator[Registry]:
    """A registry with versions 1 and 2, 1 in production."""
    with mlflow_server(folder, free_port()) as (url, group):
        registry = Registry(url, folder, group)
        registry.promote(registry.register(seed=1))
        registry.register(seed=2)
        yield registry


@pytest.fixture
def raw_db(tmp_path: Path) -> Any:
    engine = create_engine(f"sqlite:///{tmp_path}/raw.db")
    raw_metadata.create_all(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def server(registry: Registry, tmp_path: Path, raw_db: Any) -> Iterator[Server]:  # noqa: ARG001
    registry.promote("1")
    with model_server(tmp_path, registry.client.tracking_uri, "animals,plants") as server:
        yield server


@pytest.fixture(scope="module")
def attacked(registry: Registry, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all that must not change it."""
    registry.promote("1")
    with model_server(tmp_path_factory.mktemp("attacked"), registry.client.tracking_uri) as server:
        yield server


def expected(registry: Registry, version: str, row: dict[str, Any]) -> np.ndarray[Any, Any]:
    return registry.models[version].predict_proba(np.array([Encoder(INPUTS).row(row)]))[0]


def test_one_row(server: Server, registry: Registry) -> None:
    answer = server.predict().raise_for_status().json()
    wanted = expected(registry, "1", ROW)
    assert list(answer["probabilities"]) == ["0", "1", "2"]
    assert list(answer["probabilities"].values()) == pytest.approx(wanted, abs=1e-5)
    assert sum(answer["probabilities"].values()) == pytest.approx(1, abs=1e-5)
    assert answer["label"] == str(wanted.argmax())
    assert answer["label_name"] == {"0": "Ant", "1": "Bee", "2": "Cat"}[answer["label"]]
    run_id = registry.client.get_model_version("animals", "1").run_id
    assert answer["model"] == {"name": "animals", "version": "1", "run_id": run_id, "stale": False}
    by_name = server.predict(path="/models/animals/predict").json()
    assert by_name["probabilities"] == answer["probabilities"]


@pytest.mark.parametrize("rows", [1, 64, 65, 1000])
def test_many_rows(server: Server, registry: Registry, rows: int) -> None:
    generator = np.random.default_rng(rows)
    batch = [
        {"Width": float(w), "legs-count": int(n), "Colour": c}
        for w, n, c in zip(
            generator.random(rows) * 10,
            generator.integers(0, 9, rows),
            generator.choice(["red", "green"], rows),
            strict=True,
        )
    ]
    answer = server.predict({"rows": batch}).raise_for_status().json()
    assert len({p["prediction_id"] for p in answer["predictions"]}) == rows
    for row, prediction in zip(batch, answer["predictions"], strict=True):
        assert list(prediction["probabilities"].values()) == pytest.approx(expected(registry, "1", row), abs=1e-5)


def test_wrong_rows_name_the_field_and_what_is_allowed(server: Server) -> None:
    answer = server.predict({**ROW, "Width": 11, "Colour": "blue"})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    document = answer.json()
    assert document["instance"] == "/predict"
    width, colour = document["errors"]
    assert width["field"] == "Width"
    assert width["message"] == "Width must be a number from 0 to 10 (m), not 11"
    assert width["allowed"] == "a number from 0 to 10 (m)"
    assert colour["message"] == 'Colour must be one of: red, green, not the text "blue"'
    batch = server.predict({"rows": [ROW, {**ROW, "legs-count": 1.5}]}).json()
    assert [(e["row"], e["field"]) for e in batch["errors"]] == [(1, "legs-count")]


def test_unknown_model_names_those_there_are(server: Server) -> None:
    answer = server.predict(path="/models/nothing/predict")
    assert answer.status_code == 404
    assert answer.json()["detail"] == "there is no model 'nothing'; there are: animals, plants"


def test_nothing_in_production(server: Server) -> None:
    answer = server.predict(path="/models/plants/predict")
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert answer.json()["detail"] == "no version of plants is in production"


def test_what_is_in_production(server: Server) -> None:
    listed = {m["name"]: m for m in server.http.get("/models").json()["models"]}
    assert listed["animals"]["model"]["version"] == "1"
    assert listed["plants"]["model"] is None
    answer = server.http.get("/models/animals").json()
    assert Card.model_validate(answer["card"]).inputs == INPUTS
    assert answer["model"]["version"] == "1"
    info = server.http.get("/model-info").json()
    assert (info["version"], info["data"], info["metrics"]) == ("1", "simulated", {"macro_f1": 0.5})
    metrics = server.http.get("/metrics").text
    assert 'relevo_model_info{algorithm="logistic_regression",data="simulated",problem="animals"' in metrics
    assert 'relevo_model_stale{problem="animals"} 0.0' in metrics


def test_moving_the_alias_changes_the_very_next_answer(server: Server, registry: Registry) -> None:
    for version in ["2", "1"] * 10:
        registry.promote(version)
        assert server.version() == (version, False)


def test_every_prediction_is_journaled_once(server: Server, raw_db: Any) -> None:
    ids = {server.predict(**{"X-Request-Id": "test-1"}).json()["prediction_id"] for _ in range(20)}
    ids |= {p["prediction_id"] for p in server.predict({"rows": [ROW] * 100}).json()["predictions"]}

    def arrived() -> bool:
        with raw_db.connect() as connection:
            return connection.scalar(select(func.count()).select_from(predictions)) >= 120

    until(arrived, "shipping", 10)
    with raw_db.connect() as connection:
        rows = connection.execute(select(predictions)).all()
    assert {row.prediction_id for row in rows} == ids
    assert len(rows) == 120
    assert sum(row.request_id == "test-1" for row in rows) == 20
    assert all(row.input == ROW and set(row.output) == {"label", "label_name", "probabilities"} for row in rows)
    assert all((row.problem, row.version, row.stale) == ("animals", "1", 0) for row in rows)
    assert all(row.duration_ms > 0 for row in rows)


def test_database_down_then_up(registry: Registry, tmp_path: Path) -> None:
    registry.promote("1")
    with model_server(tmp_path, registry.client.tracking_uri) as server:
        ids = {server.predict().json()["prediction_id"] for _ in range(5)}
        until(lambda: server.http.get("/health").json()["journal"]["backlog"] == 5, "the backlog", 10)
        # Killed without a word: what was answered must still arrive.
        server.process.kill()
        server.process.wait()
    engine = create_engine(f"sqlite:///{tmp_path}/raw.db")
    raw_metadata.create_all(engine)

    def arrived() -> bool:
        with engine.connect() as connection:
            return set(connection.scalars(select(predictions.c.prediction_id))) == ids

    with model_server(tmp_path, registry.client.tracking_uri) as server:
        until(arrived, "shipping", 10)
        until(
            lambda: server.http.get("/health").json()["journal"] == {"backlog": 0, "reason": None},
            "an empty outbox",
        )
    engine.dispose()


def test_broken_versions_keep_the_old_one(server: Server, registry: Registry) -> None:
    broken = registry.register(seed=3)
    (registry.artifacts(broken) / "model.onnx").write_bytes(b"not a graph")
    registry.promote(broken)
    assert server.version() == ("1", True)
    assert "cannot be opened" in server.http.get("/health").json()["models"][0]["reason"]

    missing = registry.register(seed=3)
    (registry.artifacts(missing) / "extra_files" / CARD_FILE).unlink()
    registry.promote(missing)
    assert server.version() == ("1", True)
    assert "it has no extra_files/card.json" in server.http.get("/health").json()["models"][0]["reason"]

    foreign = registry.register(seed=3, card_json=card("plants").model_dump_json())
    registry.promote(foreign)
    assert server.version() == ("1", True)
    fewer = registry.register(seed=3, card_json=card(inputs=INPUTS[:2]).model_dump_json())
    registry.promote(fewer)
    assert server.version() == ("1", True)
    assert 'relevo_model_stale{problem="animals"} 1.0' in server.http.get("/metrics").text

    registry.promote("2")
    assert server.version() == ("2", False)


def test_deleted_alias(server: Server, registry: Registry) -> None:
    assert server.version() == ("1", False)
    registry.client.delete_registered_model_alias("animals", "production")
    answer = server.predict()
    assert answer.status_code == 503
    assert server.http.get("/readyz").status_code == 503
    registry.promote("1")
    assert server.version() == ("1", False)


def test_registry_hangs(server: Server, registry: Registry) -> None:
    assert server.version() == ("1", False)
    os.killpg(registry.group, signal.SIGSTOP)
    try:
        assert server.version() == ("1", True)
        began = time.perf_counter()
        for _ in range(50):
            assert server.http.post("/predict", json=ROW).json()["model"]["stale"] is True
        assert time.perf_counter() - began < 2, "only the first may wait"
        assert server.http.get("/health").json()["registry"]["reachable"] is False
    finally:
        os.killpg(registry.group, signal.SIGCONT)

    def recovered() -> bool:
        return server.http.post("/predict", json=ROW).json()["model"]["stale"] is False

    until(recovered, "recovery", 20)


@pytest.mark.usefixtures("raw_db")
def test_registry_down(tmp_path: Path) -> None:
    port = free_port()
    with mlflow_server(tmp_path, port) as (url, group):
        registry = Registry(url, tmp_path, group)
        registry.promote(registry.register(seed=1))
        registry.register(seed=2)
        with model_server(tmp_path, url) as server:
            assert server.version() == ("1", False)
    # A restart without the registry goes on with what is on disk, and finds back by itself.
    with model_server(tmp_path, url) as server, model_server(tmp_path / "empty", url, ready=False) as empty:
        assert server.version() == ("1", True)
        assert empty.http.get("/readyz").status_code == 503
        answer = empty.predict()
        assert answer.status_code == 503
        assert "the registry cannot be reached" in answer.json()["detail"]
        with mlflow_server(tmp_path, port):
            registry.promote("2")
            assert server.version() == ("2", False)
            until(lambda: empty.http.get("/readyz").is_success, "readiness")
            assert empty.version() == ("2", False)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"\xff\xfe", 400),
        (b'{"Width": NaN}', 400),
        (b'{"Width": Infinity}', 400),
        (b"[" * 100_000, 400),
        (b'{"rows":' * 300 + b"1" + b"}" * 300, 400),
        (b'{"Width": ' + b"9" * 5000 + b"}", 400),
        (b'{"Width": "\\ud800"}', 400),
        (b"null", 422),
        (b"[]", 422),
        (b'"row"', 422),
        (b"{}", 422),
        (b'{"Width": 1e999, "legs-count": 1, "Colour": "red"}', 422),
        (b'{"Width": ' + b"9" * 400 + b', "legs-count": 1, "Colour": "red"}', 422),
        (b'{"Width": "2.5", "legs-count": 4, "Colour": "red"}', 422),
        (b'{"Width": true, "legs-count": 4, "Colour": "red"}', 422),
        (b'{"Width": null, "legs-count": 4, "Colour": "red"}', 422),
        (b'{"Width": 1, "legs-count": 4, "Colour": {"a": [1]}}', 422),
        (b'{"Width": 1, "legs-count": 4, "Colour": "red", "\xf0\x9f\x98\x80": 1}', 422),
        (b'{"rows": []}', 422),
        (b'{"rows": {}}', 422),
        (b'{"rows": null}', 422),
        (b'{"rows": [1, null, []]}', 422),
        (b'{"rows": [{}], "more": 1}', 422),
        (b'{"rows": [' + b"{}," * 5000 + b"{}]}", 413),
        (b" " * 3_000_000, 413),
    ],
    ids=range(27),
)
def test_bad_bodies(attacked: Server, body: bytes, status: int) -> None:
    answer = attacked.http.post("/predict", content=body)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    document = answer.json()
    assert (document["status"], document["instance"]) == (status, "/predict")
    assert document["detail"]
    assert "Traceback" not in answer.text
    assert len(answer.content) < 50_000


def test_odd_requests(attacked: Server) -> None:
    http = attacked.http
    for method, path, status in [
        ("GET", "/predict", 405),
        ("HEAD", "/predict", 405),
        ("OPTIONS", "/predict", 405),
        ("GET", "/nothing", 404),
        ("GET", "/models/%F0%9F%98%80", 404),
        ("GET", "/models/%ff%00", 404),
        ("POST", "/models/..%2f..%2fetc/predict", 404),
        ("POST", "/models/" + "x" * 5000 + "/predict", 404),
    ]:
        answer = http.request(method, path)
        assert answer.status_code == status, (method, path, answer.text)
        assert answer.headers["content-type"] == "application/problem+json"
    chunked = http.post("/predict", content=iter([b" " * 500_000] * 6))
    assert chunked.status_code == 413
    kept = http.get("/livez", headers={"X-Request-Id": "my-id.1"})
    assert kept.headers["x-request-id"] == "my-id.1"
    for insane in ("x" * 65, "a b", "<script>", "é".encode()):
        made = http.get("/livez", headers={"X-Request-Id": insane})
        assert len(made.headers["x-request-id"]) == 32
    assert attacked.predict({**ROW, "legs-count": 4.0}).json()["label"] == attacked.predict().json()["label"]


def test_openapi_has_no_server_errors(registry: Registry, tmp_path: Path) -> None:
    registry.promote("1")
    with model_server(tmp_path, registry.client.tracking_uri) as server:
        command = [str(BIN / "schemathesis"), "run", f"{server.url}/openapi.json", "--max-examples", "40"]
        checks = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
        command += ["--checks", checks, "--seed", "1", "--no-color"]
        run = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
        assert run.returncode == 0, run.stdout[-8000:]
        assert server.version() == ("1", False)
