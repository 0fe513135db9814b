"""The few calls of Airflow's REST API that the demo makes."""

import time
from collections.abc import Callable
from typing import Any

import httpx

_POLL_SECONDS = 0.5
FINAL_STATES = frozenset({"success", "failed"})


class SchedulerLostError(Exception):
    """Airflow's scheduler has stopped: no task will start any more."""


class Airflow:
    """A logged-in client."""

    def __init__(self, url: str, user: str, password: str) -> None:
        self._http = httpx.Client(base_url=url, timeout=30)
        token = self._http.post("/auth/token", json={"username": user, "password": password})
        token.raise_for_status()
        self._http.headers["Authorization"] = f"Bearer {token.json()['access_token']}"

    def close(self) -> None:
        self._http.close()

    def knows(self, dag_id: str) -> bool:
        """Whether the DAG file has been read yet."""
        return self._http.get(f"/api/v2/dags/{dag_id}").status_code == httpx.codes.OK

    def unpause(self, dag_id: str) -> None:
        self._set_paused(dag_id, paused=False)

    def pause(self, dag_id: str) -> None:
        self._set_paused(dag_id, paused=True)

    def trigger(self, dag_id: str) -> str:
        """Start a run. Returns its id."""
        answer = self._http.post(f"/api/v2/dags/{dag_id}/dagRuns", json={"logical_date": None})
        answer.raise_for_status()
        return str(answer.json()["dag_run_id"])

    def wait(self, dag_id: str, dag_run_id: str, seconds: float, watch: Callable[[str], None]) -> str:
        """Poll until the run has ended; `watch` is told what it is doing. Returns its state."""
        deadline = time.monotonic() + seconds
        path = f"/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}"
        while time.monotonic() < deadline:
            run = self._get(path)
            if run["state"] in FINAL_STATES:
                return str(run["state"])
            # Airflow calls it unhealthy after half a minute without a heartbeat.
            if self._get("/api/v2/monitor/health")["scheduler"]["status"] != "healthy":
                raise SchedulerLostError
            tasks = self._get(f"{path}/taskInstances")["task_instances"]
            if any(task["state"] == "awaiting_input" for task in tasks):
                # PROMOTION=manual: a person takes as long as it takes.
                deadline += _POLL_SECONDS
                watch(
                    f"waiting for a person to approve or reject in Airflow, {self._http.base_url}/required_actions"
                )
            else:
                running = [task["task_id"] for task in tasks if task["state"] == "running"]
                watch(", ".join(dict.fromkeys(running)) or "waiting")
            time.sleep(_POLL_SECONDS)
        return "timeout"

    def _set_paused(self, dag_id: str, *, paused: bool) -> None:
        self._http.patch(f"/api/v2/dags/{dag_id}", json={"is_paused": paused}).raise_for_status()

    def _get(self, path: str) -> Any:
        answer = self._http.get(path)
        answer.raise_for_status()
        return answer.json()
