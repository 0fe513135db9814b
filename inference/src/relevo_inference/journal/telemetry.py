"""Figures of the journal, and of the truths that are given."""

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from relevo_inference.exposition import GONE
from relevo_inference.journal.backlog import Backlog
from relevo_inference.journal.scores import Score

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
            "From a prediction to its row in the database, of the oldest of up to a hundred",
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
