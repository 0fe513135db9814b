"""What runs only when it is asked for, beside the stack that runs already."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.capacity import searched
from support.compose import Project, obtainable
from support.processes import until


@contextmanager
def started(stack: Project, profile: str, *services: str) -> Iterator[None]:
    """Services of a profile, healthy, until the block ends."""
    chosen = ("--profile", profile)
    up = stack.compose(*chosen, "up", "--build", "--detach", "--wait", *services, check=False, timeout=900)
    try:
        assert up.returncode == 0, f"{up.stderr[-2000:]}\n{stack.troubles()}"
        yield
    finally:
        stack.compose(*chosen, "rm", "--force", "--stop", *services)


def test_locusts_users_ask_the_model_in_production(stack: Project, card: dict[str, Any]) -> None:
    assert card
    asked = {"row", "batch", "invalid", "explanation"}
    with (
        started(stack, "loadtest", "loadtest", "loadtest-worker"),
        httpx.Client(base_url=stack.url("LOADTEST_PORT"), timeout=30) as page,
    ):
        assert page.get("/stats/requests").is_redirect
        who = {"username": "operator", "password": stack.values["LOADTEST_PASSWORD"]}
        assert page.post("/sign-in", data=who).headers["location"] == "/"

        def stats() -> dict[str, Any]:
            return dict(page.get("/stats/requests").raise_for_status().json())

        until(lambda: len(stats()["workers"]) == int(stack.values["LOADTEST_WORKERS"]), "Locust's workers")
        began = page.post("/swarm", data={"user_count": 20, "spawn_rate": 20, "shape": "rush"})
        assert began.json()["success"], began.text
        until(lambda: asked <= {entry["name"] for entry in stats()["stats"]}, "questions of every kind", 120)
        page.post("/stop").raise_for_status()
        counted = {entry["name"]: entry for entry in stats()["stats"]}
        assert counted["Aggregated"]["num_requests"] > 100
        assert counted["row"]["num_failures"] == 0, stats()["errors"]


def test_capacity_is_searched_through_the_open_port(stack: Project, card: dict[str, Any], tmp_path: Path) -> None:
    assert card
    found = searched(stack.url("INFERENCE_PORT"), tmp_path)
    assert set(found["steps"][-1]["p95_ms_by_kind"]) >= {"row"}


def test_flower_shows_the_worker_to_who_has_its_password(stack: Project) -> None:
    who = ("operator", stack.values["FLOWER_PASSWORD"])
    with (
        started(stack, "tools", "flower"),
        httpx.Client(base_url=stack.url("FLOWER_PORT"), timeout=30) as page,
    ):
        assert page.get("/workers").status_code == 401
        assert page.get("/workers", auth=("operator", "guess")).status_code == 401
        until(lambda: "celery@" in page.get("/workers", auth=who).text, "the worker in Flower", every=1)
        assert stack.values["REDIS_PASSWORD"] not in page.get("/broker", auth=who).text


def test_the_database_browser_asks_for_a_databases_password(stack: Project) -> None:
    if not obtainable(image := stack.values["ADMINER_IMAGE"]):
        pytest.skip(f"{image} is not here and no registry gives it")

    def shown(password: str) -> str:
        who = {"driver": "server", "server": "clean-db", "username": "reader", "password": password, "db": "clean"}
        with httpx.Client(base_url=stack.url("ADMINER_PORT"), timeout=30, follow_redirects=True) as page:
            page.get("/").raise_for_status()
            return page.post("/", data={f"auth[{name}]": value for name, value in who.items()}).text

    with started(stack, "tools", "adminer"):
        assert "rejected_" in shown(stack.values["READER_DB_PASSWORD"])
        assert "rejected_" not in shown("guess")


def test_the_laboratorys_notebook_runs_on_the_stack_and_may_only_read(stack: Project, card: dict[str, Any]) -> None:
    assert card
    with started(stack, "lab", "lab"):
        contents = f"{stack.url('LAB_PORT')}/api/contents/start.ipynb"
        assert httpx.get(contents).status_code == 403
        word = {"Authorization": f"token {stack.values['LAB_PASSWORD']}"}
        assert httpx.get(contents, headers=word).json()["name"] == "start.ipynb"
        convert = ["jupyter", "nbconvert", "--to", "notebook", "--execute", "--stdout", "notebooks/start.ipynb"]
        done = stack.compose("--profile", "lab", "exec", "-T", "lab", *convert, check=False)
        assert done.returncode == 0, done.stderr[-3000:]
        outputs = json.loads(done.stdout)["cells"][-1]["outputs"]
        assert "in the experiment lab-" in "".join(line for output in outputs for line in output.get("text", ()))
        write = (
            "import json, os; from sqlalchemy import create_engine, exc, text\n"
            "with create_engine(os.environ['CLEAN_DB_URL']).connect() as db:\n"
            "    try: db.execute(text('DELETE FROM runs')); print(json.dumps('deleted'))\n"
            "    except exc.DBAPIError as error: print(json.dumps(str(error.orig)))\n"
        )
        tried = stack.compose("--profile", "lab", "exec", "-T", "lab", "python", "-c", write, check=False)
        assert "denied" in tried.stdout, tried.stderr
