"""Prometheus sees the model server, and every panel of the dashboards has something to show."""

import json
import subprocess
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from relevo_observability.dashboards import DASHBOARDS
from relevo_observability.dashboards.grafana import Metric, Panel, Query
from support.compose import PROBLEM
from support.grafana import filled

ROOT = Path(__file__).parents[2]
PROMETHEUS = ROOT / "observability" / "prometheus" / "prometheus.yaml"
RULE_TESTS = ROOT / "tests" / "unit" / "observability" / "rules"


def ask(stack: Any, expression: str) -> list[dict[str, Any]]:
    answer = httpx.get(f"{stack.url('PROMETHEUS_PORT')}/api/v1/query", params={"query": expression})
    assert answer.is_success, f"{expression}: {answer.text}"
    return list(answer.json()["data"]["result"])


def lately(stack: Any, expression: str) -> list[dict[str, Any]]:
    """As a graph asks: the series that had a value in the last half hour."""
    now = time.time()
    window = {"query": expression, "start": now - 1800, "end": now, "step": 15}
    answer = httpx.get(f"{stack.url('PROMETHEUS_PORT')}/api/v1/query_range", params=window, timeout=30)
    assert answer.is_success, f"{expression}: {answer.text}"
    return list(answer.json()["data"]["result"])


PANELS = [
    pytest.param(panel, query, id=f"{name}-{panel.title}-{number}")
    for name, dashboard in DASHBOARDS.items()
    for panel in dashboard.panels
    for number, query in enumerate(panel.queries)
]
# Every SELECT of the dashboards, run by Grafana's own user; the rows or what MySQL says instead, as JSON.
SELECT = """
import json, sqlalchemy
found = {{}}
for store in ("raw", "clean"):
    url = sqlalchemy.URL.create("mysql+pymysql", "grafana", {password!r}, store + "-db", database=store)
    with sqlalchemy.create_engine(url).connect() as connection:
        for statement in {statements!r}[store]:
            try:
                found[statement] = [list(row) for row in connection.exec_driver_sql(statement)]
            except sqlalchemy.exc.DBAPIError as error:
                found[statement] = str(error.orig)
print(json.dumps(found, default=str))
"""


def services(stack: Any) -> set[str]:
    return {container["Service"] for container in stack.containers()}


def left_out(stack: Any, service: str) -> None:
    """Skip, with the reason, where the service's image cannot be had."""
    if service not in services(stack):
        image = stack.values[f"{service.upper().replace('-', '_')}_IMAGE"]
        pytest.skip(f"{service} was left out: {image} cannot be had here")


@pytest.fixture(scope="module")
def scraped(stack: Any, card: dict[str, Any]) -> Any:
    """The stack after a while of predictions, so that there are rates."""
    row = {column["name"]: column["default"] for column in card["inputs"]}
    with httpx.Client(base_url=stack.url("INFERENCE_PORT")) as client:
        end = time.monotonic() + 25
        while time.monotonic() < end:
            answer = client.post("/predict", json=row).raise_for_status().json()
            truth = {"prediction_id": answer["prediction_id"], "truth": answer["label"]}
            client.post("/feedback", json=truth).raise_for_status()
            assert client.post("/predict", json={}).status_code == 422
            time.sleep(0.2)
    return stack


def test_the_configuration_is_valid(stack: Any) -> None:
    checked = stack.compose(
        "exec", "-T", "prometheus", "promtool", "check", "config", "/etc/prometheus/prometheus.yaml"
    )
    assert "SUCCESS" in checked.stdout


# Who is asked, by the service whose image may be missing.
TARGETS = {
    "alertmanager": {("alertmanager", "alertmanager:9093")},
    "mysqld-exporter": {("mysql", "raw-db"), ("mysql", "clean-db"), ("mysql", "mlflow-db")},
    "postgres-exporter": {("postgres", "airflow-db")},
    "redis-exporter": {("redis", "redis")},
}


