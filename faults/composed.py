"""The compose stack with CeleryExecutor, MySQL and a bucket, under a name and on ports of its own."""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from secrets import token_hex
from typing import Any, Self

from support.compose import Project, missing, settings

from faults.airflow import Airflow
from faults.stack import PROBLEM, QUIET, Stack

ROOT = Path(__file__).parents[1]
# Nothing of these is part of a run.
LEFT_OUT = {"grafana", "prometheus", "ui"}


class Composed(Stack):
    """Built and started on entry, taken down with its volumes at the end."""

    name = "compose"
    databases = "MySQL"

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="relevo-faults-"))
        self.orders = self._folder / "orders"

    def __enter__(self) -> Self:
        if reason := missing():
            raise RuntimeError(f"no compose stack here: {reason}")
        self.orders.mkdir()
        # The worker is another user inside its container.
        self.orders.chmod(0o777)
        own = {"FAULT_ORDERS": str(self.orders), "RELEVO_TAG": "faults"}
        values = settings(self._folder) | QUIET | own
        env_file = self._folder / ".env"
        env_file.write_text("".join(f"{name}={value}\n" for name, value in values.items()))
        self.project = Project(
            f"relevo-faults-{token_hex(4)}", env_file, values, (ROOT / "faults" / "compose.yaml",)
        )
        try:
            self._up()
        except BaseException:
            self.__exit__()
            raise
        ports = {
            "airflow": "AIRFLOW_PORT",
            "inference": "INFERENCE_PORT",
            "data_api": "DATASOURCE_PORT",
            "mlflow": "MLFLOW_PORT",
        }
        self.urls = {name: self.project.url(port) for name, port in ports.items()}
        self.airflow = Airflow(
            self.urls["airflow"], values["AIRFLOW_ADMIN_USER"], values["AIRFLOW_ADMIN_PASSWORD"], PROBLEM
        )
        self.airflow.unpause()
        return self

    def _up(self) -> None:
        services = set(self.project.compose("config", "--services").stdout.split()) - LEFT_OUT
        for arguments in (["build"], ["up", "--detach", "--wait", *services]):
            done = self.project.compose(*arguments, check=False, timeout=900)
            if done.returncode:
                raise RuntimeError(f"{done.stderr[-3000:]}\n{self.project.troubles()[-5000:]}")

    def __exit__(self, *_: object) -> None:
        self.project.compose("down", "--volumes", "--remove-orphans", "--timeout", "5", check=False)
        shutil.rmtree(self._folder, ignore_errors=True)

    def count(self, dag_run_id: str) -> dict[str, Any]:
        command = ["python", "/opt/faults/count.py", PROBLEM, dag_run_id]
        done = self.project.compose("exec", "-T", "--env", "PYTHONPATH=", "airflow-worker", *command, check=False)
        if done.returncode:
            raise RuntimeError(f"counting failed:\n{done.stderr[-3000:]}")
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return found

    def services(self) -> Sequence[str]:
        return ["raw-db", "clean-db", "mlflow", "mlflow-db", "minio", "redis"]

    def kill(self, service: str) -> None:
        self.project.compose("kill", service)

    def start(self, service: str) -> None:
        # Waits until the service is healthy.
        self.project.compose("up", "--detach", "--wait", "--no-deps", "--no-recreate", service, timeout=300)


def logs(stack: Composed) -> str:
    """What every service said, for when something went wrong."""
    try:
        return str(stack.project.compose("logs", "--no-color", "--tail", "400", check=False).stdout)
    except subprocess.SubprocessError as error:
        sys.stderr.write(f"no logs: {error}\n")
        return ""
