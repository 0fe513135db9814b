"""Who may do what in the databases, and that secrets stay where they are."""

import re
import subprocess
from typing import Any

import pytest
from support.compose import PROBLEM

# Runs one statement and prints MySQL's error code; 0 when it was allowed.
ATTEMPT = """
import os, sqlalchemy
engine = sqlalchemy.create_engine(os.environ[{url!r}])
try:
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text({statement!r}))
    print(0)
except sqlalchemy.exc.DBAPIError as error:
    print(error.orig.args[0])
"""
TABLE_DENIED, SCHEMA_DENIED, COLUMN_DENIED = 1142, 1044, 1143


def attempt(stack: Any, service: str, url: str, statement: str) -> int:
    return int(stack.python(service, ATTEMPT.format(url=url, statement=statement)))


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT input FROM predictions",
        "UPDATE predictions SET version = '0'",
        "DELETE FROM predictions",
        "DROP TABLE predictions",
        "UPDATE promotions SET to_version = '0'",
        "DELETE FROM feedback",
        "SELECT * FROM shadow_predictions",
        "DELETE FROM shadow_predictions",
        "INSERT INTO collections (problem, dag_run_id, state, requested_at) VALUES ('p', 'r', 's', now())",
        "SELECT * FROM collections",
        "CREATE TABLE mine (id INT)",
    ],
)
def test_the_model_server_may_only_append(stack: Any, statement: str) -> None:
    assert attempt(stack, "inference", "RAW_DB_URL", statement) in {TABLE_DENIED, COLUMN_DENIED}


@pytest.mark.parametrize(
    "statement", ["SELECT version, output FROM predictions", "SELECT * FROM promotions", "SELECT * FROM feedback"]
)
def test_the_model_server_may_read_what_it_answers_about(stack: Any, statement: str) -> None:
    assert attempt(stack, "inference", "RAW_DB_URL", statement) == 0


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO runs (problem, dag_run_id, state, started_at) VALUES ('p', 'r', 's', now())",
        "UPDATE runs SET verdict = 'promoted'",
        "DELETE FROM runs",
        "DROP TABLE runs",
        "CREATE TABLE mine (id INT)",
    ],
)
def test_the_page_may_only_read(stack: Any, statement: str) -> None:
    assert attempt(stack, "ui", "CLEAN_DB_URL", statement) == TABLE_DENIED


def test_the_page_may_read(stack: Any) -> None:
    assert attempt(stack, "ui", "CLEAN_DB_URL", "SELECT * FROM runs") == 0


def as_grafana(stack: Any, store: str, statement: str) -> int:
    url = f"mysql+pymysql://grafana:{stack.values['GRAFANA_DB_PASSWORD']}@{store}-db/{store}"
    code = f"import os; os.environ['DB'] = {url!r}\n{ATTEMPT.format(url='DB', statement=statement)}"
    return int(stack.python("runs-exporter", code))


@pytest.mark.parametrize(
    ("store", "statement"),
    [
        ("raw", "SELECT * FROM predictions"),
        ("raw", "SELECT * FROM feedback"),
        ("raw", "SELECT * FROM collections"),
        ("raw", "INSERT INTO promotions (problem, to_version) VALUES ('p', '0')"),
        ("raw", "UPDATE promotions SET to_version = '0'"),
        ("clean", f"SELECT * FROM clean_{PROBLEM}"),
        ("clean", "UPDATE runs SET verdict = 'promoted'"),
        ("clean", "DELETE FROM runs"),
    ],
)
def test_grafana_sees_no_row_of_data_and_changes_nothing(stack: Any, store: str, statement: str) -> None:
    assert as_grafana(stack, store, statement) == TABLE_DENIED


@pytest.mark.parametrize("store", ["raw", "clean", "mlflow"])
def test_the_exporter_sees_no_table(stack: Any, store: str) -> None:
    url = f"mysql+pymysql://exporter:{stack.values['EXPORTER_PASSWORD']}@{store}-db"
    code = f"import os; os.environ['DB'] = {url!r}\n"
    tables = f"SELECT 1 FROM information_schema.tables WHERE table_schema = '{store}'"
    seen = f"{code}import json, sqlalchemy\n" + (
        f"print(json.dumps(len(sqlalchemy.create_engine(os.environ['DB']).connect().exec_driver_sql({tables!r}).all())))"
    )
    assert stack.python("runs-exporter", seen) == 0
    statement = f"CREATE TABLE {store}.mine (id INT)"
    assert int(stack.python("runs-exporter", code + ATTEMPT.format(url="DB", statement=statement))) == TABLE_DENIED


