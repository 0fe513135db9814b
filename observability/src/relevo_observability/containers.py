"""CPU, memory and starts of the stack's containers, for Prometheus: `python -m relevo_observability.containers`.

It reads the kernel's own files and finds the services' names in Docker's DNS, so that it needs neither privileges
nor Docker's socket, which makes whoever holds it the machine's root. Names of metrics are cAdvisor's.
"""

import math
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from relevo_observability.cgroups import containers

PORT = 9106
# For how long nobody asks again whose container it is that is not the stack's.
ASK_AGAIN_SECONDS = 60
# As Docker shortens an id where it makes a host name of it.
SHORT = 12


def service(container: str) -> str | None:
    """The service of a container in this one's network; None for those of others.

    Every container has its short id as a name there; its address leads back to `<project>-<service>-<n>.<network>`.
    """
    try:
        name, _, _ = socket.gethostbyaddr(socket.gethostbyname(container[:SHORT]))
    except OSError:
        return None
    return served(name)


def served(name: str) -> str | None:
    """The service in a container's full name. The network is the project's: `<project>_default`."""
    container, dot, network = name.rpartition(".")
    if not dot:
        return name  # The container of this process: its own host name comes before Docker's.
    project = network.rpartition("_")[0]
    if not project or not container.startswith(f"{project}-"):
        return None
    return container.removeprefix(f"{project}-").rpartition("-")[0] or None


class Containers(Collector):
    """The figures of every container whose service is known, read anew at every scrape."""

    def __init__(self, root: Path, name: Callable[[str], str | None] = service) -> None:
        self._root = root
        self._name = name
        # The service, or None, and when that was asked.
        self._asked: dict[str, tuple[str | None, float]] = {}

    def describe(self) -> Iterator[Metric]:
        return iter(())

    def collect(self) -> Iterator[Metric]:
        labels = ("service", "id")
        cpu = CounterMetricFamily("container_cpu_usage_seconds", "CPU time used", labels=labels)
        memory = GaugeMetricFamily(
            "container_memory_working_set_bytes", "Memory in use, without reclaimable cache", labels=labels
        )
        limit = GaugeMetricFamily("container_spec_memory_limit_bytes", "Memory that it may use", labels=labels)
        killed = CounterMetricFamily("container_oom_events", "Processes killed for memory", labels=labels)
        began = GaugeMetricFamily("container_start_time_seconds", "When it began", labels=labels)
        for container, usage in containers(self._root):
            if (named := self._service(container)) is None:
                continue
            this = (named, container[:SHORT])
            cpu.add_metric(this, usage.cpu)
            memory.add_metric(this, usage.memory)
            killed.add_metric(this, usage.killed)
            began.add_metric(this, usage.began)
            if usage.limit is not None:
                limit.add_metric(this, usage.limit)
        yield from (cpu, memory, limit, killed, began)

    def _service(self, container: str) -> str | None:
        named, asked = self._asked.get(container, (None, -math.inf))
        if named is None and time.monotonic() - asked > ASK_AGAIN_SECONDS:
            named = self._name(container)
            self._asked[container] = (named, time.monotonic())
        return named


def main() -> None:
    """Answer until a signal ends the process."""
    registry = CollectorRegistry()
    registry.register(Containers(Path(os.environ.get("CGROUP_ROOT", "/sys/fs/cgroup"))))
    server, thread = start_http_server(PORT, registry=registry)
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    ended.wait()
    server.shutdown()
    thread.join()


if __name__ == "__main__":
    main()
