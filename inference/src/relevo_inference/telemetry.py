"""The server's own figures for Prometheus, beside those of every request (http_metrics.py).

A gauge says how the values of several processes become one: what all see alike is as of who looked last.
"""

from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, PlatformCollector

from relevo_inference.explaining.telemetry import ExplainingTelemetry
from relevo_inference.exposition import GONE
from relevo_inference.http_metrics import HttpTelemetry
from relevo_inference.journal.telemetry import FeedbackTelemetry, JournalTelemetry
from relevo_inference.registry.versions import Outcome
from relevo_inference.serving.model import LoadedModel
from relevo_inference.shadow.telemetry import ShadowTelemetry
from relevo_inference.traffic.telemetry import TrafficTelemetry

_INFO = ("problem", "version", "run_id", "algorithm", "data")


class Telemetry:
    """Metrics of one app, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        PlatformCollector(registry=registry)
        self._info = Gauge(
            "relevo_model_info",
            "1 for the version that answers",
            _INFO,
            registry=registry,
            multiprocess_mode="livemostrecent",
        )
        self._since = Gauge(
            "relevo_model_since_timestamp_seconds",
            "When the version that answers began to",
            ("problem", "version"),
            registry=registry,
            multiprocess_mode="livemostrecent",
        )
        self._stale = Gauge(
            "relevo_model_stale",
            "1 while the last good model stands in",
            ("problem",),
            registry=registry,
            multiprocess_mode="livemax",
        )
        self._lookups = Counter(
            "relevo_alias_lookups",
            "Look-ups of an alias by outcome",
            ("problem", "alias", "outcome"),
            registry=registry,
        )
        self._swaps = Counter(
            "relevo_model_swaps", "Times another version began to answer", ("problem",), registry=registry
        )
        self._load_failures = Counter(
            "relevo_model_load_failures", "Loads that failed", ("problem",), registry=registry
        )
        self._in_memory = Gauge(
            "relevo_models_loaded",
            "Versions in memory, in all processes together",
            ("problem",),
            registry=registry,
            multiprocess_mode="livesum",
        )
        self._in_memory_bytes = Gauge(
            "relevo_models_loaded_bytes",
            "Size of the graphs of the versions in memory, in all processes together",
            ("problem",),
            registry=registry,
            multiprocess_mode="livesum",
        )
        self._unloads = Counter(
            "relevo_model_unloads", "Versions unloaded to make room", ("problem",), registry=registry
        )
        self._predictions = Counter(
            "relevo_predictions", "Rows answered", ("problem", "version", "stale"), registry=registry
        )
        # Finding a series by its labels costs more than counting: once for each version, not for each request.
        self._answered: dict[tuple[str, str, bool], Counter] = {}
        self._answering: dict[str, tuple[Gauge, Gauge]] = {}
        self.http = HttpTelemetry(registry)
        self.journal = JournalTelemetry(registry)
        self.feedback = FeedbackTelemetry(registry)
        self.shadow = ShadowTelemetry(registry)
        self.traffic = TrafficTelemetry(registry)
        self.explaining = ExplainingTelemetry(registry)

    def looked_up(self, problem: str, alias: str, outcome: Outcome) -> None:
        self._lookups.labels(problem, alias, type(outcome).__name__.lower()).inc()

    def load_failed(self, problem: str) -> None:
        self._load_failures.labels(problem).inc()

    def in_memory(self, problem: str, versions: int, size: int) -> None:
        self._in_memory.labels(problem).set(versions)
        self._in_memory_bytes.labels(problem).set(size)

    def unloaded(self, problem: str) -> None:
        self._unloads.labels(problem).inc()

    def in_production(self, model: LoadedModel, since: datetime) -> None:
        """`model` answers, since then, and no other version of its problem."""
        self.withdrawn(model.version.name)
        card, version = model.card, model.version
        info = self._info.labels(version.name, version.version, model.run_id, card.algorithm, card.data)
        info.set(1)
        begun = self._since.labels(version.name, version.version)
        begun.set(since.timestamp())
        self._answering[version.name] = info, begun

    def swapped(self, model: LoadedModel, since: datetime) -> None:
        self.in_production(model, since)
        self._swaps.labels(model.version.name).inc()

    def withdrawn(self, problem: str) -> None:
        for gauge in self._answering.pop(problem, ()):
            gauge.set(GONE)

    def stale(self, problem: str, *, stale: bool) -> None:
        self._stale.labels(problem).set(stale)

    def predicted(self, model: LoadedModel, rows: int, *, stale: bool) -> None:
        key = (model.version.name, model.version.version, stale)
        if (answered := self._answered.get(key)) is None:
            answered = self._answered[key] = self._predictions.labels(*key[:2], str(stale).lower())
        answered.inc(rows)
