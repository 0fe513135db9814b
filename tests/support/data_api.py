"""A data API that answers whatever the test says."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


@dataclass
class ScriptedApi:
    """Answers every request alike and remembers who asked. A real HTTP server on a port of its own."""

    url: str
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    run_ids: list[str | None] = field(default_factory=list)

    def delivers(self, rows: object, batch: int = 1) -> None:
        """Answer with a batch."""
        self.body = json.dumps({"group_number": 1, "batch_number": batch, "data": rows}).encode()


@contextmanager
def scripted_api() -> Iterator[ScriptedApi]:
    """Serve until the block ends."""
    script = ScriptedApi("")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            script.run_ids.append(self.headers.get("X-Relevo-Run-Id"))
            self.send_response(script.status)
            for name, value in script.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(script.body)))
            self.end_headers()
            self.wfile.write(script.body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    script.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield script
    server.shutdown()
    server.server_close()
    thread.join()
