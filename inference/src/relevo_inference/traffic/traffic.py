"""Looks at what was answered on its way to the database: behind every request, and of all processes at once."""

import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

import structlog
from pydantic_core import from_json
from relevo_contract.card import Card
from relevo_contract.reference import CategoryCounts, NumberCounts
from relevo_contract.stability import category_stability, number_stability

from relevo_inference.journal.entries import Entry
from relevo_inference.serving.model import LoadedModel
from relevo_inference.traffic.telemetry import TrafficTelemetry

log = structlog.get_logger(__name__)

_MEASURE_SECONDS = 5.0
# The index of fewer rows says more about chance than about them.
_FEWEST_ROWS = 100
_QUANTILES = (0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99)


class Traffic:
    """Counts labels and values, and compares the `window` latest rows of each problem with the card's reference.

    `loaded` finds a version in memory, `in_production` the one that answers now. Not for two threads at a time.
    """

    def __init__(
        self,
        loaded: Callable[[str, str], LoadedModel | None],
        in_production: Callable[[str], LoadedModel | None],
        *,
        window: int,
        telemetry: TrafficTelemetry,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._loaded = loaded
        self._in_production = in_production
        self._window = window
        self._telemetry = telemetry
        self._clock = clock
        self._measure_at = clock()
        # The rows as they come, in JSON: most are gone before they are looked at.
        self._latest: dict[str, tuple[LoadedModel, deque[str]]] = {}
        self._changed: set[str] = set()

    def saw(self, entries: Sequence[Entry]) -> None:
        """Takes in what has just been shipped, perhaps nothing. Whatever is wrong with it, shipping goes on."""
        try:
            answered = [entry for entry in entries if entry.status == 200]
            answered.sort(key=_version_of)
            for (problem, version), of_version in groupby(answered, _version_of):
                self._take(problem, version, list(of_version))
            if self._clock() >= self._measure_at:
                self._measure_at = self._clock() + _MEASURE_SECONDS
                self._measure()
        except Exception as error:
            log.warning("what was answered cannot be looked at", reason=f"{type(error).__name__}: {error}")

    def _take(self, problem: str, version: str, entries: list[Entry]) -> None:
        outputs = [from_json(entry.output) for entry in entries]
        labels = Counter(output["label"] for output in outputs if "label" in output)
        self._telemetry.labels(problem, version, labels)
        values = [output["value"] for output in outputs if "value" in output]
        model = self._loaded(problem, version)
        if values and model is not None and (buckets := value_buckets(model.card)):
            self._telemetry.values(problem, version, buckets, values)
        current = self._in_production(problem)
        if current is None or current.version.version != version or current.card.reference is None:
            return
        if problem not in self._latest or self._latest[problem][0] is not current:
            self._latest[problem] = (current, deque(maxlen=self._window))
        self._latest[problem][1].extend(entry.input for entry in entries[-self._window :])
        self._changed.add(problem)

    def _measure(self) -> None:
        for problem, (model, rows) in list(self._latest.items()):
            if self._in_production(problem) is not model:
                del self._latest[problem]
                self._changed.discard(problem)
                self._telemetry.forget(problem)
            elif problem in self._changed and len(rows) >= min(_FEWEST_ROWS, self._window):
                self._changed.discard(problem)
                self._telemetry.drift(
                    problem, model.version.version, len(rows), drift(model.card, map(from_json, rows))
                )


def drift(card: Card, rows: Iterable[Mapping[str, Any]]) -> dict[str, float]:
    """The population stability index of each input that the card's reference knows."""
    if card.reference is None:
        return {}
    rows = list(rows)
    found = {}
    for column in card.inputs:
        values = [row[column.name] for row in rows]
        match card.reference.columns.get(column.name):
            case NumberCounts() as numbers:
                found[column.name] = number_stability(numbers, values)
            case CategoryCounts() as categories:
                found[column.name] = category_stability(categories, Counter(map(str, values)))
    return found


def value_buckets(card: Card) -> tuple[float, ...]:
    """Quantiles of the target in the training rows; none where the card has no such histogram."""
    target = card.reference.columns.get(card.target.name) if card.reference is not None else None
    if not isinstance(target, NumberCounts) or card.reference is None:
        return ()
    ends = []
    below = 0
    shares = iter(_QUANTILES)
    wanted = next(shares, None)
    for edge, count in zip(target.edges, target.counts, strict=True):
        below += count
        while wanted is not None and below >= wanted * card.reference.rows:
            ends.append(edge)
            wanted = next(shares, None)
    return tuple(dict.fromkeys(ends))


def _version_of(entry: Entry) -> tuple[str, str]:
    return entry.problem, entry.version
