"""Prometheus sees the model server, and every panel of the dashboards has something to show."""

import json
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

DASHBOARDS = Path(__file__).parents[2] / "observability" / "grafana" / "dashboards"


def query(stack: Any, expression: str) -> list[dict[str, Any]]:
    answer = httpx.get(f"{stack.url('PROMETHEUS_PORT')}/api/v1/query", params={"query": expression})
    assert answer.is_success, f"{expression}: {answer.text}"
    return list(answer.json()["data"]["result"])


def panels() -> list[tuple[str, str]]:
    dashboards = [json.loads(path.read_text()) for path in sorted(DASHBOARDS.glob("*.json"))]
    return [(p["title"], t["expr"]) for d in dashboards for p in d["panels"] for t in p["targets"]]


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
    assert up == {"inference": "1", "prometheus": "1"}


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
    if "grafana" not in {c["Service"] for c in stack.containers()}:
        pytest.skip(f"Grafana was left out: {stack.values['GRAFANA_IMAGE']} cannot be had here")
    user = (stack.values["GRAFANA_ADMIN_USER"], stack.values["GRAFANA_ADMIN_PASSWORD"])
    with httpx.Client(base_url=stack.url("GRAFANA_PORT"), auth=user) as grafana:
        titles = {found["title"] for found in grafana.get("/api/search", params={"type": "dash-db"}).json()}
        assert {json.loads(path.read_text())["title"] for path in DASHBOARDS.glob("*.json")} <= titles
        health = grafana.get("/api/datasources/uid/prometheus/health").raise_for_status()
        assert health.json()["status"] == "OK"
