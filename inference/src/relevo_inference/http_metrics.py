"""How many requests, how they ended, how long they took: by path, method and status."""

import time

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from starlette.types import ASGIApp, Receive, Scope, Send

# Seconds. A prediction takes less than one millisecond.
LATENCY_BUCKETS = (0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5)
# Scrapes are not what the server is for.
_UNCOUNTED = frozenset({"/metrics"})
_UNKNOWN_PATH = "none"


class HttpTelemetry:
    """`handler` is the path as it was declared (`/models/{problem}/predict`), `status` its hundred (`2xx`)."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._requests = Counter(
            "http_requests", "Requests by how they ended", ("method", "status", "handler"), registry=registry
        )
        self._seconds = Histogram(
            "http_request_duration_seconds",
            "From a request to the end of its answer",
            ("method", "handler"),
            buckets=LATENCY_BUCKETS,
            registry=registry,
        )
        self.in_flight = Gauge(
            "http_requests_in_flight",
            "Requests whose answer has not ended",
            registry=registry,
            multiprocess_mode="livesum",
        )
        # Finding a series by its labels costs more than counting.
        self._series: dict[tuple[str, int, str], tuple[Counter, Histogram]] = {}

    def answered(self, method: str, status: int, handler: str, seconds: float) -> None:
        key = (method, status, handler)
        if (series := self._series.get(key)) is None:
            requests = self._requests.labels(method, f"{status // 100}xx", handler)
            series = self._series[key] = (requests, self._seconds.labels(method, handler))
        series[0].inc()
        series[1].observe(seconds)


class MetricsMiddleware:
    """Measures every request of the app behind it; itself behind `RequestHeadersMiddleware`."""

    def __init__(self, app: ASGIApp, telemetry: HttpTelemetry) -> None:
        self.app = app
        self._telemetry = telemetry

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in _UNCOUNTED:
            await self.app(scope, receive, send)
            return
        began = time.perf_counter()
        self._telemetry.in_flight.inc()
        try:
            await self.app(scope, receive, send)
        finally:
            self._telemetry.in_flight.dec()
            route = scope.get("route")
            handler = getattr(route, "path", _UNKNOWN_PATH)
            method = scope["method"] if route is not None else _UNKNOWN_PATH
            status = scope["state"].get("status", 500)
            self._telemetry.answered(method, status, handler, time.perf_counter() - began)
