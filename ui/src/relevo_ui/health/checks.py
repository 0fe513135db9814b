"""One look at each service, by what it says of itself: no look needs a right or costs it anything."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from pydantic import TypeAdapter, ValidationError
from relevo_contract.data_api import DATA_HEADER
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

from relevo_ui.database import cause
from relevo_ui.health.finding import Finding, LookError, Trouble, client, document, down, get, timed
from relevo_ui.operation.airflow import Airflow, AirflowError, AirflowLoginError
from relevo_ui.operation.airflow_answers import Job

_TIME = TypeAdapter(datetime)

AIRFLOW_PARTS = {"scheduler": "SchedulerJob", "dag_processor": "DagProcessorJob", "triggerer": "TriggererJob"}


@dataclass(frozen=True)
class Http:
    """A service that is looked at over HTTP: `look` says what is known of it, given a client at its address."""

    service: str
    http: httpx.Client
    look: Callable[["Http"], Finding]

    def __call__(self) -> list[Finding]:
        try:
            return [self.look(self)]
        except LookError as error:
            return [down(self.service, error)]

    @classmethod
    def at(cls, service: str, url: str, look: Callable[["Http"], Finding]) -> "Http":
        return cls(service, client(url), look)


def model_server(at: Http) -> Finding:
    with timed() as watch:
        health = document(get(at.http, "/health"))
    try:
        backlog = int(health["journal"]["backlog"])
        waiting = [model["name"] for model in health["models"] if model["version"] is None]
        reasons = [health["registry"]["reason"], health["journal"]["reason"]]
        reasons += [model["reason"] for model in health["models"]]
    except (KeyError, TypeError, ValueError) as error:
        raise LookError("unintelligible", f"/health has no {error}") from error
    said = list(dict.fromkeys(reason for reason in reasons if reason))
    well_but_for_models = not any(reasons[:2]) and bool(waiting)
    trouble = None
    if health.get("status") != "ok":
        trouble = Trouble("no_model" if well_but_for_models else "degraded", "; ".join(said))
    return Finding(
        at.service,
        "ill" if trouble else "well",
        version=health.get("version"),
        since=_time(health.get("started_at")),
        milliseconds=watch.milliseconds,
        trouble=trouble,
        backlog=backlog,
    )


def tracking_server(at: Http) -> Finding:
    with timed() as watch:
        answer = get(at.http, "/version")
    version = answer.text.strip()
    if answer.is_error or len(version) > 40:
        raise LookError("unintelligible", f"/version answered {answer.status_code}")
    return Finding(at.service, "well", version=version, milliseconds=watch.milliseconds)


def data_api(at: Http) -> Finding:
    """Any answer will do: the real one has its own routes, and asking for data would take a batch away."""
    with timed() as watch:
        answer = get(at.http, "/health")
    try:
        said = document(answer)
    except LookError:
        said = {}
    return Finding(
        at.service,
        "well",
        version=said.get("version"),
        since=_time(said.get("started_at")),
        milliseconds=watch.milliseconds,
        data=said.get("data") or answer.headers.get(DATA_HEADER),
    )


def prometheus(at: Http) -> Finding:
    with timed() as watch:
        build = document(get(at.http, "/api/v1/status/buildinfo"))
    started = document(get(at.http, "/api/v1/status/runtimeinfo"))
    return Finding(
        at.service,
        "well",
        version=build.get("data", {}).get("version"),
        since=_time(started.get("data", {}).get("startTime")),
        milliseconds=watch.milliseconds,
    )


def grafana(at: Http) -> Finding:
    with timed() as watch:
        said = document(get(at.http, "/api/health"))
    ill = said.get("database") != "ok"
    trouble = Trouble("degraded", f"its database: {said.get('database')}") if ill else None
    return Finding(
        at.service,
        "ill" if ill else "well",
        version=said.get("version"),
        milliseconds=watch.milliseconds,
        trouble=trouble,
    )


@dataclass(frozen=True)
class AirflowCheck:
    """Airflow's API server, and what it knows of its other processes. `airflow` knows when they were started."""

    http: httpx.Client
    airflow: Airflow
    services: tuple[str, ...] = ("airflow_api", *(f"airflow_{part}" for part in AIRFLOW_PARTS))

    @classmethod
    def at(cls, airflow: Airflow) -> "AirflowCheck":
        return cls(client(airflow.url), airflow)

    def __call__(self) -> list[Finding]:
        try:
            with timed() as watch:
                version = document(get(self.http, "/api/v2/version")).get("version")
            health = document(get(self.http, "/api/v2/monitor/health"))
        except LookError as error:
            return [down(service, error) for service in self.services]
        jobs, trouble = self._jobs()
        database = health.get("metadatabase", {}).get("status")
        if database != "healthy":
            trouble = Trouble("degraded", f"its database: {database}")
        api = Finding("airflow_api", "ill" if trouble else "well", version, None, watch.milliseconds, trouble)
        return [api, *(_part(part, kind, health, jobs, version) for part, kind in AIRFLOW_PARTS.items())]

    def _jobs(self) -> tuple[list[Job], Trouble | None]:
        try:
            return self.airflow.jobs(), None
        except AirflowLoginError as error:
            return [], Trouble("login", str(error))
        except AirflowError as error:
            return [], Trouble("degraded", str(error))


def _part(part: str, kind: str, health: dict[str, Any], jobs: list[Job], version: str | None) -> Finding:
    said = health.get(part) or {}
    service = f"airflow_{part}"
    if said.get("status") != "healthy":
        heartbeat = next((value for name, value in said.items() if name.startswith("latest")), None)
        return Finding(service, "down", trouble=Trouble("heartbeat", str(heartbeat or "")))
    started = [job.start_date for job in jobs if job.job_type == kind and job.start_date]
    return Finding(service, "well", version=version, since=min(started, default=None))


@dataclass(frozen=True)
class Database:
    """A database as the page's own user sees it."""

    service: str
    engine: Engine

    def __call__(self) -> list[Finding]:
        try:
            with timed() as watch, self.engine.connect() as connection:
                version, since = (_mysql if self.engine.dialect.name == "mysql" else _sqlite)(connection)
        except SQLAlchemyError as error:
            return [down(self.service, LookError("unreachable", cause(error)))]
        return [Finding(self.service, "well", version, since, watch.milliseconds)]


def _mysql(connection: Connection) -> tuple[str, datetime]:
    version = connection.execute(text("SELECT VERSION()")).scalar_one()
    _, seconds = connection.execute(text("SHOW GLOBAL STATUS LIKE 'Uptime'")).one()
    return f"MySQL {version}", datetime.now(UTC) - timedelta(seconds=int(seconds))


def _sqlite(connection: Connection) -> tuple[str, None]:
    # The file is opened only when something is asked of it.
    connection.execute(text("SELECT count(*) FROM sqlite_master")).scalar_one()
    return f"SQLite {connection.execute(text('SELECT sqlite_version()')).scalar_one()}", None


def _time(value: object) -> datetime | None:
    """A time with its zone from what a service said; None if it said none."""
    try:
        return None if value is None else _TIME.validate_python(value)
    except ValidationError:
        return None
