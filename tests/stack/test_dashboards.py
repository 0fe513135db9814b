"""Every panel of the dashboards has something to show once there were runs and predictions."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from relevo_observability.dashboards import DASHBOARDS
from relevo_observability.dashboards.grafana import Dashboard, Metric, Panel, Query
from support.compose import PROBLEM
from support.grafana import filled
from support.prometheus import ask, lately, left_out

ROOT = Path(__file__).parents[2]
# Whose figures they are, by the beginning of their names, where the image may be missing.
EXPORTERS = {
    "mysql_": "mysqld-exporter",
    "pg_": "postgres-exporter",
    "redis_": "redis-exporter",
    "probe_": "blackbox-exporter",
}
PANELS = [
    pytest.param(dashboard, panel, query, id=f"{name}-{panel.title}-{number}")
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


@pytest.fixture(scope="module")
def shown() -> Iterator[dict[tuple[str, str], list[int]]]:
    """How much each panel showed, in the end as a table that docs/dashboards.md can take."""
    shown: dict[tuple[str, str], list[int]] = {}
    yield shown
    lines = [
        f"| {dashboard} | {title} | {' + '.join(map(str, counts))} |"
        for (dashboard, title), counts in shown.items()
    ]
    table = ROOT / "var" / "panels.md"
    table.parent.mkdir(exist_ok=True)
    table.write_text("\n".join(["| dashboard | panel | series or rows |", "|---|---|---|", *lines]) + "\n")


@pytest.mark.parametrize(("dashboard", "panel", "query"), PANELS)
def test_every_panel_has_something_to_show(
    scraped: Any,
    selected: dict[str, Any],
    shown: dict[tuple[str, str], list[int]],
    dashboard: Dashboard,
    panel: Panel,
    query: Metric | Query,
) -> None:
    expression = filled(query.expression, PROBLEM)
    for beginning, service in EXPORTERS.items():
        if expression.startswith(beginning):
            left_out(scraped, service)
    if isinstance(query, Query):
        found = selected[expression]
        assert isinstance(found, list), f"{expression}: {found}"
    else:
        found = lately(scraped, expression) if query.range else ask(scraped, expression)
        values = [value for series in found for _, value in series.get("values", [series.get("value")])]
        assert panel.may_be_empty or any(value != "NaN" for value in values)
    shown.setdefault((dashboard.title, panel.title.partition(":")[0]), []).append(len(found))
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
