"""What the model server has used, by its own account (`/metrics`): also in a container, also on another machine."""

import time
from dataclasses import dataclass

import httpx
from prometheus_client.parser import text_string_to_metric_families

_CPU, _MEMORY = "process_cpu_seconds_total", "process_resident_memory_bytes"


@dataclass(frozen=True)
class Use:
    """At a time of `time.monotonic`; None where the server does not say, as on macOS."""

    at: float
    cpu_seconds: float | None
    memory_bytes: float | None

    def cores_since(self, earlier: "Use") -> float | None:
        """How many cores it kept busy on average; None when a process of its was replaced in between."""
        if self.cpu_seconds is None or earlier.cpu_seconds is None or self.cpu_seconds < earlier.cpu_seconds:
            return None
        return (self.cpu_seconds - earlier.cpu_seconds) / (self.at - earlier.at)


def use(http: httpx.Client) -> Use:
    """Of all processes of the server together. Under load it may take seconds to say; they are in `at`."""
    asked = time.monotonic()
    try:
        text = http.get("/metrics").raise_for_status().text
    except httpx.HTTPError:
        return Use(time.monotonic(), None, None)
    samples = {s.name: s.value for family in text_string_to_metric_families(text) for s in family.samples}
    return Use((asked + time.monotonic()) / 2, samples.get(_CPU), samples.get(_MEMORY))
