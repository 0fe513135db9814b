"""Figures of the explanations. Counters and a histogram: they add up over several processes."""

from prometheus_client import CollectorRegistry, Counter, Histogram

_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class ExplainingTelemetry:
    """`outcome` is `answered`, `refused` (too many wait), `late` (too slow) or `failed`."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.asked = Counter(
            "relevo_explanations", "Explanations by outcome", ("problem", "outcome"), registry=registry
        )
        self.seconds = Histogram(
            "relevo_explanation_seconds",
            "From the request for an explanation to the explanation, waiting included",
            ("problem",),
            buckets=_BUCKETS,
            registry=registry,
        )
