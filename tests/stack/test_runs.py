"""Two runs through Airflow's REST API and the CeleryExecutor, on what the data API delivers."""

import json
from typing import Any

import httpx

PROBLEM = "covertype"
AUDIT = """
import json, os, sqlalchemy
engine = sqlalchemy.create_engine(os.environ["CLEAN_DB_URL"])
with engine.connect() as connection:
    rows = connection.execute(sqlalchemy.text("SELECT * FROM runs ORDER BY id")).mappings().all()
print(json.dumps([dict(row) for row in rows], default=str))
"""


def test_each_run_asks_the_data_api_once(stack: Any, runs: tuple[str, str]) -> None:
    url = f"{stack.url('DATASOURCE_PORT')}/requests"
    counts = [httpx.get(url, params={"run_id": run}).json()["count"] for run in runs]
    assert counts == [1, 1]
    # And nobody else asks for data: other tests may have started runs too, all of which are on record.
    asked = [request["run_id"] for request in httpx.get(url).json()["requests"] if request["path"] == "/data"]
    assert sorted(asked) == sorted(run["dag_run_id"] for run in stack.python("airflow-worker", AUDIT))


def test_both_runs_are_on_record_with_their_reasons(stack: Any, runs: tuple[str, str]) -> None:
    first, second = (run for run in stack.python("airflow-worker", AUDIT) if run["dag_run_id"] in runs)
    assert (first["dag_run_id"], second["dag_run_id"]) == runs
    assert {first["state"], second["state"]} == {"succeeded"}
    assert (first["decision"], first["verdict"]) == ("train", "promoted")
    assert first["batch"] != second["batch"]
    for run in (first, second):
        assert run["rows_received"] > 1000
        assert run["decision_reason"]
        assert run["data"] == ("real" if stack.values["RELEVO_DATASETS"] else "simulated")
        assert run["decision"] == "skip" or run["verdict_reason"]


def test_a_version_is_in_production(stack: Any, runs: tuple[str, str], card: dict[str, Any]) -> None:
    alias = httpx.get(
        f"{stack.url('MLFLOW_PORT')}/api/2.0/mlflow/registered-models/alias",
        params={"name": PROBLEM, "alias": "production"},
    ).raise_for_status()
    version = alias.json()["model_version"]
    assert card["dag_run_id"] in runs
    assert card["run_id"] == version["run_id"]
    # Seven covers of very different frequency: guessing gets below 0.15.
    assert card["metrics"]["macro_f1"] > 0.5


def test_artifacts_are_in_the_bucket(stack: Any, card: dict[str, Any]) -> None:
    assert card
    listed = stack.compose(
        "run", "--rm", "--no-deps", "-T", "minio-setup",
        'mc alias set store http://minio:9000 "$MINIO_ROOT_USER" "$MINIO_ROOT_PASSWORD" >/dev/null;'
        ' mc ls --recursive --json "store/$BUCKET"',
    ).stdout  # fmt: skip
    keys = [json.loads(line)["key"] for line in listed.splitlines()]
    assert [key for key in keys if key.endswith("model.onnx")]
    assert [key for key in keys if key.endswith("card.json")]


def test_a_tasks_log_can_be_read(airflow: Any, runs: tuple[str, str]) -> None:
    log = airflow.log(PROBLEM, runs[0], "collect")
    assert "Could not read served logs" not in log
    assert "collect" in log
