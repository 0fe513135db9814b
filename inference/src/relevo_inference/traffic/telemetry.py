"""Figures of the answered rows, as their entries of the journal say."""

from collections.abc import Iterator, Mapping, Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Metric
from prometheus_client.registry import Collector

from relevo_inference.exposition import GONE

_VALUES = "relevo_predicted_value"
_VALUES_HELP = "Values answered, in the target's unit; the buckets end at quantiles of the training rows' target"


class TrafficTelemetry:
    """Labels and values that were answered, and the drift of the rows in the window of each problem."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._labels = Counter(
            "relevo_predicted_labels",
            "Rows by the label that was answered",
            ("problem", "version", "label"),
            registry=registry,
        )
        self._values = _Values()
        registry.register(self._values)
        self._psi = Gauge(
            "relevo_input_drift_psi",
            "Population stability index of the latest rows against the training rows, by input column",
            ("problem", "version", "column"),
            registry=registry,
            multiprocess_mode="livemostrecent",
        )
        self._rows = Gauge(
            "relevo_input_drift_rows",
            "Latest rows that the index is of",
            ("problem", "version"),
            registry=registry,
            multiprocess_mode="livemostrecent",
        )
        self._measured: dict[str, tuple[str, list[str]]] = {}

    def labels(self, problem: str, version: str, counts: Mapping[str, int]) -> None:
        for label, count in counts.items():
            self._labels.labels(problem, version, label).inc(count)

    def values(self, problem: str, version: str, buckets: Sequence[float], values: Sequence[float]) -> None:
        self._values.observe(problem, version, buckets, values)

    def drift(self, problem: str, version: str, rows: int, psi: Mapping[str, float]) -> None:
        """In the place of what was said of the problem before."""
        if self._measured.get(problem, (version,))[0] != version:
            self.forget(problem)
        self._measured[problem] = (version, list(psi))
        self._rows.labels(problem, version).set(rows)
        for column, index in psi.items():
            self._psi.labels(problem, version, column).set(index)

    def forget(self, problem: str) -> None:
        """Says nothing of the problem's drift any more."""
        if (measured := self._measured.pop(problem, None)) is None:
            return
        version, columns = measured
        self._rows.labels(problem, version).set(GONE)
        for column in columns:
            self._psi.labels(problem, version, column).set(GONE)


class _Values(Collector):
    """One metric whose buckets are those of each version; the client's own histogram has the same for all.

    Beside it each process writes the same figures to its file, which the client adds up by name and labels.
    """

    def __init__(self) -> None:
        self._histograms: dict[tuple[str, str], Histogram] = {}

    def observe(self, problem: str, version: str, buckets: Sequence[float], values: Sequence[float]) -> None:
        key = (problem, version)
        if (histogram := self._histograms.get(key)) is None:
            labelled = Histogram(_VALUES, _VALUES_HELP, ("problem", "version"), buckets=buckets, registry=None)
            histogram = self._histograms[key] = labelled.labels(*key)
        for value in values:
            histogram.observe(value)

    def collect(self) -> Iterator[Metric]:
        merged = Metric(_VALUES, _VALUES_HELP, "histogram")
        for (problem, version), histogram in list(self._histograms.items()):
            for metric in histogram.collect():
                for sample in metric.samples:
                    merged.samples.append(
                        sample._replace(labels={"problem": problem, "version": version, **sample.labels})
                    )
        yield merged
