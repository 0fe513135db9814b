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

ROOT = Path(__file__).parents[2]
DASHBOARDS = ROOT / "observability" / "grafana" / "dashboards"
RULE_TESTS = ROOT / "tests" / "unit" / "observability" / "rules"


def query(stack: Any, expression: str) -> list[dict[str, Any]]:
    answer = httpx.get(f"{stack.url('PROMETHEUS_PORT')}/api/v1/query", params={"query": expression})
    assert answer.is_success, f"{expression}: {answer.text}"
    return list(answer.json()["data"]["result"])


def panels() -> list[tuple[str, str]]:
    dashboards = [json.loads(path.read_text()) for path in sorted(DASHBOARDS.glob("*.json"))]
    return [(p["title"], t["expr"]) for d in dashboards for p in d["panels"] for t in p["targets"]]


def services(stack: Any) -> set[str]:
    return {container["Service"] for container in stack.containers()}


def left_out(stack: Any, service: str) -> None:
    """Skip, with the reason, where the service's image cannot be had."""
    if service not in services(stack):
        pytest.skip(f"{service} was left out: {stack.values[f'{service.upper()}_IMAGE']} cannot be had here")


@pytest.fixture(scope="module")
def scraped(stack: Any, card: dict[str, Any]) -> Any:
    """The stack after a while of predictions, so that there are rates."""
    row = {column["name"]: column["default"] for column in card["inputs"]}
    with httpx.Client(base_url=stack.url("INFERENCE_PORT")) as client:
        end = time.monotonic() + 25
        while time.monotonic() < end:
            client.post("/predict", json=row).raise_for_status()
            time.sleep(0.2)
    return stack


def test_the_configuration_is_valid(stack: Any) -> None:
    checked = stack.compose(
        "exec", "-T", "prometheus", "promtool", "check", "config", "/etc/prometheus/prometheus.yaml"
    )
    assert "SUCCESS" in checked.stdout


def test_every_target_is_up(scraped: Any) -> None:
    up = {sample["metric"]["job"]: sample["value"][1] for sample in query(scraped, "up")}
    jobs = dict.fromkeys(("inference", "node", "prometheus", "runs"), "1")
    assert up == jobs | {"alertmanager": "1" if "alertmanager" in services(scraped) else "0"}


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


@pytest.mark.parametrize(("title", "expression"), panels())
def test_every_panel_has_something_to_show(scraped: Any, title: str, expression: str) -> None:
    # What Grafana puts in by itself, at a scrape interval of 5 s.
    filled = expression.replace("$__rate_interval", "20s").replace("$problem", ".*")
    series = query(scraped, filled)
    if "load_failures" in expression:
        # No load has failed; the query is right all the same.
        assert series == []
        return
    assert series, title
    assert all(sample["value"][1] != "NaN" for sample in series), title


def test_grafana_has_the_dashboards(stack: Any) -> None:
    left_out(stack, "grafana")
    user = (stack.values["GRAFANA_ADMIN_USER"], stack.values["GRAFANA_ADMIN_PASSWORD"])
    with httpx.Client(base_url=stack.url("GRAFANA_PORT"), auth=user) as grafana:
        titles = {found["title"] for found in grafana.get("/api/search", params={"type": "dash-db"}).json()}
        assert {json.loads(path.read_text())["title"] for path in DASHBOARDS.glob("*.json")} <= titles
        health = grafana.get("/api/datasources/uid/prometheus/health").raise_for_status()
        assert health.json()["status"] == "OK"
