"""How fast batches go into MySQL, become clean rows and are read back, beside the ways one would do it by hand.

    python bench/ingest.py mysql+pymysql://user:password@host/database

Prints JSON. The server needs `--local-infile=ON`, as compose.yaml starts it; the database must be empty, and is
emptied again. Rows are simulated. Every figure is the best of three.
"""

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pandas as pd
from relevo_contract.tables import collections, utc_now
from relevo_pipeline import audit, delivery, ledger
from relevo_pipeline.bulk import append
from relevo_pipeline.migrate import upgrade
from relevo_pipeline.problem_tables import clean_table, ensure, raw_table
from relevo_pipeline.run import Run
from relevo_pipeline.settings import Settings
from relevo_pipeline.steps.clean import clean
from relevo_pipeline.steps.validate import validate_batch
from relevo_pipeline.stores import Stores
from relevo_pipeline.training import dataset
from relevo_problems.registry import load
from relevo_problems.simulator import simulate
from sqlalchemy import MetaData, Table, insert, text

PROBLEM = load("covertype")
RAW, CLEAN = raw_table(PROBLEM), clean_table(PROBLEM)
RAW_COLUMNS = [column.name for column in RAW.columns]
SIZES = (5_810, 58_101, 320_000)
REPEATS = 3

Rows = list[list[str]]


def best(way: Callable[[], Any], before: Callable[[], Any] = lambda: None) -> float:
    seconds = []
    for _ in range(REPEATS):
        before()
        started = time.perf_counter()
        way()
        seconds.append(time.perf_counter() - started)
    return min(seconds)


class Batch:
    """One batch of a size, and a run that has received it."""

    def __init__(self, stores: Stores, settings: Settings, rows: Rows, folder: Path) -> None:
        self.run = Run(PROBLEM, f"bench-{len(rows)}", stores, settings)
        self.engine = stores.raw
        self.rows = rows
        self.frame = pd.DataFrame(self.numbered(rows), columns=RAW_COLUMNS)
        self.body = json.dumps({"group_number": 1, "batch_number": 1, "data": rows}).encode()
        self.raw_file, self.clean_file = folder / "raw.tsv", folder / "clean.tsv"
        self.frame.to_csv(self.raw_file, sep="\t", header=False, index=False, na_rep=r"\N")
        entry = {
            "problem": PROBLEM.name,
            "dag_run_id": self.run.dag_run_id,
            "data": "simulated",
            "batch_label": "1",
        }
        with self.engine.begin() as connection:
            key = connection.execute(
                insert(collections).values(**entry, state="received", requested_at=utc_now(), row_count=len(rows))
            ).inserted_primary_key
        assert key is not None  # noqa: S101
        self.id = key[0]
        audit.begin(self.run)

    def numbered(self, rows: list[Any]) -> Iterator[tuple[object, ...]]:
        return ((getattr(self, "id", 0), number, *row, None) for number, row in enumerate(rows))

    def read(self) -> delivery.Delivery:
        return delivery.read(httpx.Response(200, content=self.body), PROBLEM)

    def store(self, delivered: delivery.Delivery) -> None:
        with self.engine.begin() as connection:
            append(connection, RAW, *ledger.raw_rows(RAW, self.id, delivered))

    def from_body(self) -> None:
        """What `collect` does once it has the body."""
        self.store(self.read())

    def load_data(self, table: Table, file: Path) -> None:
        """The limit: a file that is there already. Writing it is not timed."""
        with self.engine.begin() as connection:
            connection.exec_driver_sql(f"LOAD DATA LOCAL INFILE %s INTO TABLE {table.name}", (str(file),))

    def executemany(self) -> None:
        """SQLAlchemy Core's INSERT, which PyMySQL turns into statements of many rows."""
        values = [dict(zip(RAW_COLUMNS, row, strict=True)) for row in self.numbered(self.rows)]
        with self.engine.begin() as connection:
            connection.execute(insert(RAW), values)

    def to_sql(self) -> None:
        """What most people write; the frame is not timed."""
        with self.engine.begin() as connection:
            self.frame.to_sql(RAW.name, connection, if_exists="append", index=False)

    def plain_cursor(self) -> None:
        """All cells as PyMySQL gives them."""
        with self.engine.connect() as connection:
            cursor = connection.connection.cursor()
            cursor.execute(f"SELECT * FROM {CLEAN.name}")
            cursor.fetchall()

    def emptied(self, table: Table) -> Callable[[], None]:
        def empty() -> None:
            with self.engine.begin() as connection:
                connection.execute(text(f"TRUNCATE TABLE {table.name}"))

        return empty

    def figures(self) -> dict[str, Any]:
        no_raw, no_clean = self.emptied(RAW), self.emptied(CLEAN)
        delivered = self.read()
        seconds = {
            "rows to raw": best(lambda: self.store(delivered), no_raw),
            "LOAD DATA by hand": best(lambda: self.load_data(RAW, self.raw_file), no_raw),
            "INSERT": best(self.executemany, no_raw),
            "pandas.to_sql": best(self.to_sql, no_raw),
            "body to raw": best(self.from_body, no_raw),
            "validate": best(lambda: validate_batch(self.run)),
            "raw to clean": best(lambda: clean(self.run), no_clean),
        }
        with self.engine.connect() as connection:
            cleaned = connection.execute(CLEAN.select()).all()
        pd.DataFrame(cleaned).to_csv(self.clean_file, sep="\t", header=False, index=False)
        seconds["LOAD DATA of clean rows by hand"] = best(lambda: self.load_data(CLEAN, self.clean_file), no_clean)
        del cleaned
        seconds["read the training set"] = best(lambda: dataset.read(self.run))
        seconds["read with a plain cursor"] = best(self.plain_cursor)
        return {
            "rows": len(self.rows),
            "columns": len(PROBLEM.columns),
            "rows_per_second": {name: round(len(self.rows) / spent) for name, spent in seconds.items()},
            "rows_to_load_data": round(seconds["LOAD DATA by hand"] / seconds["rows to raw"], 2),
            "rows_to_to_sql": round(seconds["pandas.to_sql"] / seconds["rows to raw"], 1),
            "read_to_plain_cursor": round(
                seconds["read with a plain cursor"] / seconds["read the training set"], 2
            ),
        }


def emptied(stores: Stores) -> None:
    metadata = MetaData()
    metadata.reflect(stores.raw)
    metadata.drop_all(stores.raw)


def main(url: str) -> None:
    settings = Settings(raw_db_url=url, clean_db_url=url)
    stores = Stores.open(settings)
    batches = []
    try:
        emptied(stores)
        upgrade(stores.raw, "raw")
        upgrade(stores.clean, "clean")
        ensure(stores.raw, RAW)
        ensure(stores.clean, CLEAN)
        for size in SIZES:
            with tempfile.TemporaryDirectory() as folder:
                rows = [list(row) for row in simulate(PROBLEM, size, seed=1)]
                batches.append(Batch(stores, settings, rows, Path(folder)).figures())
                print(batches[-1], file=sys.stderr)
    finally:
        emptied(stores)
        stores.close()
    print(json.dumps({"benchmark": "ingest", "cpus": os.cpu_count(), "batches": batches}, indent=2))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
