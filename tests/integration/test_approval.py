"""`PROMOTION=manual`: a real Airflow asks, a person answers through its API, and the run ends as they said."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from relevo_cli.demo.environment import ADMIN, PORTS
from relevo_contract.tables import promotions, runs
from sqlalchemy import create_engine, select
from support.processes import free_port, until

ROOT = Path(__file__).parents[2]
DAG = "covertype"
RELEVO = [sys.executable, "-m", "relevo_cli.app"]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    ports = {name: str(free_port()) for name in PORTS}
    return {**os.environ, **ports, "RELEVO_VAR": str(tmp_path), "PROMOTION": "manual", "TRAIN_SECONDS": "1"}


@pytest.fixture
def demo(environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    command = [*RELEVO, "demo", "--runs", "2", "--once"]
    output = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, text=True) as running:
        yield running
        running.terminate()


class Person:
    """Somebody who is signed in to Airflow, whose services write to `log`."""

    def __init__(self, url: str, password: str, log: Path) -> None:
        self.log = log
        token = httpx.post(f"{url}/auth/token", json={"username": ADMIN, "password": password}).raise_for_status()
        self.runs = f"{url}/api/v2/dags/{DAG}/dagRuns"
        self.signed_in = {"Authorization": f"Bearer {token.json()['access_token']}"}

    def question(self) -> dict[str, Any] | None:
        """What is waiting for an answer."""
        found = httpx.get(f"{self.runs}/~/hitlDetails", headers=self.signed_in, timeout=30).raise_for_status()
        asked = found.json()["hitl_details"]
        return next((question for question in asked if not question["response_received"]), None)

    def answer(self, question: dict[str, Any], option: str, why: str) -> None:
        run = question["task_instance"]["dag_run_id"]
        # Nobody reads it sooner. Airflow 3.3 takes an answer within the second of its question for a failure of the
        # task, as the end of the worker that asked comes after it was queued anew, and asks again till it gives up.
        ended = re.compile(rf"Received executor event with state success .*'approve'.*{re.escape(run)}")
        until(lambda: ended.search(self.log.read_text()), "the end of the worker that asked")
        httpx.patch(
            f"{self.runs}/{run}/taskInstances/approve/-1/hitlDetails",
            json={"chosen_options": [option], "params_input": {"why": why}},
            headers=self.signed_in,
            timeout=30,
        ).raise_for_status()


def test_a_person_rejects_and_a_person_approves(
    demo: subprocess.Popen[str], environment: dict[str, str], tmp_path: Path
) -> None:
    url = f"http://127.0.0.1:{environment['AIRFLOW_PORT']}"
    until(lambda: httpx.get(f"{url}/api/v2/version").is_success, "the start of Airflow", 300)
    person = Person(
        url,
        json.loads((tmp_path / "demo" / "secrets.json").read_text())["admin_password"],
        tmp_path / "demo" / "log.txt",
    )

    first = until(person.question, "the first question", 300)
    assert first["options"] == ["Approve", "Reject"]
    assert first["body"].startswith("the first model, ")
    # Nothing has moved yet, and whoever has a shell is told so.
    nothing = subprocess.run(
        [*RELEVO, "rollback", "--problem", DAG, "--reason", "why"],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (nothing.returncode, nothing.stdout) == (1, "")
    assert nothing.stderr == (
        f"Not done: there is no version of {DAG} to go back to: nothing was in production before either.\n"
    )
    person.answer(first, "Reject", "not on a Friday")

    def over() -> bool:
        if demo.poll() is None and (question := person.question()):
            person.answer(question, "Approve", "")
        return demo.poll() is not None

    until(over, "the end of both runs", 600)
    said, _ = demo.communicate(timeout=30)
    assert demo.returncode == 0, said
    engine = create_engine(f"sqlite:///{tmp_path}/demo/clean.db")
    with engine.connect() as connection:
        rejected, approved = connection.execute(select(runs).order_by(runs.c.id)).all()
    assert (rejected.state, rejected.verdict, rejected.challenger_version) == ("succeeded", "rejected", "1")
    assert rejected.verdict_reason.startswith(
        f"rejected: by {ADMIN}, who said: not on a Friday; judged was the first model, "
    )
    assert rejected.verdict_reason in said
    assert (approved.state, approved.verdict, approved.challenger_version) == ("succeeded", "promoted", "2")
    assert approved.verdict_reason.endswith(f"; approved by {ADMIN}, who gave no reason")
    raw = create_engine(f"sqlite:///{tmp_path}/demo/raw.db")
    with raw.connect() as connection:
        (only,) = connection.execute(select(promotions)).all()
    assert (only.from_version, only.to_version, only.promoted_by) == (None, "2", ADMIN)
    assert only.reason == approved.verdict_reason
    for opened in (engine, raw):
        opened.dispose()
