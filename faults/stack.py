"""What the fault session needs of a stack, whichever it is."""

import json
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx

from faults.airflow import Airflow
from faults.plan import Fault

PROBLEM = "covertype"
# Small batches: what is tested is what becomes of them, not how fast.
SIMULATED_ROWS = 40_000
# This stack has no run but the session's, a new part of the data for each, and no time for a long search.
QUIET = {
    "SCHEDULE": "manual",
    "ROTATE_SECONDS": "1",
    "SIMULATED_ROWS": str(SIMULATED_ROWS),
    "RELEVO_DATASETS": "",
    "TRAIN_SECONDS": "1",
    "TRAIN_TRIALS": "2",
}
# Airflow's default is five minutes until it misses a worker.
HEARTBEATS = {
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "20",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "3",
    "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "2",
}


class Stack(ABC):
    """A running stack. `name` is what the table calls it, `databases` what raw and clean are on."""

    name: str
    databases: str
    orders: Path
    airflow: Airflow
    urls: dict[str, str]

    @abstractmethod
    def python(self, script: str, *arguments: str) -> Any:
        """The JSON that a script of this folder prints, run where the pipeline's settings are."""

    @abstractmethod
    def kill(self, service: str) -> None:
        """End a service without a word."""

    @abstractmethod
    def start(self, service: str) -> None:
        """Start it again and wait until it answers."""

    @abstractmethod
    def services(self) -> Sequence[str]:
        """What `kill` knows."""

    def count(self, dag_run_id: str) -> dict[str, Any]:
        """What is on record about a run."""
        found: dict[str, Any] = self.python("count.py", PROBLEM, dag_run_id)
        return found

    def register_beaten(self) -> str:
        """A new version that any other one beats, registered by hand."""
        return str(self.python("beaten.py", PROBLEM, "1"))

    def order(self, fault: Fault) -> None:
        """Ask for a fault, the next time its task runs."""
        partial = self.orders / f"{fault.id}.part"
        partial.write_text(json.dumps(fault.order()))
        partial.rename(partial.with_suffix(".order"))

    def withdraw(self, fault: Fault) -> None:
        (self.orders / f"{fault.id}.order").unlink(missing_ok=True)

    def fired(self, fault: Fault) -> dict[str, Any] | None:
        """What was done, once it is."""
        try:
            done: dict[str, Any] = json.loads((self.orders / f"{fault.id}.fired").read_text())
        except FileNotFoundError:
            return None
        return done

    def release(self, fault: Fault) -> None:
        (self.orders / f"{fault.id}.release").touch()

    def requests(self, dag_run_id: str) -> dict[str, Any]:
        """What the data API's own log has of this run."""
        return self._json(f"{self.urls['data_api']}/requests", params={"run_id": dag_run_id})

    def rewind(self) -> None:
        """Start the data over, so that it does not come to its end."""
        self._json(f"{self.urls['data_api']}/restart_data_generation", params={"group_number": 1})

    def point(self, alias: str, version: str) -> None:
        """Move an alias by hand, as an operator does in MLflow."""
        body = {"name": PROBLEM, "alias": alias, "version": version}
        url = f"{self.urls['mlflow']}/api/2.0/mlflow/registered-models/alias"
        self._asked("POST", url, json=body)

    def predict(self) -> dict[str, Any]:
        """Ask the model server, which looks up what is in production, about the card's own example."""
        url, fresh = f"{self.urls['inference']}/models/{PROBLEM}", {"Cache-Control": "no-cache"}
        card = self._json(url, headers=fresh)["card"]
        row = {column["name"]: column["default"] for column in card["inputs"]}
        answer = httpx.post(f"{url}/predict", json=row, headers=fresh, timeout=60)
        prediction: dict[str, Any] = answer.raise_for_status().json()
        return prediction

    def _json(self, url: str, **options: Any) -> Any:
        return self._asked("GET", url, **options).json()

    def _asked(self, method: str, url: str, **options: Any) -> httpx.Response:
        # A service that was down may take a moment.
        for wait in (1, 2, 4):
            try:
                return httpx.request(method, url, timeout=60, **options).raise_for_status()
            except httpx.HTTPError:
                time.sleep(wait)
        return httpx.request(method, url, timeout=60, **options).raise_for_status()
