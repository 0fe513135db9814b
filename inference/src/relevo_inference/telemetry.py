"""The server's own figures for Prometheus, beside those the instrumentator takes of every request."""

from prometheus_client import CollectorRegistry, Counter, Gauge, PlatformCollector, ProcessCollector

from relevo_inference.registry.versions import Outcome
from relevo_inference.serving.model import LoadedModel

_INFO = ("problem", "version", "run_id", "algorithm", "data")


class Telemetry:
    """Metrics of one app, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        PlatformCollector(registry=registry)
        self._info = Gauge("relevo_model_info", "1 for the version that answers", _INFO, registry=registry)
        self._stale = Gauge(
            "relevo_model_stale", "1 while the last good model stands in", ("problem",), registry=registry
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
        self._predictions = Counter(
            "relevo_predictions", "Rows answered", ("problem", "version", "stale"), registry=registry
        )
        self.journal_backlog = Gauge(
            "relevo_journal_backlog", "Predictions that are not in the database yet", registry=registry
        )
        self.journal_shipped = Counter(
            "relevo_journal_shipped", "Predictions taken to the database", registry=registry
        )
        self.journal_rejected = Gauge(
            "relevo_journal_rejected", "Predictions set aside because they cannot be read", registry=registry
        )
        self.journal_failures = Counter(
            "relevo_journal_ship_failures", "Tries to reach the database that failed", registry=registry
        )

    def looked_up(self, problem: str, alias: str, outcome: Outcome) -> None:
        self._lookups.labels(problem, alias, type(outcome).__name__.lower()).inc()

    def load_failed(self, problem: str) -> None:
        self._load_failures.labels(problem).inc()

    def in_production(self, model: LoadedModel) -> None:
        """`model` answers from now on, and no other version of its problem."""
        self.withdrawn(model.version.name)
        card, version = model.card, model.version
        self._info.labels(version.name, version.version, model.run_id, card.algorithm, card.data).set(1)

    def swapped(self, model: LoadedModel) -> None:
        self.in_production(model)
        self._swaps.labels(model.version.name).inc()

    def withdrawn(self, problem: str) -> None:
        self._info.remove_by_labels({"problem": problem})

    def stale(self, problem: str, *, stale: bool) -> None:
        self._stale.labels(problem).set(stale)

    def predicted(self, model: LoadedModel, rows: int, *, stale: bool) -> None:
        self._predictions.labels(model.version.name, model.version.version, str(stale).lower()).inc(rows)
