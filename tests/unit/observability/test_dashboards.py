"""The dashboards and Prometheus's configuration against the code whose figures they show."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from relevo_inference.app import create_app
from relevo_inference.settings import Settings
from starlette.testclient import TestClient

OBSERVABILITY = Path(__file__).parents[3] / "observability"
DASHBOARDS = sorted((OBSERVABILITY / "grafana" / "dashboards").glob("*.json"))
# What Prometheus itself writes for every target.
SCRAPE_METRICS = {"up"}
KEYWORDS = {"by", "without", "on", "ignoring", "or", "and", "unless", "bool", "offset"}


def metrics_in(expression: str) -> set[str]:
    """The metric names of a PromQL expression: what is left without labels, durations, strings and functions."""
    bare = re.sub(r'"[^"]*"|\{[^}]*\}|\[[^\]]*\]', " ", expression)
    bare = re.sub(r"\b(by|without|on|ignoring)\s*\([^)]*\)", " ", bare)
    names = set(re.findall(r"\b[a-zA-Z_:][a-zA-Z0-9_:]*\b(?!\s*\()", bare))
    return names - KEYWORDS


def test_metric_names_are_found_in_expressions() -> None:
    expression = 'histogram_quantile(0.5, sum by (le) (rate(a_bucket{x=~"b_c|d"}[5m]))) or vector(0) / a:b'
    assert metrics_in(expression) == {"a_bucket", "a:b"}


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The names of all series that the model server can export, whether they have samples yet or not."""
    state = tmp_path_factory.mktemp("state")
    app = create_app(Settings(mlflow_tracking_uri="http://127.0.0.1:9", default_problem="p", state_dir=state))
    client = TestClient(app)
    assert client.get("/docs").is_success  # the instrumentator makes its metrics at the first request
    names = set()
    for name, kind in re.findall(r"^# TYPE (\S+) (\w+)$", client.get("/metrics").text, re.MULTILINE):
        suffixes = {"histogram": ("_bucket", "_sum", "_count"), "summary": ("_sum", "_count")}.get(kind, ("",))
        names |= {name + suffix for suffix in suffixes}
    return names


def panels(dashboard: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for panel in dashboard["panels"]:
        yield panel
        yield from panel.get("panels", [])


def expressions(dashboard: dict[str, Any]) -> list[tuple[str, str]]:
    return [(panel["title"], target["expr"]) for panel in panels(dashboard) for target in panel["targets"]]


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_every_panel_shows_what_the_code_exports(path: Path, exported: set[str]) -> None:
    dashboard = json.loads(path.read_text())
    asked = {(title, metric) for title, text in expressions(dashboard) for metric in metrics_in(text)}
    assert asked
    assert {(title, metric) for title, metric in asked if metric not in exported | SCRAPE_METRICS} == set()
    variable = re.compile(r"label_values\((\w+),")
    for listed in dashboard["templating"]["list"]:
        assert set(variable.findall(listed["query"]["query"])) <= exported


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_panels_are_told_apart_and_do_not_overlap(path: Path) -> None:
    found = list(panels(json.loads(path.read_text())))
    for key in ("id", "title"):
        values = [panel[key] for panel in found]
        assert len(set(values)) == len(values)
    taken: set[tuple[int, int]] = set()
    for panel in found:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert max(x for x, _ in cells) < 24
        assert not cells & taken, panel["title"]
        taken |= cells


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_dashboards_use_the_provisioned_source(path: Path) -> None:
    provisioning = OBSERVABILITY / "grafana" / "provisioning"
    sources = yaml.safe_load((provisioning / "datasources" / "prometheus.yaml").read_text())["datasources"]
    uids = {source["uid"] for source in sources}
    dashboard = json.loads(path.read_text())
    used = [target["datasource"]["uid"] for panel in panels(dashboard) for target in panel["targets"]]
    assert set(used) | {panel["datasource"]["uid"] for panel in panels(dashboard)} == uids


def test_jobs_of_the_dashboards_are_scraped() -> None:
    config = yaml.safe_load((OBSERVABILITY / "prometheus" / "prometheus.yaml").read_text())
    jobs = {scrape["job_name"] for scrape in config["scrape_configs"]}
    texts = [text for path in DASHBOARDS for _, text in expressions(json.loads(path.read_text()))]
    assert DASHBOARDS
    assert {job for text in texts for job in re.findall(r'job="(\w+)"', text)} <= jobs


def test_grafana_knows_how_often_prometheus_scrapes() -> None:
    config = yaml.safe_load((OBSERVABILITY / "prometheus" / "prometheus.yaml").read_text())
    provisioning = OBSERVABILITY / "grafana" / "provisioning" / "datasources" / "prometheus.yaml"
    (source,) = yaml.safe_load(provisioning.read_text())["datasources"]
    assert source["jsonData"]["timeInterval"] == config["global"]["scrape_interval"]
