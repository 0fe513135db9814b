"""The page's own side of the stack: one of each for all sessions and languages."""

from dataclasses import dataclass
from functools import cache

from relevo_ui.database import connect_to_look
from relevo_ui.health.checks import (
    AirflowCheck,
    Database,
    Http,
    data_api,
    grafana,
    model_server,
    prometheus,
    tracking_server,
)
from relevo_ui.health.finding import SECONDS, Check
from relevo_ui.health.itself import itself
from relevo_ui.health.monitor import Monitor
from relevo_ui.history import History, Promotions
from relevo_ui.operation.airflow import Airflow
from relevo_ui.operation.calls import Caller
from relevo_ui.operation.changes import Changes
from relevo_ui.operation.gate import Gate
from relevo_ui.operation.registry import Registry
from relevo_ui.settings import Settings


@dataclass(frozen=True)
class Stack:
    """What the tabs ask."""

    airflow: Airflow
    changes: Changes
    registry: Registry
    gate: Gate
    caller: Caller
    history: History
    promotions: Promotions
    monitor: Monitor


@cache
def stack(settings: Settings) -> Stack:
    """The stack that these settings name. Nothing of it has to answer yet; its monitor begins to look."""
    airflow = _airflow(settings)
    key = settings.inference_api_key
    monitor = Monitor(checks(settings))
    monitor.start()
    return Stack(
        airflow=airflow,
        changes=Changes(airflow),
        registry=Registry(_mlflow_url(settings)),
        gate=Gate(settings.operator_password),
        caller=Caller(
            {
                "inference": settings.inference_url,
                "mlflow": _mlflow_url(settings),
                "airflow": airflow.url,
            },
            settings.data_api,
            {"inference": {"X-API-Key": key.get_secret_value()}} if key else {},
        ),
        history=History(settings.clean_db_url.get_secret_value()),
        promotions=Promotions(settings.raw_db_url.get_secret_value()),
        monitor=monitor,
    )


def checks(settings: Settings) -> dict[tuple[str, ...], Check]:
    """A look at each service, in the order of the page."""
    data_api_url = settings.data_api(settings.default_problem).url
    raw, clean = settings.raw_db_url.get_secret_value(), settings.clean_db_url.get_secret_value()
    airflow_check = AirflowCheck.at(_airflow(settings))
    checks: dict[tuple[str, ...], Check] = {
        ("page",): itself,
        ("inference",): Http.at("inference", settings.inference_url, model_server),
        ("mlflow",): Http.at("mlflow", _mlflow_url(settings), tracking_server),
        airflow_check.services: airflow_check,
        ("raw_db",): Database("raw_db", connect_to_look(raw, SECONDS)),
        ("clean_db",): Database("clean_db", connect_to_look(clean, SECONDS)),
        ("data_api",): Http.at("data_api", data_api_url, data_api),
    }
    if prometheus_url := settings.prometheus_api_url or settings.prometheus_url:
        checks["prometheus",] = Http.at("prometheus", prometheus_url, prometheus)
    if grafana_url := settings.grafana_api_url or settings.grafana_url:
        checks["grafana",] = Http.at("grafana", grafana_url, grafana)
    return checks


def _airflow(settings: Settings) -> Airflow:
    url = settings.airflow_api_url or settings.airflow_url
    return Airflow(url, settings.airflow_api_user, settings.airflow_api_password)


def _mlflow_url(settings: Settings) -> str:
    return settings.mlflow_tracking_uri or settings.mlflow_url
