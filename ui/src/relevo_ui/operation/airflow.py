"""Airflow, as the page talks to it: with a user of its own, whose password and tokens stay in this process."""

import threading
from collections.abc import Mapping
from graphlib import TopologicalSorter
from typing import Any, NoReturn, TypeVar
from urllib.parse import quote

import httpx
from pydantic import SecretStr, TypeAdapter, ValidationError

from relevo_ui.operation.airflow_answers import Dag, DagRun, Job, LogLine, Task, TaskInstance

Shape = TypeVar("Shape")


class AirflowError(Exception):
    """Airflow gave no answer that can be used."""


class AirflowUnreachableError(AirflowError):
    """Nothing answers at its address, or not in time."""


class AirflowLoginError(AirflowError):
    """It does not let the page in: the page has no password for it, or a wrong one."""


class AirflowRefusedError(AirflowError):
    """It answered with an error; the message is Airflow's own."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(f"{detail} ({status})")
        self.status = status


_RUNS = TypeAdapter(list[DagRun])
_INSTANCES = TypeAdapter(list[TaskInstance])
_TASKS = TypeAdapter(list[Task])
_JOBS = TypeAdapter(list[Job])
_LINES = TypeAdapter(list[LogLine | str])


class Airflow:
    """Calls may come from many threads at once. Every method raises an `AirflowError` when it fails."""

    def __init__(self, url: str, user: str, password: SecretStr | None, timeout_seconds: float = 10) -> None:
        self.url = url.rstrip("/")
        self._user = user
        self._password = password
        self._http = httpx.Client(base_url=self.url, timeout=timeout_seconds)
        self._token: str | None = None
        self._logging_in = threading.Lock()

    def close(self) -> None:
        self._http.close()

    def dag(self, dag_id: str) -> Dag:
        return self._read(f"/dags/{_part(dag_id)}", TypeAdapter(Dag))

    def unpause(self, dag_id: str) -> None:
        self._call("PATCH", f"/dags/{_part(dag_id)}", json={"is_paused": False})

    def start(self, dag_id: str, conf: Mapping[str, Any] | None = None) -> str:
        """Trigger a run. Returns its id."""
        asked = {"logical_date": None, "conf": dict(conf or {})}
        return _shaped(
            TypeAdapter(DagRun), self._call("POST", f"/dags/{_part(dag_id)}/dagRuns", json=asked)
        ).dag_run_id

    def latest(self, dag_id: str) -> DagRun | None:
        """The run that was asked for last, whoever started it."""
        found = self._read(
            f"/dags/{_part(dag_id)}/dagRuns", _RUNS, "dag_runs", {"order_by": "-run_after", "limit": 1}
        )
        return found[0] if found else None

    def run(self, dag_id: str, dag_run_id: str) -> DagRun:
        return self._read(_run(dag_id, dag_run_id), TypeAdapter(DagRun))

    def tasks(self, dag_id: str, dag_run_id: str) -> list[TaskInstance]:
        """Every task of a run, in the order in which they may run."""
        path = f"{_run(dag_id, dag_run_id)}/taskInstances"
        order = self._order(dag_id)
        found = self._read(path, _INSTANCES, "task_instances", {"limit": 100})
        return sorted(found, key=lambda task: (order.get(task.task_id, len(order)), task.map_index))

    def log(self, dag_id: str, dag_run_id: str, task: TaskInstance, lines: int) -> list[str]:
        """The last lines of a task's log."""
        path = f"{_run(dag_id, dag_run_id)}/taskInstances/{_part(task.task_id)}/logs/{task.try_number}"
        # Nothing has been written before the first try.
        if task.try_number < 1:
            return []
        found = self._read(path, _LINES, "content", {"map_index": task.map_index, "full_content": "true"})
        # Airflow folds lines into groups, the first of which says in which file they are.
        told = [line for line in found if isinstance(line, str) or (line.timestamp and "group::" not in line.event)]
        return [line if isinstance(line, str) else line.said for line in told][-lines:]

    def xcom(self, dag_id: str, dag_run_id: str, task_id: str, key: str) -> str | None:
        """What a task has left under `key`; None if nothing."""
        path = f"{_run(dag_id, dag_run_id)}/taskInstances/{_part(task_id)}/xcomEntries/{_part(key)}"
        try:
            value = self._call("GET", path).get("value")
        except AirflowRefusedError as error:
            if error.status == httpx.codes.NOT_FOUND:
                return None
            raise
        return None if value is None else str(value)

    def jobs(self) -> list[Job]:
        """The processes that are alive: schedulers, triggerers, DAG processors."""
        return self._read("/jobs", _JOBS, "jobs", {"is_alive": "true", "limit": 100})

    def _order(self, dag_id: str) -> dict[str, int]:
        tasks = self._read(f"/dags/{_part(dag_id)}/tasks", _TASKS, "tasks")
        sorter: TopologicalSorter[str] = TopologicalSorter()
        for task in tasks:
            sorter.add(task.task_id)
            for after in task.downstream_task_ids:
                sorter.add(after, task.task_id)
        return {task_id: position for position, task_id in enumerate(sorter.static_order())}

    def _read(
        self, path: str, shape: TypeAdapter[Shape], inside: str = "", query: Mapping[str, Any] | None = None
    ) -> Shape:
        body = self._call("GET", path, params=query)
        return _shaped(shape, body.get(inside) if inside else body)

    def _call(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        token = self._token or self._log_in(None)
        answer = self._send(method, path, token, **options)
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            # Tokens end after a day, and with the secret that signed them.
            answer = self._send(method, path, self._log_in(token), **options)
        if answer.is_error:
            _refuse(answer)
        return _document(answer)

    def _send(self, method: str, path: str, token: str, **options: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        try:
            return self._http.request(method, f"/api/v2{path}", headers=headers, **options)
        except httpx.TransportError as error:
            raise AirflowUnreachableError(str(error) or type(error).__name__) from error

    def _log_in(self, spent: str | None) -> str:
        """A token that is not `spent`; of the threads that need one, the first gets it for all."""
        if self._password is None:
            raise AirflowLoginError("AIRFLOW_API_PASSWORD is not set")
        with self._logging_in:
            if self._token is not None and self._token != spent:
                return self._token
            login = {"username": self._user, "password": self._password.get_secret_value()}
            try:
                answer = self._http.post("/auth/token", json=login)
            except httpx.TransportError as error:
                raise AirflowUnreachableError(str(error) or type(error).__name__) from error
            if answer.status_code in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
                raise AirflowLoginError(f"Airflow does not take the password of its user {self._user}")
            token = None if answer.is_error else _document(answer).get("access_token")
            if not isinstance(token, str):
                raise AirflowRefusedError(answer.status_code, "no token for the page's user")
            self._token = token
            return token


def _run(dag_id: str, dag_run_id: str) -> str:
    return f"/dags/{_part(dag_id)}/dagRuns/{_part(dag_run_id)}"


def _part(text: str) -> str:
    return quote(text, safe="")


def _document(answer: httpx.Response) -> dict[str, Any]:
    try:
        body = answer.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise AirflowRefusedError(answer.status_code, "the answer is not what Airflow's API gives")
    return body


def _refuse(answer: httpx.Response) -> NoReturn:
    detail = _document(answer).get("detail")
    raise AirflowRefusedError(answer.status_code, detail if isinstance(detail, str) else str(detail))


def _shaped(shape: TypeAdapter[Shape], value: Any) -> Shape:
    try:
        return shape.validate_python(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise AirflowRefusedError(200, f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error