def test_every_target_is_up(scraped: Any) -> None:
    here = services(scraped)
    for sample in ask(scraped, 'up{job!="probe"}'):
        target = (sample["metric"]["job"], sample["metric"]["instance"])
        asked_by = next((service for service, targets in TARGETS.items() if target in targets), None)
        assert sample["value"][1] == ("1" if asked_by is None or asked_by in here else "0"), target
    asked = {(sample["metric"]["job"], sample["metric"]["instance"]) for sample in ask(scraped, "up")}
    assert set().union(*TARGETS.values()) < asked
    assert {job for job, _ in asked} == {
        job["job_name"] for job in yaml.safe_load(PROMETHEUS.read_text())["scrape_configs"]
    }


def test_exporters_reach_what_they_ask(scraped: Any) -> None:
    for service, metric in (("mysqld", "mysql_up"), ("postgres", "pg_up"), ("redis", "redis_up")):
        left_out(scraped, f"{service}-exporter")
        assert {sample["value"][1] for sample in ask(scraped, metric)} == {"1"}, metric


def test_every_page_answers(scraped: Any) -> None:
    left_out(scraped, "blackbox-exporter")
    answers = {sample["metric"]["service"]: sample["value"][1] for sample in ask(scraped, "probe_success")}
    assert {service for service, value in answers.items() if value == "1"} >= services(scraped) & answers.keys()
    assert answers.keys() > {"airflow-api-server", "inference", "minio", "mlflow", "ui"}


def test_every_container_has_its_figures(scraped: Any) -> None:
    running = {c["Service"] for c in scraped.containers() if c["State"] == "running"}
    for metric in ("container_cpu_usage_seconds_total", "container_memory_working_set_bytes"):
        assert {sample["metric"]["service"] for sample in ask(scraped, metric)} == running, metric
    limits = ask(scraped, "container_spec_memory_limit_bytes{service='redis'}")
    assert [sample["value"][1] for sample in limits] == [str(256 * 2**20)]


@pytest.mark.parametrize(
    ("service", "port"), [("inference", 8000), ("runs-exporter", 9105), ("containers-exporter", 9106)]
)
def test_our_own_figures_are_well_named(scraped: Any, service: str, port: int) -> None:
    page = (
        f"import urllib.request; print(urllib.request.urlopen('http://127.0.0.1:{port}/metrics').read().decode())"
    )
    exposed = scraped.compose("exec", "-T", service, "python", "-c", page).stdout
    assert len(exposed.splitlines()) > 10
    checked = scraped.compose(
        "exec", "-T", "prometheus", "promtool", "check", "metrics", input=exposed, check=False
    )
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")


