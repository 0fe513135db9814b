"""Prometheus sees everything that runs, and whom it tells."""

import json
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from relevo_observability.dashboards import DASHBOARDS
from support.prometheus import ask, left_out, services

ROOT = Path(__file__).parents[2]
PROMETHEUS = ROOT / "observability" / "prometheus" / "prometheus.yaml"
RULE_TESTS = ROOT / "tests" / "unit" / "observability" / "rules"


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


def test_grafana_has_the_dashboards(stack: Any) -> None:
    left_out(stack, "grafana")
    user = (stack.values["GRAFANA_ADMIN_USER"], stack.values["GRAFANA_ADMIN_PASSWORD"])
    with httpx.Client(base_url=stack.url("GRAFANA_PORT"), auth=user) as grafana:
        titles = {found["title"] for found in grafana.get("/api/search", params={"type": "dash-db"}).json()}
        assert {dashboard.title for dashboard in DASHBOARDS.values()} <= titles
        for source in ("prometheus", "raw", "clean"):
            health = grafana.get(f"/api/datasources/uid/{source}/health").raise_for_status()
            assert health.json()["status"] == "OK"
