"""What each task costs as history grows: ten batches of listings, up to a million rows in all. Prints JSON.

    python bench/growth.py FOLDER [--until 10] [--candidates xgboost]

Batches grow with their history, each half as large as all before it, so that the rule for new rows calls for
training; the last one has 342,000 of a million rows. Rows are real listings, drawn with replacement and with noise
of two per cent on price and sizes (there are fewer real ones); the figures say so. Every task runs in a fresh
process, as Airflow runs it, and candidates are fitted with their hand-picked parameters.
FOLDER keeps what was done: with `--until` a first call does some of the batches, and the next one goes on. Without
a database it uses SQLite files there.
"""

import argparse
import json
import os
import random
import sys
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from relevo_pipeline.migrate import upgrade
from relevo_pipeline.settings import settings
from relevo_pipeline.stores import Stores
from relevo_problems.csv_file import cells_of
from relevo_problems.published import find
from relevo_problems.registry import load
from tasks import Figures, data_api, empty, in_a_process

PROBLEM = load("realestate")
BATCHES = 10
# All rows after a batch, as a multiple of all rows before it: half of them are new, and some more.
GROWTH = 1.52
NOISY, NOISE = ("price", "acre_lot", "house_size"), 0.02
BEFORE = ("collect", "validate", "clean", "assess", "decide")
DATA = "real listings, resampled with 2 % of noise on price and sizes"


def sizes(rows: int) -> list[int]:
    """Rows of each batch."""
    totals = [0, *(round(rows / GROWTH ** (BATCHES - number)) for number in range(1, BATCHES + 1))]
    return [after - before for before, after in pairwise(totals)]


def listings() -> list[list[str]]:
    """The real rows that the data API would deliver: those without a gap."""
    dataset = PROBLEM.dataset
    folder = Path(os.environ.get("RELEVO_DATASETS", "."))
    file = find(dataset, [folder]) if dataset else None
    if file is None:
        sys.exit("RELEVO_DATASETS has no file of listings")
    names = [column.name for column in PROBLEM.delivered]
    return [cells for cells in cells_of(file, names) if all(cells)]


def batches(rows: int, first: int) -> Iterator[bytes]:
    """The bodies the data API answers with, from batch `first` (counted from 1) on."""
    real, columns = listings(), PROBLEM.delivered
    noisy = [column.name in NOISY for column in columns]
    numbers = [column.kind in ("integer", "number") for column in columns]

    def cell(text: str, is_number: bool, is_noisy: bool, rng: random.Random) -> Any:
        if not is_number:
            return text
        return round(float(text) * rng.lognormvariate(0, NOISE), 4) if is_noisy else float(text)

    for number, size in enumerate(sizes(rows), start=1):
        if number < first:
            continue
        rng = random.Random(number)  # noqa: S311 - the same batches in every run
        drawn = (
            {
                column.name: cell(text, is_number, is_noisy, rng)
                for column, text, is_number, is_noisy in zip(columns, row, numbers, noisy, strict=True)
            }
            for row in rng.choices(real, k=size)
        )
        yield json.dumps({"group_number": 1, "batch_number": number, "data": list(drawn)}).encode()


def one_run(
    number: int, candidates: Sequence[str], environment: dict[str, str], folder: Path
) -> dict[str, Figures]:
    """The tasks of one run, as the DAG goes."""

    def done(task: str, *arguments: Any) -> Figures:
        figures = in_a_process(PROBLEM.name, task, str(number), environment, folder, *arguments)
        print(number, task, *arguments, figures, file=sys.stderr)
        return figures

    found = {task: done(task) for task in BEFORE}
    if found["decide"]["way"] == "train":
        found |= {f"train {candidate}": done("train", candidate) for candidate in candidates}
        found["judge"] = done("judge")
        ending = "promote" if found["judge"]["way"] == "promoted" else "reject"
        found[ending] = done(ending)
    found["record"] = done("record", [])
    return found


def table(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """For each batch what grows with history (training) and what should not (the rest)."""
    rows = []
    total = 0
    for batch in found:
        total += batch["rows"]
        training = [figures for task, figures in batch["tasks"].items() if task.startswith("train")]
        others = [figures for task, figures in batch["tasks"].items() if not task.startswith("train")]
        rows.append(
            {
                "rows": batch["rows"],
                "history": total,
                "training_seconds": total_of(training, "seconds"),
                "training_cpu_seconds": total_of(training, "cpu_seconds"),
                "training_peak_mib": max((figures["peak_mib"] for figures in training), default=None),
                "other_seconds": total_of(others, "seconds"),
                "other_cpu_seconds": total_of(others, "cpu_seconds"),
                "other_peak_mib": max(figures["peak_mib"] for figures in others),
            }
        )
    return rows


def total_of(tasks: list[Figures], what: str) -> float:
    return round(sum(figures[what] for figures in tasks), 1)


def main(folder: Path, until: int, rows: int, candidates: Sequence[str], database: str | None) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    folder = folder.resolve()
    kept = folder / "figures.json"
    found: list[dict[str, Any]] = json.loads(kept.read_text()) if kept.exists() else []
    bodies = batches(rows, len(found) + 1)
    made: list[bytes] = []
    with data_api(iter(made.pop, None)) as url:
        environment = {
            **os.environ,
            "RAW_DB_URL": database or f"sqlite:///{folder}/raw.db",
            "CLEAN_DB_URL": database or f"sqlite:///{folder}/clean.db",
            "MLFLOW_TRACKING_URI": f"sqlite:///{folder}/mlflow.db",
            "DATA_API_URL": url,
            "DATA_API_TIMEOUT_SECONDS": "300",
            "TRAIN_SECONDS": "0",
            "TRAINING_THREADS": "2",
        }
        os.environ.update(environment)
        if not found:
            stores = Stores.open(settings())
            empty(stores)
            upgrade(stores.raw, "raw")
            upgrade(stores.clean, "clean")
            stores.close()
        for number, size in list(enumerate(sizes(rows), start=1))[len(found) : until]:
            made.append(next(bodies))  # not while somebody waits for it
            found.append({"rows": size, "tasks": one_run(number, candidates, environment, folder)})
            kept.write_text(json.dumps(found))
    figures = {
        "benchmark": "growth",
        "cpus": os.cpu_count(),
        "data": DATA,
        "database": "mysql" if database else "sqlite",
        "table": table(found),
        "batches": found,
    }
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--until", type=int, default=BATCHES, help="the last batch of this call")
    arguments.add_argument("--rows", type=int, default=1_000_000, help="in all batches together")
    arguments.add_argument("--candidates", default=",".join(PROBLEM.candidates), help="with commas between")
    arguments.add_argument("--database", help="an empty MySQL database with --local-infile=ON")
    given = arguments.parse_args()
    main(given.folder, given.until, given.rows, given.candidates.split(","), given.database)
