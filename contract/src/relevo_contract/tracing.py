"""Traces by OpenTelemetry, for whoever sets `OTEL_EXPORTER_OTLP_ENDPOINT`; without it nothing of it is imported.

The standard's other variables (`OTEL_TRACES_SAMPLER`, `OTEL_EXPORTER_OTLP_HEADERS`, …) are read by its SDK.
"""

import os
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ParamSpec, TypeVar

# OTLP over HTTP, such as http://collector:4318.
ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
_NAME = "relevo"

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


def wanted() -> bool:
    """Whether somebody said where traces go."""
    return bool(os.environ.get(ENDPOINT))


def configure(service: str) -> None:
    """From now on the spans of this process go out in the name of `service`, by a thread of their own."""
    if not wanted():
        return
    from opentelemetry import trace
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=Resource.create({"service.name": service}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)


@contextmanager
def asking(name: str, attributes: Mapping[str, str] | None = None) -> Iterator[dict[str, str]]:
    """A span around a question to another service, which joins the trace by the headers that this yields."""
    if not wanted():
        yield {}
        return
    from opentelemetry import propagate
    from opentelemetry.trace import SpanKind

    headers: dict[str, str] = {}
    with _span(name, SpanKind.CLIENT, attributes or {}):
        propagate.inject(headers)
        yield headers


def traced(name: str, function: Callable[Parameters, Awaitable[Result]]) -> Callable[Parameters, Awaitable[Result]]:
    """The coroutine function with a span around each call that belongs to a trace; itself where traces are off."""
    if not wanted():
        return function
    from opentelemetry import trace

    async def in_span(*arguments: Parameters.args, **named: Parameters.kwargs) -> Result:
        if not trace.get_current_span().get_span_context().is_valid:
            return await function(*arguments, **named)
        with _span(name, trace.SpanKind.INTERNAL, {}):
            return await function(*arguments, **named)

    return in_span


class TracingMiddleware:
    """ASGI: a span for each request that belongs to a trace already, and for each POST.

    Looks, probes and scrapes begin none: there are many of them, and nobody asks what became of one.
    """

    def __init__(self, app: Callable[..., Awaitable[None]]) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        brought = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope.get("headers", ())}
        if scope["type"] != "http" or (scope["method"] != "POST" and "traceparent" not in brought):
            await self.app(scope, receive, send)
            return
        from opentelemetry import propagate, trace

        context = propagate.extract(brought)
        with _span(scope["method"], trace.SpanKind.SERVER, {"url.path": scope["path"]}, context) as span:

            async def send_noting(message: Any) -> None:
                if message["type"] == "http.response.start":
                    span.set_attribute("http.response.status_code", message["status"])
                    if message["status"] >= 500:
                        span.set_status(trace.StatusCode.ERROR)
                await send(message)

            try:
                await self.app(scope, receive, send_noting)
            finally:
                # https://opentelemetry.io/docs/specs/semconv/http/http-spans/: the path as it was declared.
                route = getattr(scope.get("route"), "path", None)
                span.set_attribute("http.request.method", scope["method"])
                if route is not None:
                    span.set_attribute("http.route", route)
                    span.update_name(f"{scope['method']} {route}")
                if request_id := scope.get("state", {}).get("request_id"):
                    span.set_attribute("relevo.request_id", request_id)


@contextmanager
def _span(name: str, kind: Any, attributes: Mapping[str, str], context: Any = None) -> Iterator[Any]:
    """A span that keeps of an exception no more than its type: messages may hold what people sent."""
    from opentelemetry import trace

    with trace.get_tracer(_NAME).start_as_current_span(
        name,
        context,
        kind,
        attributes,
        record_exception=False,
        set_status_on_exception=False,
    ) as span:
        try:
            yield span
        except BaseException as error:
            span.set_status(trace.StatusCode.ERROR, type(error).__name__)
            raise