def test_the_alerts_fire_when_they_should(stack: Any) -> None:
    """`promtool test rules` on the files that Prometheus has loaded."""
    cases = sorted(RULE_TESTS.glob("*.yaml"))
    folders = [f"{ROOT / 'observability' / 'prometheus'}:/etc/prometheus:ro", f"{RULE_TESTS}:/tests:ro"]
    mounts = [part for folder in folders for part in ("--volume", folder)]
    command = ["docker", "run", "--rm", "--entrypoint", "promtool", *mounts, stack.values["PROMETHEUS_IMAGE"]]
    done = subprocess.run(
        [*command, "test", "rules", *(f"/tests/{case.name}" for case in cases)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("SUCCESS") == len(cases) > 0


def test_prometheus_has_the_rules_and_somebody_to_tell(scraped: Any) -> None:
    prometheus = f"{scraped.url('PROMETHEUS_PORT')}/api/v1"
    groups = httpx.get(f"{prometheus}/rules").raise_for_status().json()["data"]["groups"]
    files = (ROOT / "observability" / "prometheus" / "rules").glob("*.yaml")
    written = {group["name"] for file in files for group in yaml.safe_load(file.read_text())["groups"]}
    assert {group["name"] for group in groups} == written
    assert {rule["health"] for group in groups for rule in group["rules"]} <= {"ok", "unknown"}
    told = httpx.get(f"{prometheus}/alertmanagers").raise_for_status().json()["data"]
    assert [found["url"] for found in told["activeAlertmanagers"]] == ["http://alertmanager:9093/api/v2/alerts"]


@pytest.mark.parametrize(
    ("settings", "integrations"),
    [
        ({}, set()),
        ({"ALERT_WEBHOOK_URL": "http://hooks.example/relevo?a=1#b"}, {"webhook_configs"}),
        (
            {
                "ALERT_WEBHOOK_URL": "http://hooks.example",
                "ALERT_EMAIL_TO": "ana@example.org",
                "ALERT_EMAIL_FROM": "relevo@example.org",
                "ALERT_SMTP_HOST": "smtp.example.org:587",
                "ALERT_SMTP_USER": "relevo",
                "ALERT_SMTP_PASSWORD": "a: #b",
            },
            {"webhook_configs", "email_configs"},
        ),
    ],
    ids=["nobody", "webhook", "both"],
)
def test_alerts_go_where_the_settings_say(
    stack: Any, tmp_path: Path, settings: dict[str, str], integrations: set[str]
) -> None:
    env = tmp_path / ".env"
    values = stack.values | settings
    lines = [f"{name}={json.dumps(value) if name in settings else value}" for name, value in values.items()]
    env.write_text("\n".join(lines))
    rendered = yaml.safe_load(replace(stack, env_file=env, values=values).compose("config").stdout)
    content = rendered["configs"]["alertmanager"]["content"]
    file = tmp_path / "config.yaml"
    file.write_text(content)
    (receiver,) = yaml.safe_load(content)["receivers"]
    assert receiver.keys() - {"name"} == integrations
    for found in receiver.get("email_configs", []):
        assert found["auth_password"] == settings["ALERT_SMTP_PASSWORD"]
    left_out(stack, "alertmanager")
    command = ["docker", "run", "--rm", "--entrypoint", "amtool", "--volume", f"{file}:/config.yaml:ro"]
    done = subprocess.run(
        [*command, stack.values["ALERTMANAGER_IMAGE"], "check-config", "/config.yaml"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def selected(scraped: Any) -> dict[str, Any]:
    """What each SELECT of the dashboards finds."""
    asked = [q for d in DASHBOARDS.values() for p in d.panels for q in p.queries if isinstance(q, Query)]
    asked += [d.problems for d in DASHBOARDS.values() if isinstance(d.problems, Query)]
    statements = {
        store: [filled(query.expression, PROBLEM) for query in asked if query.source == store]
        for store in ("raw", "clean")
    }
    password = scraped.values["GRAFANA_DB_PASSWORD"]
    return dict(scraped.python("runs-exporter", SELECT.format(password=password, statements=statements)))


@pytest.mark.parametrize(("panel", "query"), PANELS)
def test_every_panel_has_something_to_show(
    scraped: Any, selected: dict[str, Any], panel: Panel, query: Metric | Query
) -> None:
    expression = filled(query.expression, PROBLEM)
    if isinstance(query, Query):
        found = selected[expression]
        assert isinstance(found, list), f"{expression}: {found}"
    else:
        found = lately(scraped, expression) if query.range else ask(scraped, expression)
        values = [value for series in found for _, value in series.get("values", [series.get("value")])]
        assert panel.may_be_empty or any(value != "NaN" for value in values)
    assert found or panel.may_be_empty


@pytest.mark.parametrize("name", DASHBOARDS)
def test_every_dashboard_has_its_problems_and_its_marks(scraped: Any, selected: dict[str, Any], name: str) -> None:
    dashboard = DASHBOARDS[name]
    match dashboard.problems:
        case Query() as query:
            assert selected[filled(query.expression, PROBLEM)] == [[PROBLEM]]
        case Metric() as metric:
            assert {series["metric"]["problem"] for series in ask(scraped, metric.expression)} == {PROBLEM}
    for _, metric in dashboard.marks:
        assert lately(scraped, filled(metric.expression, PROBLEM))


def test_grafana_has_the_dashboards(stack: Any) -> None:
    left_out(stack, "grafana")
    user = (stack.values["GRAFANA_ADMIN_USER"], stack.values["GRAFANA_ADMIN_PASSWORD"])
    with httpx.Client(base_url=stack.url("GRAFANA_PORT"), auth=user) as grafana:
        titles = {found["title"] for found in grafana.get("/api/search", params={"type": "dash-db"}).json()}
        assert {dashboard.title for dashboard in DASHBOARDS.values()} <= titles
        for source in ("prometheus", "raw", "clean"):
            health = grafana.get(f"/api/datasources/uid/{source}/health").raise_for_status()
            assert health.json()["status"] == "OK"
