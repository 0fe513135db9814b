"""The compose stack with CeleryExecutor, MySQL and a bucket, under a name and on ports of its own."""

import json
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from secrets import token_hex
from typing import Any, Self

from support.compose import Project, missing, settings

from faults.airflow import Airflow
from faults.stack import PROBLEM, QUIET, Stack

ROOT = Path(__file__).parents[1]
# What `faults/compose.yaml` changes and somebody else's stack has running already.
OURS = ("airflow-worker", "airflow-scheduler")
# What a run and its answers need; the databases, the bucket and the broker come with them.
NEEDED = (
    "airflow-api-server", "airflow-scheduler", "airflow-dag-processor", "airflow-triggerer", "airflow-worker",
    "datasource", "inference", "mlflow",
)  # fmt: skip


class Composed(Stack):
    """A compose project whose worker carries out orders. This one was started by somebody else and stays up."""

    name = "compose"
    databases = "MySQL"

    def __init__(self, folder: Path, project: Project) -> None:
        self.orders = folder / "orders"
        self.orders.mkdir()
        # The worker is another user inside its container.
        self.orders.chmod(0o777)
        values = project.values | {"FAULT_ORDERS": str(self.orders)}
        env_file = folder / "faults.env"
        env_file.write_text("".join(f"{name}={value}\n" for name, value in values.items()))
        self._plain = project
        self.project = Project(project.project, env_file, values, (ROOT / "faults" / "compose.yaml",))

    def __enter__(self) -> Self:
        self._bring_up()
        ports = {
            "airflow": "AIRFLOW_PORT", "inference": "INFERENCE_PORT", "data_api": "DATASOURCE_PORT",
            "mlflow": "MLFLOW_PORT",
        }  # fmt: skip
        self.urls = {name: self.project.url(port) for name, port in ports.items()}
        login = (self.project.values[f"AIRFLOW_ADMIN_{name}"] for name in ("USER", "PASSWORD"))
        self.airflow = Airflow(self.urls["airflow"], *login, PROBLEM)
        self.airflow.unpause()
        return self

    def __exit__(self, *_: object) -> None:
        self.airflow.close()
        self._plain.compose("up", "--detach", "--wait", "--no-deps", *OURS)

    def _bring_up(self) -> None:
        self.project.compose("up", "--detach", "--wait", "--no-deps", *OURS)

    def python(self, script: str, *arguments: str) -> Any:
        command = ["python", f"/opt/faults/{script}", *arguments]
        done = self.project.compose("exec", "-T", "--env", "PYTHONPATH=", "airflow-worker", *command, check=False)
        if done.returncode:
            raise RuntimeError(f"{script} failed:\n{done.stderr[-3000:]}")
        return json.loads(done.stdout.splitlines()[-1])

    def services(self) -> Sequence[str]:
        return ["raw-db", "clean-db", "mlflow", "mlflow-db", "minio", "redis"]

    def kill(self, service: str) -> None:
        self.project.compose("kill", service)

    def start(self, service: str) -> None:
        # Waits until the service is healthy.
        self.project.compose("up", "--detach", "--wait", "--no-deps", "--no-recreate", service, timeout=300)


class OwnComposed(Composed):
    """Built and started on entry, taken down with its volumes at the end."""

    def __init__(self, log: Path) -> None:
        """What the services say is written to `log` at the end."""
        self._log = log
        if reason := missing():
            raise RuntimeError(f"no compose stack here: {reason}")
        self._folder = Path(tempfile.mkdtemp(prefix="relevo-faults-"))
        values = settings(self._folder) | QUIET | {"RELEVO_TAG": "faults"}
        super().__init__(self._folder, Project(f"relevo-faults-{token_hex(4)}", self._folder / ".env", values))

    def _bring_up(self) -> None:
        try:
            for arguments in (["build"], ["up", "--detach", "--wait", *NEEDED]):
                done = self.project.compose(*arguments, check=False, timeout=900)
                if done.returncode:
                    raise RuntimeError(f"{done.stderr[-3000:]}\n{self.project.troubles()[-5000:]}")
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *_: object) -> None:
        self._log.write_text(self.project.compose("logs", "--no-color", "--tail", "400", check=False).stdout)
        # By its name alone: that works whatever became of the files.
        down = ["docker", "compose", "--project-name", self.project.project, "down"]
        subprocess.run([*down, "--volumes", "--remove-orphans", "--timeout", "5"], check=False, capture_output=True)
        shutil.rmtree(self._folder, ignore_errors=True)