def test_the_exporter_reads_no_row_of_airflow(stack: Any) -> None:
    asked = (
        f"PGPASSWORD={stack.values['EXPORTER_PASSWORD']} psql --host 127.0.0.1 --user exporter airflow --command"
    )
    reads = [f"SELECT * FROM {table}" for table in ("connection", "log", "xcom", "task_instance", "dag_run")]
    for statement in (*reads, "UPDATE slot_pool SET slots = 0", "CREATE TABLE mine (id INT)"):
        refused = stack.compose("exec", "-T", "airflow-db", "sh", "-c", f'{asked} "{statement}"', check=False)
        assert "permission denied" in refused.stderr


def test_the_exporter_reads_no_task_in_redis(stack: Any) -> None:
    login = f"REDISCLI_AUTH={stack.values['EXPORTER_PASSWORD']} redis-cli --user exporter"
    asked = stack.compose("exec", "-T", "redis", "sh", "-c", f"{login} llen default")
    assert asked.stdout.strip().isdigit()
    for command in ("lrange default 0 -1", "keys x", "get x", "config get requirepass", "flushall"):
        refused = stack.compose("exec", "-T", "redis", "sh", "-c", f"{login} {command}")
        assert "NOPERM" in refused.stdout + refused.stderr, command


@pytest.mark.parametrize(("store", "table"), [("raw", "promotions"), ("clean", "runs")])
def test_grafana_reads_what_it_shows(stack: Any, store: str, table: str) -> None:
    assert as_grafana(stack, store, f"SELECT * FROM {table}") == 0


@pytest.mark.parametrize(
    ("service", "url"), [("inference", "RAW_DB_URL"), ("ui", "CLEAN_DB_URL"), ("airflow-worker", "RAW_DB_URL")]
)
def test_nobody_makes_databases_or_users(stack: Any, service: str, url: str) -> None:
    assert attempt(stack, service, url, "CREATE DATABASE mine") == SCHEMA_DENIED
    assert attempt(stack, service, url, "CREATE USER mine") == 1227  # needs a privilege of the whole server


def test_tasks_cannot_sign_tokens(stack: Any) -> None:
    held = stack.compose("exec", "-T", "airflow-worker", "env").stdout
    assert stack.values["AIRFLOW_JWT_SECRET"] not in held
    assert stack.values["RAW_DB_ROOT_PASSWORD"] not in held


def leaked(text: str, secrets: dict[str, str]) -> set[str]:
    """The secrets of which eight characters in a row stand in the text: half a password is one too many."""
    windows = {text[i : i + 8] for i in range(len(text) - 7)}
    return {name for name, s in secrets.items() if any(s[i : i + 8] in windows for i in range(len(s) - 7))}


def test_no_secret_is_logged(stack: Any, runs: tuple[str, str], airflow: Any) -> None:
    logs = stack.compose("logs", "--no-color").stdout
    assert len(logs) > 10_000
    assert leaked(logs, stack.secrets()) == set()
    tasks = [airflow.log("covertype", runs[0], task) for task in ("collect", "validate", "clean", "promote")]
    assert leaked("\n".join(tasks), stack.secrets()) == set()


def test_half_a_secret_counts_as_leaked() -> None:
    secrets = {"LONG": "abcdefghijklmnop", "OTHER": "0123456789012345"}
    assert leaked("input_value='...hijklmnop@db'", secrets) == {"LONG"}


def test_no_secret_is_in_an_image(stack: Any) -> None:
    images = {c["Image"] for c in stack.containers() if re.match("relevo/", c["Image"])}
    assert len(images) == 6
    for image in images:
        command = ["docker", "image", "history", "--no-trunc", image]
        history = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        inspect = subprocess.run(["docker", "image", "inspect", image], capture_output=True, text=True, check=True)
        assert leaked(history + inspect.stdout, stack.secrets()) == set(), image
