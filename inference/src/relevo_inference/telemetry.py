"""The server's own figures for Prometheus, beside those of every request (http_metrics.py).

A gauge says how the values of several processes become one: what all see alike is as of who looked last.
"""

from collections.abc import Iterable
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, PlatformCollector

from relevo_inference.explaining.telemetry import ExplainingTelemetry
from relevo_inference.exposition import GONE
from relevo_inference.http_metrics import HttpTelemetry
from relevo_inference.journal.backlog import Backlog
from relevo_inference.journal.scores import Score
from relevo_inference.registry.versions import Outcome
from relevo_inference.serving.model import LoadedModel
from relevo_inference.shadow.telemetry import ShadowTelemetry
from relevo_inference.traffic.telemetry import TrafficTelemetry

_INFO = ("problem", "version", "run_id", "algorithm", "data")


# Seconds from an answer to its row in the database: the interval between two turns, or an outage.
_DELAY_BUCKETS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200, 43200)


class JournalTelemetry:
    """What the journal says of itself."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._backlog = Gauge(
            "relevo_journal_backlog",
            "Predictions that are not in the database yet",
            registry=registry,
            multiprocess_mode="livemostrecent",
        )
        self._oldest = Gauge(
            "relevo_journal_oldest_seconds",
            "Age of the oldest prediction that waits",
            registry=registry,
            multiprocess_mode="livemostrecent",
        )
        self._used = Gauge(
            "relevo_journal_bytes",
            "Room in the outbox that is taken",
            registry=registry,
            multiprocess_mode="livemostrecent",
        )
        self.cap = Gauge(
            "relevo_journal_cap_bytes",
            "Room that the outbox may take",
            registry=registry,
            multiprocess_mode="livemostrecent",
        )
        self._rejected = Gauge(
            "relevo_journal_rejected",
            "Predictions set aside because they cannot be read",
            registry=registry,
            multiprocess_mode="livemostrecent",
        )
        self._shipped = Counter("relevo_journal_shipped", "Predictions taken to the database", registry=registry)
        self._delay = Histogram(
            "relevo_journal_shipping_delay_seconds",
            "From a prediction to its row in the database, one sample a commit of the outbox",
            buckets=_DELAY_BUCKETS,
            registry=registry,
        )
        self.failures = Counter(
            "relevo_journal_ship_failures", "Tries to reach the database that failed", registry=registry
        )
        self.unwritten = Counter(
            "relevo_journal_unwritten",
            "Predictions that could not be written down: refused, or answered all the same (dropped)",
            ("outcome",),
            registry=registry,
        )

    def backlog(self, backlog: Backlog) -> None:
        self._backlog.set(backlog.predictions)
        self._oldest.set(backlog.oldest_seconds)
        self._used.set(backlog.used_bytes)
        self._rejected.set(backlog.rejected)

    def shipped(self, predictions: int, delays: Iterable[float]) -> None:
        self._shipped.inc(predictions)
        for seconds in delays:
            self._delay.observe(seconds)


class FeedbackTelemetry:
    """How right the versions are, by what has been labelled; of the newest versions only."""

    def __init__(self, registry: CollectorRegistry) -> None:
        labels = ("problem", "version")
        self._count = Gauge(
            "relevo_feedback",
            "Predictions whose truth is known",
            labels,
            registry=registry,
            multiprocess_mode="livemostrecent",
        )
        self._accuracy = Gauge(
            "relevo_live_accuracy",
            "Share of right labels among them",
            labels,
            registry=registry,
            multiprocess_mode="livemostrecent",
        )
        self._error = Gauge(
            "relevo_live_absolute_error",
            "Mean distance of the value from the truth",
            labels,
            registry=registry,
            multiprocess_mode="livemostrecent",
        )
        self._said: set[tuple[str, str]] = set()

        self._coverage = Gauge(
            "relevo_live_interval_coverage",
            "Share of truths in the interval served",
            labels,
            registry=registry,
            multiprocess_mode="livemostrecent",
        )

    def scored(self, scores: Iterable[Score]) -> None:
        said = {(score.problem, score.version): score for score in scores}
        for labels in self._said - said.keys():
            for gauge in (self._count, self._accuracy, self._error, self._coverage):
                gauge.labels(*labels).set(GONE)
        for labels, score in said.items():
            self._count.labels(*labels).set(score.count)
            if score.accuracy is not None:
                self._accuracy.labels(*labels).set(score.accuracy)
            if score.absolute_error is not None:
                self._error.labels(*labels).set(score.absolute_error)
            if score.coverage is not None:
                self._coverage.labels(*labels).set(score.coverage)
        self._said = set(said)


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
