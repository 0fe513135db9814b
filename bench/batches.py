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
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from relevo_pipeline.migrate import upgrade
from relevo_pipeline.settings import settings
from relevo_pipeline.stores import Stores
from relevo_problems.registry import load
from relevo_problems.simulator import simulate
from tasks import data_api, empty, in_a_process

PROBLEM = load("covertype")
FIRST_ROWS = 2_000
TASKS = ("collect", "validate", "clean", "assess")


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
        with data_api(path.read_bytes() for path in bodies) as url:
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
                for task in (*TASKS, "decide"):
                    in_a_process(PROBLEM.name, task, "0", environment, folder)
                in_a_process(PROBLEM.name, "train", "0", environment, folder, "logistic_regression")
                for task in ("judge", "promote"):
                    in_a_process(PROBLEM.name, task, "0", environment, folder)
                found = []
                for number in map(str, range(1, batches + 1)):
                    found.append(
                        {task: in_a_process(PROBLEM.name, task, number, environment, folder) for task in TASKS}
                    )
                    print(number, found[-1], file=sys.stderr)
                read = in_a_process(PROBLEM.name, "read", str(batches), environment, folder)
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
    given = arguments.parse_args()
    main(given.rows, given.batches, given.database)
