"""Grafana's dashboard JSON, as much of it as the dashboards here need.

Panels flow from left to right over 24 columns, in rows as high as their highest panel. Options are those of Grafana
13: https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from inspect import cleandoc
from typing import Any, Literal

COLUMNS = 24
Json = dict[str, Any]
Kind = Literal["stat", "timeseries", "table", "status-history", "barchart"]
# The data sources of provisioning/datasources, by their uid.
Source = Literal["prometheus", "raw", "clean"]


def _source(uid: Source) -> Json:
    return {"type": "prometheus" if uid == "prometheus" else "mysql", "uid": uid}


@dataclass(frozen=True)
class Metric:
    """A PromQL expression. `now` asks for its last value only; `table` for one row a series."""

    expression: str
    legend: str = ""
    now: bool = False
    table: bool = False
    source: Source = "prometheus"

    @property
    def range(self) -> bool:
        return not (self.now or self.table)

    def target(self) -> Json:
        return {
            "expr": self.expression,
            "legendFormat": self.legend,
            "instant": not self.range,
            "range": self.range,
            "format": "table" if self.table else "time_series",
        }


@dataclass(frozen=True)
class Query:
    """A SELECT. `series` makes lines of its columns `time`, `metric` and `value`; else its rows are a table."""

    text: str
    source: Source = "clean"
    series: bool = False

    @property
    def expression(self) -> str:
        return cleandoc(self.text)

    def target(self) -> Json:
        return {
            "rawSql": self.expression,
            "rawQuery": True,
            "editorMode": "code",
            "format": "time_series" if self.series else "table",
        }


@dataclass(frozen=True)
class Panel:
    """What one panel shows, and how.

    `steps` are (from this value on, colour), the first from the beginning. `may_be_empty` is the reason why there
    may be nothing to show in a stack that is well. `units` are those of single columns or series by name, `columns`
    what the values of a table's queries are called, `hidden` the columns that it leaves out. With
    `repeat` there is one such panel for each chosen problem.
    """

    title: str
    kind: Kind
    queries: Sequence[Metric | Query]
    description: str = ""
    width: int = 12
    height: int = 8
    unit: str = "short"
    decimals: int | None = None
    steps: Sequence[tuple[float | None, str]] = ((None, "blue"),)
    words: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    hidden: Sequence[str] = ()
    columns: Sequence[str] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    custom: Mapping[str, Any] = field(default_factory=dict)
    repeat: bool = False
    may_be_empty: str = ""

    def json(self, number: int, x: int, y: int) -> Json:
        targets = [
            {"refId": _letter(n), "datasource": _source(query.source), **query.target()}
            for n, query in enumerate(self.queries)
        ]
        shown: Json = {
            "id": number,
            "type": self.kind,
            "title": self.title,
            "description": self.description,
            "datasource": _source(self.queries[0].source),
            "gridPos": {"x": x, "y": y, "w": self.width, "h": self.height},
            "targets": targets,
            "fieldConfig": {"defaults": self._defaults(), "overrides": self._overrides()},
            "options": _OPTIONS[self.kind] | dict(self.options),
        }
        if self.repeat:
            shown |= {"repeat": "problem", "repeatDirection": "h", "maxPerRow": 2}
        if any(isinstance(query, Metric) and query.table for query in self.queries):
            shown["transformations"] = [{"id": "merge", "options": {}}, self._organized()]
        return shown

    def _organized(self) -> Json:
        excluded = dict.fromkeys(("Time", *self.hidden), True)
        called = {f"Value #{_letter(n)}": name for n, name in enumerate(self.columns)}
        options = {"excludeByName": excluded, "indexByName": {}, "renameByName": called}
        return {"id": "organize", "options": options}

    def _defaults(self) -> Json:
        defaults: Json = {
            "unit": self.unit,
            "custom": _CUSTOM.get(self.kind, {}) | dict(self.custom),
            "thresholds": {
                "mode": "absolute",
                "steps": [{"color": color, "value": value} for value, color in self.steps],
            },
        }
        if self.decimals is not None:
            defaults["decimals"] = self.decimals
        defaults["color"] = {"mode": "thresholds" if len(self.steps) > 1 else "palette-classic"}
        if self.words:
            shown = {value: {"text": text, "index": n} for n, (value, text) in enumerate(self.words.items())}
            defaults["mappings"] = [{"type": "value", "options": shown}]
        return defaults

    def _overrides(self) -> list[Json]:
        return [
            {"matcher": {"id": "byName", "options": name}, "properties": [{"id": "unit", "value": unit}]}
            for name, unit in self.units.items()
        ]


def _letter(number: int) -> str:
    return chr(ord("A") + number)


_LEGEND = {"displayMode": "list", "placement": "bottom", "showLegend": True}
_LAST = {"calcs": ["lastNotNull"], "fields": "", "values": False}
_OPTIONS: dict[Kind, Json] = {
    "stat": {"textMode": "auto", "colorMode": "value", "graphMode": "none", "reduceOptions": _LAST},
    "timeseries": {"legend": _LEGEND, "tooltip": {"mode": "multi", "sort": "desc"}},
    "table": {"showHeader": True, "cellHeight": "sm"},
    "status-history": {"legend": _LEGEND, "showValue": "auto", "rowHeight": 0.9, "colWidth": 0.9},
    "barchart": {"legend": _LEGEND, "stacking": "normal", "showValue": "never", "xTickLabelMaxLength": 16},
}
_CUSTOM: dict[Kind, Json] = {
    "timeseries": {"fillOpacity": 10, "showPoints": "auto", "spanNulls": False},
    "table": {"cellOptions": {"type": "auto", "wrapText": True}},
    "status-history": {"fillOpacity": 80, "lineWidth": 0},
}


@dataclass(frozen=True)
class Dashboard:
    """One page. `marks` are drawn through all of its graphs: name, expression and the text of each mark."""

    uid: str
    title: str
    panels: Sequence[Panel]
    problems: Metric | Query | None = None
    marks: Sequence[tuple[str, Metric]] = ()
    since: str = "now-30m"
    refresh: str = "10s"

    def json(self) -> Json:
        return {
            "uid": self.uid,
            "title": self.title,
            "tags": ["relevo"],
            "schemaVersion": 41,
            "version": 1,
            "editable": False,
            "graphTooltip": 1,
            "refresh": self.refresh,
            "time": {"from": self.since, "to": "now"},
            "timezone": "browser",
            "links": [{"type": "dashboards", "tags": ["relevo"], "title": "Relevo", "keepTime": True}],
            "templating": {"list": [_variable(self.problems)] if self.problems else []},
            "annotations": {"list": [_mark(name, metric) for name, metric in self.marks]},
            "panels": [panel.json(n, x, y) for n, (panel, x, y) in enumerate(placed(self.panels), 1)],
        }


def placed(panels: Sequence[Panel]) -> Iterator[tuple[Panel, int, int]]:
    """Each panel with its place."""
    x = y = height = 0
    for panel in panels:
        if x + panel.width > COLUMNS:
            x, y, height = 0, y + height, 0
        height = max(height, panel.height)
        yield panel, x, y
        x += panel.width


def _variable(problems: Metric | Query) -> Json:
    """The choice of problems: those that there are, all of them at first."""
    asked: Any = problems.expression
    if isinstance(problems, Metric):
        asked = {"query": f"label_values({problems.expression}, problem)", "refId": "problem"}
    return {
        "name": "problem",
        "label": "Problem",
        "type": "query",
        "datasource": _source(problems.source),
        "query": asked,
        "refresh": 2,
        "includeAll": True,
        "multi": True,
        "current": {"text": "All", "value": "$__all"},
        **({"allValue": ".*"} if isinstance(problems, Metric) else {}),
    }


def _mark(name: str, metric: Metric) -> Json:
    return {
        "name": name,
        "datasource": _source(metric.source),
        "enable": True,
        "hide": False,
        "iconColor": "purple",
        "expr": metric.expression,
        "titleFormat": metric.legend,
        "step": "15s",
    }
