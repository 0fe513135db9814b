"""A run on fresh, migrated SQLite stores, and a data API that answers whatever the test says."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from relevo_pipeline.migrate import upgrade
from relevo_pipeline.run import Run
from relevo_pipeline.settings import Settings
from relevo_pipeline.stores import Stores
from relevo_problems.registry import load
from relevo_problems.simulator import simulate

PROBLEM = load("covertype")


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


@pytest.fixture
def api() -> Iterator[ScriptedApi]:
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


@pytest.fixture
def new_run(tmp_path: Path, api: ScriptedApi) -> Iterator[Callable[[str], Run]]:
    """Makes runs that share one pair of databases."""
    settings = Settings(
        raw_db_url=f"sqlite:///{tmp_path}/raw.db",
        clean_db_url=f"sqlite:///{tmp_path}/clean.db",
        data_api_url=api.url,
        data_api_timeout_seconds=5,
    )
    stores = Stores.open(settings)
    upgrade(stores.raw, "raw")
    upgrade(stores.clean, "clean")
    yield lambda dag_run_id: Run(PROBLEM, dag_run_id, stores, settings)
    stores.close()


@pytest.fixture
def run(new_run: Callable[[str], Run]) -> Run:
    return new_run("manual__2026-11-21T07:00:00+00:00")


@pytest.fixture
def rows() -> list[list[str]]:
    """300 simulated rows in delivery order."""
    return [list(row) for row in simulate(PROBLEM, 300, seed=7)]
