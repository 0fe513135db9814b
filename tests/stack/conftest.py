"""The real compose project: built, started under a name and on ports of its own, and taken down again."""

import json
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from secrets import token_hex
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser
from support.chromium import chromium
from support.compose import PROBLEM, Project, missing, obtainable, settings
from support.processes import until

RUN_SECONDS = 600
# The public images without which everything else can still be tested.
OPTIONAL = {
    f"{service.upper().replace('-', '_')}_IMAGE": service
    for service in (
        "adminer",
        "alertmanager",
        "blackbox-exporter",
        "grafana",
        "mysqld-exporter",
        "postgres-exporter",
        "redis-exporter",
    )
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The stack comes last, so that no other test shares the machine with it."""
    items.sort(key=lambda item: Path(__file__).parent in item.path.parents)


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Project]:
    """The stack, healthy and idle."""
    if reason := missing():
        pytest.skip(f"no stack here: {reason}")
    folder = tmp_path_factory.mktemp("stack")
    values = settings(folder)
    images = {name: image for name, image in values.items() if name.endswith("_IMAGE")}
    images["UV_VERSION"] = f"ghcr.io/astral-sh/uv:{values['UV_VERSION']}"
    images["PYTHON_VERSION"] = f"python:{values['PYTHON_VERSION']}-slim"
    absent = {name: image for name, image in images.items() if not obtainable(image)}
    if needed := [image for name, image in absent.items() if name not in OPTIONAL]:
        pytest.skip(f"no stack here: no registry gives {', '.join(needed)}")

    def say(line: str) -> None:
        plugins = request.config.pluginmanager
        with plugins.get_plugin("capturemanager").global_and_fixture_disabled():
            plugins.get_plugin("terminalreporter").write_line(f"\nstack: {line}")

    for name, image in absent.items():
        say(f"{OPTIONAL[name]} is left out: {image} is not here and no registry gives it")
    left_out = {OPTIONAL[name] for name in absent}
    stack = Project(f"relevo-test-{token_hex(4)}", folder / ".env", values)
    request.config.stash[STACK] = stack
    # A test run that is told to end takes its containers with it.
    ended = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        built = stack.compose("build", check=False)
        assert built.returncode == 0, built.stderr[-5000:]
        services = stack.compose("config", "--services").stdout.split()
        started = time.monotonic()
        up = stack.compose(
            "up", "--detach", "--wait", *(s for s in services if s not in left_out), check=False, timeout=900
        )
        seconds = time.monotonic() - started
        assert up.returncode == 0, f"{up.stderr[-3000:]}\n{stack.troubles()}"
        say(f"{stack.project} is healthy after {seconds:.0f} s")
        request.config.stash[SECONDS] = seconds
        yield stack
    finally:
        signal.signal(signal.SIGTERM, ended)
        stack.compose("down", "--volumes", "--remove-orphans", "--timeout", "5", check=False)


STACK = pytest.StashKey[Project]()
SECONDS = pytest.StashKey[float]()


@pytest.fixture(scope="session")
def seconds_to_healthy(stack: Project, request: pytest.FixtureRequest) -> float:
    assert stack
    return request.config.stash[SECONDS]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """A failure comes with what the services said."""
    report = yield
    stack = item.config.stash.get(STACK, None)
    if report.failed and call.when == "call" and stack is not None:
        report.sections.append(("the stack's services", stack.troubles()))
    return report


class Airflow:
    """Airflow's REST API, signed in as the administrator of `.env`."""

    def __init__(self, url: str, user: str, password: str) -> None:
        token = httpx.post(f"{url}/auth/token", json={"username": user, "password": password}, timeout=60)
        bearer = token.raise_for_status().json()["access_token"]
        self.client = httpx.Client(
            base_url=f"{url}/api/v2", headers={"Authorization": f"Bearer {bearer}"}, timeout=60
        )

    def get(self, path: str, **options: Any) -> Any:
        return self.client.get(path, **options).raise_for_status().json()

    def run(self, dag: str) -> str:
        """Trigger a DAG run and wait for its end; its id."""
        triggered = self.client.post(f"/dags/{dag}/dagRuns", json={"logical_date": None})
        run_id = str(triggered.raise_for_status().json()["dag_run_id"])

        def ending() -> str | None:
            state = self.get(f"/dags/{dag}/dagRuns/{run_id}")["state"]
            return state if state in {"success", "failed"} else None

        try:
            state = until(ending, f"the end of {run_id}", RUN_SECONDS, every=1)
        except AssertionError as late:
            raise AssertionError(f"{late}\n{self.tasks(dag, run_id)}") from None
        assert state == "success", f"{run_id} failed\n{self.last_words(dag, run_id)}"
        return run_id

    def tasks(self, dag: str, run_id: str) -> list[tuple[str, str]]:
        listed = self.get(f"/dags/{dag}/dagRuns/{run_id}/taskInstances")["task_instances"]
        return [(task["task_id"], task["state"]) for task in listed]

    def last_words(self, dag: str, run_id: str) -> str:
        """The end of the log of every task that failed."""
        logs = []
        for task, state in self.tasks(dag, run_id):
            if state == "failed":
                log = self.log(dag, run_id, task)
                logs.append(f"{task}:\n{log[-3000:]}")
        return "\n".join(logs)

    def log(self, dag: str, run_id: str, task: str, map_index: int = -1) -> str:
        path = f"/dags/{dag}/dagRuns/{run_id}/taskInstances/{task}/logs/1"
        content = self.get(path, params={"map_index": map_index})["content"]
        return "\n".join(json.dumps(line) for line in content)


@pytest.fixture(scope="session")
def airflow(stack: Project) -> Iterator[Airflow]:
    user, password = (stack.values[f"AIRFLOW_ADMIN_{name}"] for name in ("USER", "PASSWORD"))
    airflow = Airflow(stack.url("AIRFLOW_PORT"), user, password)
    yield airflow
    airflow.client.close()


@pytest.fixture(scope="session")
def runs(airflow: Airflow) -> tuple[str, str]:
    """The ids of two DAG runs, one after the other, both successful."""
    unpaused = airflow.client.patch(f"/dags/{PROBLEM}", json={"is_paused": False})
    unpaused.raise_for_status()
    return airflow.run(PROBLEM), airflow.run(PROBLEM)


@pytest.fixture(scope="session")
def card(stack: Project, runs: tuple[str, str]) -> dict[str, Any]:
    """The card of the model that is in production after the runs, by way of the model server."""
    assert runs
    url = f"{stack.url('INFERENCE_PORT')}/models/{PROBLEM}"
    answer = httpx.get(url, headers={"Cache-Control": "no-cache"}).raise_for_status()
    return dict(answer.json()["card"])


@pytest.fixture(scope="session")
def scraped(stack: Any, card: dict[str, Any]) -> Any:
    """The stack after a while of predictions, so that there are rates."""
    row = {column["name"]: column["default"] for column in card["inputs"]}
    with httpx.Client(base_url=stack.url("INFERENCE_PORT")) as client:
        # As many as the drift of live rows is measured on.
        client.post("/predict", json={"rows": [row] * 100}).raise_for_status()
        end = time.monotonic() + 25
        while time.monotonic() < end:
            answer = client.post("/predict", json=row).raise_for_status().json()
            truth = {"prediction_id": answer["prediction_id"], "truth": answer["label"]}
            client.post("/feedback", json=truth).raise_for_status()
            assert client.post("/predict", json={}).status_code == 422
            time.sleep(0.2)
    return stack


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened
