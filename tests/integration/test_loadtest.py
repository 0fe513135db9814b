"""Users of a real model server: Locust's, and those of the search for the most users."""

import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from relevo_contract.tables import predictions
from relevo_loadtest.capacity.crowd import crowd
from relevo_loadtest.traffic import SHARES, questions
from sqlalchemy import Engine, func, select
from support.animals import BACKGROUND, ROW, Registry, card
from support.capacity import searched
from support.processes import free_port, until
from support.serving import Server, raw_database, serving

PASSWORD = "of-the-load-test"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("loaded")


@pytest.fixture(scope="module")
def raw_db(folder: Path) -> Iterator[Engine]:
    with raw_database(folder) as engine:
        yield engine


@pytest.fixture(scope="module")
def server(animals: Registry, folder: Path, raw_db: Engine) -> Iterator[Server]:  # noqa: ARG001
    """With a model in production that can be explained."""
    animals.promote(animals.register(seed=1, says=card(background=BACKGROUND)))
    with serving(folder, animals.url) as server:
        yield server


def test_a_short_search_finds_how_many_users_it_holds(server: Server, tmp_path: Path, raw_db: Engine) -> None:
    found = searched(server.service.url, tmp_path)

    def written() -> int:
        with raw_db.connect() as db:
            return db.execute(select(func.count()).select_from(predictions)).scalar_one()

    assert until(lambda: written() >= sum(step["asked"] for step in found["steps"]), "the journal") is True


def test_a_server_that_goes_away_is_counted_and_asked_again(server: Server) -> None:
    pool = questions(server.service.url)
    with crowd(server.service.url, "", pool, clients=1, seconds=3) as users:
        users.pause, users.timeout = (0.1, 0.2), 2
        assert users.step(10).errors == {}
        server.service.stop()
        gone = users.step(10)
        assert (gone.rate, gone.error_share, gone.server_cores) == (0, 1, None)
        assert all(why.startswith("no connection") for why in gone.errors)
        server.service.start()
        assert users.step(10).errors == {}


def test_other_statuses_than_those_of_a_server_in_order_are_errors(server: Server) -> None:
    pool = [q for q in questions(server.service.url) if q.kind == "row"]
    elsewhere = [replace(question, path="/models/nothing/predict") for question in pool]
    with crowd(server.service.url, "", elsewhere, clients=1, seconds=1) as users:
        users.pause = (0.1, 0.2)
        assert set(users.step(5).errors) == {"row: status 404"}


def test_a_connection_outlives_the_longest_pause_of_a_person(server: Server) -> None:
    body = json.dumps(ROW)
    request = f"POST /predict HTTP/1.1\r\nHost: here\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()
    with socket.create_connection(("127.0.0.1", server.service.port), timeout=20) as connection:
        for pause in (6, 0):
            connection.sendall(request)
            assert connection.recv(4096).startswith(b"HTTP/1.1 200 ")
            time.sleep(pause)


@contextmanager
def locust(*arguments: str, **env: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "relevo_loadtest", *arguments]
    process = subprocess.Popen(
        command, env={**os.environ, **env}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("shape", ["people", "rush"])
def test_locusts_users_ask_every_kind_and_nothing_fails(server: Server, shape: str, tmp_path: Path) -> None:
    headless = ["--headless", "--users", "20", "--spawn-rate", "20", "--run-time", "5s", "--shape", shape]
    where = {"INFERENCE_URL": server.service.url}
    with locust(*headless, "--json-file", str(tmp_path / "told"), **where) as process:
        said, _ = process.communicate(timeout=120)
    assert process.returncode == 0, said
    told = {entry["name"]: entry for entry in json.loads((tmp_path / "told.json").read_text())}
    assert all(entry["num_failures"] == 0 for entry in told.values()), said
    asked = sum(entry["num_requests"] for entry in told.values())
    if shape == "rush":
        assert set(told) == set(SHARES)
        assert asked > 500
    else:
        # 20 users for 5 s who pause at least one second.
        assert 20 <= asked <= 120


def test_locusts_page_is_behind_its_password() -> None:
    port = free_port()
    arguments = ["--web-host", "127.0.0.1", "--web-port", str(port), "--web-login"]
    with (
        locust(*arguments, LOADTEST_PASSWORD=PASSWORD),
        httpx.Client(base_url=f"http://127.0.0.1:{port}") as page,
    ):
        until(lambda: page.get("/login").is_success, "Locust's page")
        for path in ("/", "/stats/requests", "/exceptions", "/logs"):
            assert page.get(path).headers["location"].startswith("/login"), path
        assert page.post("/swarm", data={"user_count": 1}).is_redirect
        wrong = page.post("/sign-in", data={"username": "operator", "password": "guess"})
        assert wrong.headers["location"] == "/login"
        assert page.get("/stats/requests").is_redirect
        right = page.post("/sign-in", data={"username": "operator", "password": PASSWORD})
        assert right.headers["location"] == "/"
        assert re.search("samesite=strict", right.headers["set-cookie"], re.IGNORECASE)
        assert page.get("/stats/requests").json()["state"] == "ready"


def test_locusts_page_does_not_open_without_a_password() -> None:
    with locust("--web-port", str(free_port()), "--web-login", LOADTEST_PASSWORD="") as process:
        said, _ = process.communicate(timeout=60)
    assert process.returncode != 0
    assert "LOADTEST_PASSWORD is not set" in said
