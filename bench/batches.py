"""What each task costs, batch after batch: seconds, and the most memory its process held. Prints JSON.

    python bench/batches.py [--rows 58101] [--batches 10] [--database mysql+pymysql://user:password@host/database]

Without a database it uses SQLite files. Every task runs in a fresh process, as Airflow runs it. Rows are real where
RELEVO_DATASETS has them, else simulated. A small simulated batch comes first, whose model is then the one in
production; what that costs is not counted. The database must be empty, and is emptied again.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from pathlib import Path
from threading import Thread

from relevo_pipeline.migrate import upgrade
from relevo_pipeline.run import Run
from relevo_pipeline.settings import settings
from relevo_pipeline.stores import Stores
from relevo_pipeline.task import opened
from relevo_problems.registry import load
from relevo_problems.simulator import simulate
from sqlalchemy import MetaData

PROBLEM = load("covertype")
FIRST_ROWS = 2_000
TASKS = ("collect", "validate", "clean", "assess")
# Imported only in the process of the task: what a task imports is part of what it holds.
STEPS = {
    "collect": ("relevo_pipeline.steps.collect", "collect"),
    "validate": ("relevo_pipeline.steps.validate", "validate_batch"),
    "clean": ("relevo_pipeline.steps.clean", "clean"),
    "assess": ("relevo_pipeline.steps.assess", "assess"),
    "first_model": (__name__, "first_model"),
    "read": ("relevo_pipeline.training.dataset", "read"),
}


# --- in the process of one task -----------------------------------------------------------------------


def perform(task: str, run: Run) -> None:
    """One task; what it imports is imported before the clock starts."""
    module, function = STEPS[task]
    does = getattr(import_module(module), function)
    before = peak_mib()
    started = time.perf_counter()
    does(run)
    figures = {"seconds": round(time.perf_counter() - started, 2), "peak_mib": peak_mib(), "idle_mib": before}
    print("\n" + json.dumps(figures))


def first_model(run: Run) -> None:
    from relevo_pipeline.steps import decide, judge, promote, train

    decide.decide(run)
    train.train(run, "logistic_regression")
    judge.judge(run)
    promote.promote(run)


def peak_mib() -> int:
    """Of this process alone; what `getrusage` says begins at what its parent held."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) // 1024


# --- around them --------------------------------------------------------------------------------------


def delivered(count: int) -> Iterator[list[str]]:
    folder = os.environ.get("RELEVO_DATASETS")
    if folder is None:
        yield from simulate(PROBLEM, count, seed=1)
        return
    _, *lines = PROBLEM.dataset.convert(Path(folder) / PROBLEM.dataset.published)
    if count > len(lines):
        sys.exit(f"there are {len(lines)} real rows, not {count}")
    random.Random(1).shuffle(lines)  # noqa: S311 - the same batches in every run
    yield from (line.rstrip("\n").split(",") for line in lines[:count])


@contextmanager
def data_api(bodies: list[Path]) -> Iterator[str]:
    """Answers request after request with body after body."""
    left = iter(bodies)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = next(left).read_bytes()
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


def in_a_process(task: str, run_id: str, environment: dict[str, str], folder: Path) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, __file__, "--task", task, "--run", run_id],
        env=environment,
        cwd=folder,
        stdout=subprocess.PIPE,
        text=True,
    )
    if done.returncode:
        sys.exit(f"{task} of {run_id} failed")
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def empty(stores: Stores) -> None:
    for engine in (stores.raw, stores.clean):
        metadata = MetaData()
        metadata.reflect(engine)
        metadata.drop_all(engine)


def written(rows: list[list[str]], size: int, folder: Path) -> list[Path]:
    """The bodies the data API will answer with, the small one first."""
    starts = range(0, len(rows), size)
    paths = []
    for number, batch in enumerate(
        [simulate(PROBLEM, FIRST_ROWS, seed=1), *(rows[at : at + size] for at in starts)]
    ):
        path = folder / f"body-{number}.json"
        path.write_text(json.dumps({"group_number": 1, "batch_number": number, "data": batch}))
        paths.append(path)
    return paths


def main(rows: int, batches: int, database: str | None) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bodies = written(list(delivered(rows * batches)), rows, folder)
        body_bytes = bodies[1].stat().st_size
        with data_api(bodies) as url:
            environment = {
                **os.environ,
                "RAW_DB_URL": database or f"sqlite:///{folder}/raw.db",
                "CLEAN_DB_URL": database or f"sqlite:///{folder}/clean.db",
                "MLFLOW_TRACKING_URI": f"sqlite:///{folder}/mlflow.db",
                "DATA_API_URL": url,
            }
            os.environ.update(environment)
            stores = Stores.open(settings())
            empty(stores)
            upgrade(stores.raw, "raw")
            upgrade(stores.clean, "clean")
            try:
                for task in (*TASKS, "first_model"):
                    in_a_process(task, "0", environment, folder)
                found = []
                for number in range(1, batches + 1):
                    found.append({task: in_a_process(task, str(number), environment, folder) for task in TASKS})
                    print(number, found[-1], file=sys.stderr)
                read = in_a_process("read", str(batches), environment, folder)
            finally:
                empty(stores)
                stores.close()
    figures = {
        "benchmark": "batches",
        "cpus": os.cpu_count(),
        "database": stores.clean.dialect.name,
        "rows": rows,
        "body_mb": round(body_bytes / 1e6, 1),
        "peak_mib": {task: max(batch[task]["peak_mib"] for batch in found) for task in TASKS},
        "last_to_first": {task: round(found[-1][task]["seconds"] / found[0][task]["seconds"], 2) for task in TASKS},
        "read_training_set": {"rows": FIRST_ROWS + rows * batches, **read},
        "batches": found,
    }
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rows", type=int, default=58_101, help="in each batch")
    arguments.add_argument("--batches", type=int, default=10)
    arguments.add_argument("--database", help="a MySQL database with --local-infile=ON")
    arguments.add_argument("--task", help=argparse.SUPPRESS)
    arguments.add_argument("--run", help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.task:
        with opened(PROBLEM.name, given.run) as this:
            perform(given.task, this)
    else:
        main(given.rows, given.batches, given.database)
