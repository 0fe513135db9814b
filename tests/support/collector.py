"""A receiver of OpenTelemetry's protocol over HTTP: the spans that services send, decoded."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from relevo_contract.tracing import ENDPOINT


@dataclass(frozen=True)
class Span:
    service: str
    name: str
    trace: str
    id: str
    parent: str
    attributes: dict[str, str | int]


@dataclass
class Collector:
    """`env` is what a service needs to send its spans here, soon."""

    env: dict[str, str]
    spans: list[Span] = field(default_factory=list)

    def trace_of(self, span: Span) -> list[Span]:
        return [other for other in self.spans if other.trace == span.trace]


def decoded(body: bytes) -> Iterator[Span]:
    for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
        said = {one.key: one.value.string_value for one in resource.resource.attributes}
        for scope in resource.scope_spans:
            for span in scope.spans:
                attributes = {one.key: one.value.string_value or one.value.int_value for one in span.attributes}
                ids = (span.trace_id.hex(), span.span_id.hex(), span.parent_span_id.hex())
                yield Span(said["service.name"], span.name, *ids, attributes)


@contextmanager
def collector() -> Iterator[Collector]:
    """Listens on a free port until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path == "/v1/traces":
                found.spans.extend(decoded(body))
            self.send_response(200 if self.path == "/v1/traces" else 404)
            self.send_header("Content-Type", "application/x-protobuf")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing: what came in is in `spans`."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        url = f"http://127.0.0.1:{server.server_port}"
        found = Collector({ENDPOINT: url, "OTEL_BSP_SCHEDULE_DELAY": "200"})
        Thread(target=server.serve_forever, daemon=True).start()
        yield found
        server.shutdown()
