"""Figures of the challenger in the shadow. Counters and a histogram: they add up over several processes."""

from prometheus_client import CollectorRegistry, Counter, Histogram

_BUCKETS = (0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.25)


class ShadowTelemetry:
    """`outcome` is `agrees` or `differs`, `compared` (values without an interval), `unfit` (the challenger's card
    does not allow the row) or `failed`. A sample is dropped when too many wait, or when the outbox has no room."""

    def __init__(self, registry: CollectorRegistry) -> None:
        labels = ("problem", "version")
        self.predictions = Counter(
            "relevo_shadow_predictions",
            "Rows that the challenger was asked too, by how it compares with production",
            (*labels, "outcome"),
            registry=registry,
        )
        self.seconds = Histogram(
            "relevo_shadow_seconds",
            "The challenger's time for one row",
            labels,
            buckets=_BUCKETS,
            registry=registry,
        )
        self.dropped = Counter(
            "relevo_shadow_dropped",
            "Samples that were not compared, or not written down",
            labels,
            registry=registry,
        )
