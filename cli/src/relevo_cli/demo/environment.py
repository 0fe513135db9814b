"""The environment of the embedded stack: where things are, which ports, and its generated secrets."""

import base64
import json
import os
import secrets
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from relevo_contract import tracing
from relevo_contract.data_api import PLACEHOLDER
from relevo_problems import registry

PORTS = {
    "DATA_API_PORT": 8010,
    "MLFLOW_PORT": 5000,
    "AIRFLOW_PORT": 8080,
    "INFERENCE_PORT": 8000,
    "UI_PORT": 8503,
}
ADMIN = "admin"
# The page's own user in Airflow: it may start runs and read what became of them, no more.
PAGE = "page"
# What the caller may have set to something else: among them databases on a server instead of SQLite files.
GIVEN = (
    "CLEAN_DB_URL",
    "DATA_API_SETTINGS",
    "PROBLEMS_DIR",
    "RAW_DB_URL",
    "RELEVO_DATASETS",
    "RESPONSE_SECONDS",
    "ROTATE_SECONDS",
    "TRAIN_SECONDS",
)


class UnusableEnvironmentError(Exception):
    """A port is taken, or a variable of the caller makes no sense."""


@dataclass(frozen=True)
class Environment:
    """`variables` go to every process; `urls` are what a person opens."""

    root: Path
    state: Path
    variables: dict[str, str]
    urls: dict[str, str]
    admin_password: str


def build(root: Path, state: Path, problems: Sequence[str]) -> Environment:
    """The environment of a stack whose state lies below `state`; the caller's own variables win.

    The first of the `problems` is the default one.
    """
    state.mkdir(parents=True, exist_ok=True)
    ports = {name: _port(name, default) for name, default in PORTS.items()}
    _check(ports)
    secret = _secrets(state / "secrets.json")
    urls = {
        "page": f"http://127.0.0.1:{ports['UI_PORT']}",
        "airflow": f"http://127.0.0.1:{ports['AIRFLOW_PORT']}",
        "mlflow": f"http://127.0.0.1:{ports['MLFLOW_PORT']}",
        "inference": f"http://127.0.0.1:{ports['INFERENCE_PORT']}",
        "data_api": f"http://127.0.0.1:{ports['DATA_API_PORT']}",
    }
    variables = {
        **{name: str(port) for name, port in ports.items()},
        "PROBLEMS_DIR": str(root / registry.OWN),
        **_relevo(state, urls, problems),
        **_page(urls, secret),
        **_mlflow(state),
        **_airflow(root, state, urls, secret),
    }
    given = {name: os.environ[name] for name in GIVEN if name in os.environ}
    return Environment(root, state, {**variables, **given}, urls, secret["admin_password"])


def _port(name: str, default: int) -> int:
    given = os.environ.get(name) or str(default)
    if not given.isdecimal() or not 0 < int(given) < 2**16:
        raise UnusableEnvironmentError(f"{name} is {given!r}, and a port is a number from 1 to 65535.")
    return int(given)


def _check(ports: dict[str, int]) -> None:
    for name, port in ports.items():
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                raise UnusableEnvironmentError(
                    f"Port {port} is taken, by another program or another `make demo`. End it, or choose another "
                    f"port: make demo {name}={port + 10000 if port < 50000 else port - 10000}"
                )


def _secrets(file: Path) -> dict[str, str]:
    kept: dict[str, str] = {}
    if file.exists():
        try:
            kept = json.loads(file.read_text())
        except ValueError:
            raise UnusableEnvironmentError(f"{file} cannot be read. Start over: rm -rf '{file.parent}'") from None
    fresh = {
        "admin_password": secrets.token_urlsafe(12),
        "page_password": secrets.token_urlsafe(24),
        "operator_password": secrets.token_urlsafe(12),
        "jwt": secrets.token_urlsafe(48),
        "fernet": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
    }
    if kept.keys() >= fresh.keys():
        return kept
    # What an earlier release has made stays: Airflow's database is encrypted with it.
    fresh |= kept
    # Whole or not at all: a demo that is killed here must not leave an empty file behind.
    partial = file.with_suffix(".part")
    partial.touch(mode=0o600)
    partial.write_text(json.dumps(fresh))
    partial.replace(file)
    return fresh


def _relevo(state: Path, urls: dict[str, str], problems: Sequence[str]) -> dict[str, str]:
    return {
        "PYTHONUNBUFFERED": "1",
        # Colours only where a person looks at them: these go to a log file.
        "NO_COLOR": "1",
        "DEFAULT_PROBLEM": problems[0],
        "PROBLEMS": ",".join(problems),
        "RAW_DB_URL": f"sqlite:///{state}/raw.db",
        "CLEAN_DB_URL": f"sqlite:///{state}/clean.db",
        "STATE": str(state),
        "DATA_DIR": str(state.parent / "data"),
        "ROTATE_SECONDS": "1",
        "SCHEDULE": "manual",
        "TRAIN_SECONDS": "5",
        "DATA_API_URL": f"{urls['data_api']}/{PLACEHOLDER}",
        "MLFLOW_TRACKING_URI": urls["mlflow"],
        "INFERENCE_URL": urls["inference"],
    }


def _page(urls: dict[str, str], secret: dict[str, str]) -> dict[str, str]:
    return {
        "AIRFLOW_URL": urls["airflow"],
        "AIRFLOW_API_USER": PAGE,
        "AIRFLOW_API_PASSWORD": secret["page_password"],
        "OPERATOR_PASSWORD": secret["operator_password"],
        "MLFLOW_URL": urls["mlflow"],
        "INFERENCE_PUBLIC_URL": urls["inference"],
        "DATA_API_PUBLIC_URL": urls["data_api"],
    }


def _mlflow(state: Path) -> dict[str, str]:
    return {
        "MLFLOW_STORE": f"sqlite:///{state}/mlflow.db",
        "MLFLOW_ARTIFACTS": str(state / "artifacts"),
        # MLflow's own job runner is not needed and starts several processes.
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }


def _airflow(root: Path, state: Path, urls: dict[str, str], secret: dict[str, str]) -> dict[str, str]:
    home = state / "airflow"
    home.mkdir(exist_ok=True)
    passwords = home / "passwords.json"
    passwords.touch(mode=0o600)
    passwords.write_text(json.dumps({ADMIN: secret["admin_password"], PAGE: secret["page_password"]}))
    return {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(root / "airflow" / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        # LocalExecutor forks this many workers at once; the default of 32 takes 5.7 GB.
        "AIRFLOW__CORE__PARALLELISM": "3",
        "AIRFLOW__CORE__FERNET_KEY": secret["fernet"],
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{urls['airflow']}/execution/",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{ADMIN}:admin,{PAGE}:user",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(passwords),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
        "AIRFLOW__API__BASE_URL": urls["airflow"],
        "AIRFLOW__API__SECRET_KEY": secret["jwt"],
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__API_AUTH__JWT_SECRET": secret["jwt"],
        "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.5",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "AIRFLOW__TRACES__OTEL_ON": str(tracing.wanted()),
        # Over HTTP, as our own services: Airflow would use gRPC.
        "OTEL_TRACES_EXPORTER": "otlp_proto_http",
        # Our own services say their names themselves.
        "OTEL_SERVICE_NAME": "airflow",
    }
