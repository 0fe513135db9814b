"""What an operator does in Airflow, over its REST API."""

import time
from dataclasses import dataclass
from typing import Any

import httpx

FINAL = frozenset({"success", "failed"})


@dataclass(frozen=True)
class Try:
    """A task instance as Airflow shows it. `map_index` is -1 for a task that is not mapped."""

    task: str
    map_index: int
    state: str | None
    number: int


class Airflow:
    """One signed-in user; waits for an API server that is down."""

    def __init__(self, url: str, user: str, password: str, dag: str, patience_seconds: float = 120) -> None:
        self.dag, self._patience = dag, patience_seconds
        self._http = httpx.Client(base_url=url, timeout=60)
        token = self._send("POST", "/auth/token", json={"username": user, "password": password})
        self._http.headers["Authorization"] = f"Bearer {token['access_token']}"

    def close(self) -> None:
        self._http.close()

    def unpause(self) -> None:
        self._send("PATCH", f"/api/v2/dags/{self.dag}", json={"is_paused": False})

    def trigger(self) -> str:
        return str(self._send("POST", f"{self._path}", json={"logical_date": None})["dag_run_id"])

    def state(self, run: str) -> str:
        return str(self._send("GET", f"{self._path}/{run}")["state"])

    def tries(self, run: str) -> list[Try]:
        listed = self._send("GET", f"{self._path}/{run}/taskInstances")["task_instances"]
        return [Try(t["task_id"], t["map_index"], t["state"], t["try_number"]) for t in listed]

    def clear(self, run: str, tries: list[Try]) -> None:
        """Have these run again, and all that comes after them."""
        ids = [t.task if t.map_index < 0 else [t.task, t.map_index] for t in tries]
        body = {
            "dry_run": False,
            "dag_run_id": run,
            "task_ids": ids,
            "only_failed": False,
            "include_downstream": True,
        }
        self._send("POST", f"/api/v2/dags/{self.dag}/clearTaskInstances", json=body)

    def clear_run(self, run: str) -> None:
        """Have the whole run go again."""
        self._send("POST", f"{self._path}/{run}/clear", json={"dry_run": False, "only_failed": False})

    def fail(self, run: str) -> None:
        """Give up on a run."""
        self._send("PATCH", f"{self._path}/{run}", json={"state": "failed"})

    @property
    def _path(self) -> str:
        return f"/api/v2/dags/{self.dag}/dagRuns"

    def _send(self, method: str, path: str, **options: Any) -> Any:
        end = time.monotonic() + self._patience
        while True:
            try:
                answer = self._http.request(method, path, **options)
            except httpx.TransportError:
                if time.monotonic() > end:
                    raise
                time.sleep(1)
                continue
            if answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR and time.monotonic() < end:
                time.sleep(1)
                continue
            if answer.is_error:
                raise RuntimeError(f"{method} {path}: {answer.status_code} {answer.text[:500]}")
            return answer.json()
