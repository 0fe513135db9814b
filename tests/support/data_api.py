"""A data API that answers whatever the test says, or misbehaves the way the test says."""

import json
import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread


@dataclass
class ScriptedApi:
    """Answers every request alike and remembers who asked. A real HTTP server on a port of its own.

    `manner` answers in its place with the bytes it puts on the wire; it ends when `closing` is set.
    """

    url: str
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    manner: "Manner | None" = None
    run_ids: list[str | None] = field(default_factory=list)
    closing: Event = field(default_factory=Event)

    def delivers(self, rows: object, batch: object = 1) -> None:
        """Answer with a batch."""
        self.body = json.dumps({"group_number": 1, "batch_number": batch, "data": rows}).encode()


Manner = Callable[[socket.socket, ScriptedApi], None]


@contextmanager
def scripted_api(port: int = 0) -> Iterator[ScriptedApi]:
    """Serve until the block ends."""
    script = ScriptedApi("")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            script.run_ids.append(self.headers.get("X-Relevo-Run-Id"))
            if script.manner is not None:
                # The client may have gone before the answer is out.
                with suppress(OSError):
                    script.manner(self.connection, script)
                self.close_connection = True
                return
            self.send_response(script.status)
            for name, value in script.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(script.body)))
            self.end_headers()
            with suppress(ConnectionError):
                self.wfile.write(script.body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    script.url = f"http://127.0.0.1:{server.server_port}"
    # Looks often whether it is to end, or every test would wait half a second for it.
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield script
    script.closing.set()
    server.shutdown()
    server.server_close()
    thread.join()


def silent(_: socket.socket, script: ScriptedApi) -> None:
    """Takes the request and says nothing."""
    script.closing.wait(30)


def hangs_up(_connection: socket.socket, _script: ScriptedApi) -> None:
    """Takes the request and closes the connection."""


def says(content: bytes) -> Manner:
    """Answers with exactly these bytes, whatever they are, and closes the connection in order."""

    def manner(connection: socket.socket, _: ScriptedApi) -> None:
        connection.sendall(content)

    return manner


def resets_after(content: bytes) -> Manner:
    """Sends these bytes and ends the connection with a TCP reset, as a process that is killed does."""

    def manner(connection: socket.socket, script: ScriptedApi) -> None:
        connection.sendall(content)
        script.closing.wait(0.1)  # so that the client has read them
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        # At once: http.server would first shut it down in order.
        socket.close(connection.detach())

    return manner


def trickles(start: bytes, drop: bytes = b" ") -> Manner:
    """Sends `start`, then a drop every 50 ms: each wait is short, all of them together are not."""

    def manner(connection: socket.socket, script: ScriptedApi) -> None:
        connection.sendall(start)
        while not script.closing.wait(0.05):
            connection.sendall(drop)

    return manner
