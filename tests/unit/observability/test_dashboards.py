"""The dashboards and Prometheus's configuration against the code whose figures they show."""

import re
from pathlib import Path

import pytest
import yaml
from prometheus_client import CollectorRegistry, generate_latest
from relevo_contract.database import connect
from relevo_contract.tables import clean_metadata, raw_metadata
from relevo_inference.app import create_app
from relevo_inference.settings import Settings
from relevo_observability.dashboards import DASHBOARDS
from relevo_observability.dashboards.__main__ import FOLDER, text
from relevo_observability.dashboards.grafana import COLUMNS, Dashboard, Metric, Panel, Query, placed
from relevo_pipeline.exporter import Audit
from relevo_pipeline.grants import GRAFANA_MAY
from starlette.testclient import TestClient

OBSERVABILITY = Path(__file__).parents[3] / "observability"
PROVISIONING = OBSERVABILITY / "grafana" / "provisioning"
# What others export; that it is there is seen in the running stack (tests/stack).
OTHERS = re.compile(r"up$|ALERTS$|(airflow|container|mysql|node|pg|probe|process|prometheus|redis)_")
KEYWORDS = {"by", "without", "on", "ignoring", "or", "and", "unless", "bool", "offset", "group_left", "group_right"}

every_dashboard = pytest.mark.parametrize("dashboard", DASHBOARDS.values(), ids=DASHBOARDS.keys())


def metrics_in(expression: str) -> set[str]:
    """The metric names of a PromQL expression: what is left without labels, durations, strings and functions."""
    bare = re.sub(r'"[^"]*"|\{[^}]*\}|\[[^\]]*\]|\boffset \d+\w', " ", expression)
    bare = re.sub(r"\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)", " ", bare)
    names = set(re.findall(r"\b[a-zA-Z_:][a-zA-Z0-9_:]*\b(?!\s*\()", bare))
    return names - KEYWORDS


def test_metric_names_are_found_in_expressions() -> None:
    expression = (
        'histogram_quantile(0.5, sum by (le) (rate(a_bucket{x=~"b_c|d"}[5m]))) or vector(0) / a:b offset 1m'
    )
    assert metrics_in(expression) == {"a_bucket", "a:b"}


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The names of all series that our services can export, whether they have samples yet or not."""
    state = tmp_path_factory.mktemp("state")
    app = create_app(Settings(mlflow_tracking_uri="http://127.0.0.1:9", default_problem="p", state_dir=state))
    client = TestClient(app)
    assert client.get("/docs").is_success  # the metrics of requests are there after the first one
    clean = connect(f"sqlite:///{state}/clean.db")
    clean_metadata.create_all(clean)
    audit = CollectorRegistry()
    audit.register(Audit(clean))
    exposed = client.get("/metrics").text + generate_latest(audit).decode()
    clean.dispose()
    names = set()
    for name, kind in re.findall(r"^# TYPE (\S+) (\w+)$", exposed, re.MULTILINE):
        suffixes = {"histogram": ("_bucket", "_sum", "_count"), "summary": ("_sum", "_count")}.get(kind, ("",))
        names |= {name + suffix for suffix in suffixes}
    return names


def queries(dashboard: Dashboard) -> list[Metric | Query]:
    marks = [metric for _, metric in dashboard.marks]
    shown = [query for panel in dashboard.panels for query in panel.queries]
    return [*shown, *marks, *([dashboard.problems] if dashboard.problems else [])]


def metrics(dashboard: Dashboard) -> list[Metric]:
    return [query for query in queries(dashboard) if isinstance(query, Metric)]


@pytest.mark.parametrize("name", DASHBOARDS)
def test_the_files_are_those_that_the_code_writes(name: str) -> None:
    written = (FOLDER / f"{name}.json").read_text()
    assert written == text(DASHBOARDS[name]), "`make dashboards` writes them anew"


def test_no_other_file_is_there() -> None:
    assert {file.stem for file in FOLDER.iterdir()} == DASHBOARDS.keys()


@every_dashboard
def test_every_panel_shows_what_the_code_exports(dashboard: Dashboard, exported: set[str]) -> None:
    asked = {name for metric in metrics(dashboard) for name in metrics_in(metric.expression)}
    assert asked
    assert {name for name in asked - exported if not OTHERS.match(name)} == set()


@every_dashboard
def test_queries_read_what_grafana_may_read(dashboard: Dashboard) -> None:
    tables = {"raw": raw_metadata.tables, "clean": clean_metadata.tables}
    for query in queries(dashboard):
        if isinstance(query, Query):
            named = set(re.findall(r"\b(?:FROM|JOIN)\s+(\w+)", query.expression))
            assert named, query.expression
            assert named & tables[query.source].keys() <= set(GRAFANA_MAY[query.source])
            assert not named - tables[query.source].keys() - {"JSON_TABLE"}


@every_dashboard
def test_a_choice_of_problems_is_heeded_by_every_query_that_could(dashboard: Dashboard) -> None:
    for query in queries(dashboard):
        if isinstance(query, Query) and query is not dashboard.problems:
            assert "problem IN (${problem:sqlstring})" in query.expression
        elif "relevo_" in query.expression and "problem" in query.expression and query is not dashboard.problems:
            assert 'problem=~"$problem"' in query.expression


@every_dashboard
def test_panels_are_told_apart_and_do_not_overlap(dashboard: Dashboard) -> None:
    titles = [panel.title for panel in dashboard.panels]
    assert len(set(titles)) == len(titles)
    numbers = [panel["id"] for panel in dashboard.json()["panels"]]
    assert len(set(numbers)) == len(numbers) == len(titles)
    taken: set[tuple[int, int]] = set()
    for panel, left, top in placed(dashboard.panels):
        cells = {(x, y) for x in range(left, left + panel.width) for y in range(top, top + panel.height)}
        assert max(x for x, _ in cells) < COLUMNS
        assert not cells & taken, panel.title
        taken |= cells


def test_a_row_is_as_high_as_its_highest_panel() -> None:
    low, high = (Panel(str(height), "stat", [Metric("up")], height=height) for height in (4, 8))
    assert [(x, y) for _, x, y in placed([low, high, low])] == [(0, 0), (12, 0), (0, 8)]


@every_dashboard
def test_dashboards_use_the_provisioned_sources(dashboard: Dashboard) -> None:
    files = (PROVISIONING / "datasources").glob("*.yaml")
    sources = [source for file in files for source in yaml.safe_load(file.read_text())["datasources"]]
    kinds = {source["uid"]: source["type"] for source in sources}
    assert {query.source for query in queries(dashboard)} <= kinds.keys()
    for panel in dashboard.json()["panels"]:
        for target in panel["targets"]:
            assert target["datasource"]["type"] == kinds[target["datasource"]["uid"]]


def test_jobs_of_the_dashboards_are_scraped() -> None:
    config = yaml.safe_load((OBSERVABILITY / "prometheus" / "prometheus.yaml").read_text())
    jobs = {scrape["job_name"] for scrape in config["scrape_configs"]}
    asked = [metric.expression for dashboard in DASHBOARDS.values() for metric in metrics(dashboard)]
    assert {job for expression in asked for job in re.findall(r'job="(\w+)"', expression)} <= jobs


def test_grafana_knows_how_often_prometheus_scrapes() -> None:
    config = yaml.safe_load((OBSERVABILITY / "prometheus" / "prometheus.yaml").read_text())
    (source,) = yaml.safe_load((PROVISIONING / "datasources" / "prometheus.yaml").read_text())["datasources"]
    assert source["jsonData"]["timeInterval"] == config["global"]["scrape_interval"]
