"""Tasks of a run, each in a process of its own, as Airflow runs them: seconds, and the most memory it held."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from pathlib import Path
from threading import Thread
from typing import Any

from relevo_pipeline.stores import Stores
from relevo_pipeline.task import opened
from sqlalchemy import MetaData

# Imported only in the process of the task: what a task imports is part of what it holds.
STEPS = {
    "collect": ("relevo_pipeline.steps.collect", "collect"),
    "validate": ("relevo_pipeline.steps.validate", "validate_batch"),
    "clean": ("relevo_pipeline.steps.clean", "clean"),
    "assess": ("relevo_pipeline.steps.assess", "assess"),
    "decide": ("relevo_pipeline.steps.decide", "decide"),
    "train": ("relevo_pipeline.steps.train", "train"),
    "judge": ("relevo_pipeline.steps.judge", "judge"),
    "promote": ("relevo_pipeline.steps.promote", "promote"),
    "reject": ("relevo_pipeline.steps.reject", "reject"),
    "record": ("relevo_pipeline.steps.record", "record"),
    "read": ("relevo_pipeline.training.dataset", "read"),
}
Figures = dict[str, Any]


def perform(problem: str, task: str, run_id: str, *arguments: Any) -> None:
    """In the process of one task: what it imports is imported before the clock starts. Prints the figures."""
    module, function = STEPS[task]
    does: Callable[..., Any] = getattr(import_module(module), function)
    with opened(problem, run_id) as run:
        before, started, worked = peak_mib(), time.perf_counter(), time.process_time()
        result = does(run, *arguments)
        seconds = {
            "seconds": round(time.perf_counter() - started, 2),
            # Of all threads: on a machine that does something else as well, this is what says how work grows.
            "cpu_seconds": round(time.process_time() - worked, 2),
        }
    # What the DAG goes by: the way that `decide` or `judge` chose.
    way = getattr(result, "action", None) or getattr(result, "outcome", None)
    print("\n" + json.dumps({**seconds, "peak_mib": peak_mib(), "idle_mib": before, "way": way}))


def peak_mib() -> int:
    """Of this process alone; what `getrusage` says begins at what its parent held."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) // 1024


def in_a_process(
    problem: str, task: str, run_id: str, environment: Mapping[str, str], folder: Path, *arguments: Any
) -> Figures:
    """The figures of a task that was done in a fresh process; ends this one when it failed."""
    asked = [sys.executable, __file__, json.dumps([problem, task, run_id, *arguments])]
    done = subprocess.run(asked, env=dict(environment), cwd=folder, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(f"{task} of {run_id} failed")
    figures: Figures = json.loads(done.stdout.splitlines()[-1])
    if figures["way"] is None:
        del figures["way"]
    return figures


@contextmanager
def data_api(bodies: Iterator[bytes]) -> Iterator[str]:
    """Answers request after request with body after body, at the address that is given."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = next(bodies)
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def empty(stores: Stores) -> None:
    """Drop every table of both databases."""
    for engine in (stores.raw, stores.clean):
        metadata = MetaData()
        metadata.reflect(engine)
        metadata.drop_all(engine)


if __name__ == "__main__":
    perform(*json.loads(sys.argv[1]))
