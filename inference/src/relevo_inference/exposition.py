"""What `/metrics` says: of this process, or of all processes of the server together.

With several processes (`python -m relevo_inference`) each keeps its figures in files of one folder, and whoever is
scraped adds them up. Counts of processes that have died stay, or the sums would shrink; their gauges go.
"""

import math
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Protocol

from prometheus_client import CollectorRegistry, Metric, ProcessCollector, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
# The value of a gauge that does not hold any more. The client cannot remove a series that other processes may have.
GONE = math.nan


class _Collected(Protocol):
    def collect(self) -> Iterable[Metric]: ...


class _WithoutGone(Collector):
    def __init__(self, collected: _Collected) -> None:
        self._collected = collected

    def collect(self) -> Iterator[Metric]:
        for metric in self._collected.collect():
            metric.samples = [s for s in metric.samples if not math.isnan(s.value)]
            yield metric


class _Processes(Collector):
    """The figures of `ProcessCollector`, summed over processes; the start is that of the oldest."""

    def __init__(self, pids: Iterable[int]) -> None:
        self._collectors = [ProcessCollector(pid=partial(int, pid), registry=None) for pid in pids]

    def collect(self) -> Iterator[Metric]:
        summed: dict[str, Metric] = {}
        for metric in (metric for collector in self._collectors for metric in collector.collect()):
            known = summed.setdefault(metric.name, metric)
            if known is metric:
                continue
            join = min if metric.name == "process_start_time_seconds" else sum
            pairs = zip(known.samples, metric.samples, strict=True)
            known.samples = [one._replace(value=join((one.value, other.value))) for one, other in pairs]
        yield from summed.values()


def exposition(registry: CollectorRegistry) -> bytes:
    """In Prometheus' text format. `registry` is that of this process."""
    shown = CollectorRegistry()
    folder = os.environ.get(FOLDER)
    if folder is None:
        shown.register(_WithoutGone(registry))
        shown.register(ProcessCollector(registry=None))
    else:
        shown.register(_Processes(_living(Path(folder))))
        # Typed as taking no None.
        shown.register(_WithoutGone(MultiProcessCollector(None, folder)))  # type: ignore[no-untyped-call]
    return generate_latest(shown)


def _living(folder: Path) -> list[int]:
    """The processes that have figures in `folder` and live; the gauges of the others are removed."""
    living = []
    for pid in {int(file.stem.rpartition("_")[2]) for file in folder.glob("*.db")}:
        if _lives(pid):
            living.append(pid)
        else:
            mark_process_dead(pid, str(folder))  # type: ignore[no-untyped-call]
    return sorted(living)


def _lives(pid: int) -> bool:
    with suppress(PermissionError):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
    return True
