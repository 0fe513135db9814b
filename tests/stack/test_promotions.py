"""`relevo promote` and `relevo rollback`, as `make` calls them, reach the databases and the registry in Docker."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).parents[2]
PROBLEM = "covertype"
PROMOTIONS = """
import json, os, sqlalchemy
engine = sqlalchemy.create_engine(os.environ["RAW_DB_URL"])
query = "SELECT from_version, to_version, promoted_by, reason FROM promotions ORDER BY id DESC LIMIT 2"
with engine.connect() as connection:
    print(json.dumps([list(row) for row in connection.execute(sqlalchemy.text(query))]))
"""

LOCK = """
import json
from relevo_pipeline.errors import StepError
from relevo_pipeline.locks import alone
from relevo_pipeline.settings import settings
from relevo_pipeline.stores import Stores

def waits(engine):
    try:
        with alone(engine, "test", 0):
            return "taken"
    except StepError as error:
        return str(error)

one, other = Stores.open(settings()).raw, Stores.open(settings()).raw
with alone(one, "test"):
    while_held = waits(other)
print(json.dumps([while_held, waits(other)]))
"""


def relevo(stack: Any, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **{name: value for name, value in os.environ.items() if name not in stack.values},
        "COMPOSE_PROJECT_NAME": stack.project,
        "COMPOSE_FILE": f"{ROOT / 'compose.yaml'}:{ROOT / 'compose.override.yaml'}",
        "COMPOSE_ENV_FILES": str(stack.env_file),
        "PROMOTED_BY": "ana",
        "RELEVO_VAR": str(folder),
    }
    command = [sys.executable, "-m", "relevo_cli.app", *arguments, "--problem", PROBLEM]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def test_a_promotion_by_hand_and_its_rollback(stack: Any, card: dict[str, Any], tmp_path: Path) -> None:
    assert card
    registry = f"{stack.url('MLFLOW_PORT')}/api/2.0/mlflow"

    def asked(method: str, path: str, **what: Any) -> dict[str, Any]:
        answer = httpx.request(method, f"{registry}/{path}", timeout=60, **what)
        assert answer.is_success, answer.text
        return dict(answer.json())

    alias = {"name": PROBLEM, "alias": "production"}
    before = asked("GET", "registered-models/alias", params=alias)["model_version"]
    trained = asked("GET", "runs/get", params={"run_id": before["run_id"]})["run"]
    tags = {tag["key"]: tag["value"] for tag in trained["data"]["tags"]}
    # The same model once more: a version that nobody has judged.
    again = {
        "name": PROBLEM,
        "source": f"models:/{tags['relevo.model_id']}",
        "run_id": before["run_id"],
        "model_id": tags["relevo.model_id"],
    }
    made = asked("POST", "model-versions/create", json=again)["model_version"]
    old, new = before["version"], made["version"]

    def served() -> str:
        url = f"{stack.url('INFERENCE_PORT')}/models/{PROBLEM}"
        answer = httpx.get(url, headers={"Cache-Control": "no-cache"}, timeout=60).raise_for_status()
        return str(answer.json()["model"]["version"])

    refused = relevo(stack, tmp_path, "promote", "--version", old, "--reason", "again")
    assert refused.returncode == 1
    assert f"Not done: version {old} of {PROBLEM} is in production already." in refused.stderr
    done = relevo(stack, tmp_path, "promote", "--version", new, "--reason", "to see it")
    assert (done.returncode, served()) == (0, new), done.stderr
    back = relevo(stack, tmp_path, "rollback", "--reason", "seen")
    assert (back.returncode, served()) == (0, old), back.stderr
    assert stack.python("airflow-worker", PROMOTIONS) == [[new, old, "ana", "seen"], [old, new, "ana", "to see it"]]


def test_one_hand_over_at_a_time(stack: Any) -> None:
    while_held, afterwards = stack.python("airflow-worker", LOCK)
    assert "something else has held the lock test for 0 s; nothing was changed" in while_held
    assert afterwards == "taken"
