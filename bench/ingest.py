"""How fast batches go into MySQL: ours beside LOAD DATA by hand, INSERT, and pandas. Prints JSON.

    python bench/ingest.py mysql+pymysql://user:password@host/database

The server needs `--local-infile=ON`, as compose.yaml starts it. The tables it makes are dropped again.
"""

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
from relevo_contract.database import connect
from relevo_pipeline.bulk import append
from relevo_pipeline.problem_tables import raw_table
from relevo_problems.registry import load
from relevo_problems.simulator import simulate
from sqlalchemy import Engine, insert, text

PROBLEM = load("covertype")
TABLE = raw_table(PROBLEM)
COLUMNS = [column.name for column in TABLE.columns]
SIZES = (5_810, 58_101, 320_000)
REPEATS = 3

Rows = list[list[str]]


def numbered(rows: Rows) -> Iterator[tuple[object, ...]]:
    return ((1, number, *row) for number, row in enumerate(rows))


def ours(engine: Engine, rows: Rows) -> None:
    """What `collect` does once the body is parsed."""
    with engine.begin() as connection:
        append(connection, TABLE, COLUMNS, numbered(rows))


def load_data(engine: Engine, _: Rows) -> None:
    """The limit: a file that is there already. Writing it is not timed."""
    with engine.begin() as connection:
        connection.exec_driver_sql(f"LOAD DATA LOCAL INFILE %s INTO TABLE {TABLE.name}", (str(FILE),))


def executemany(engine: Engine, rows: Rows) -> None:
    """SQLAlchemy Core's INSERT, which PyMySQL turns into statements of many rows."""
    with engine.begin() as connection:
        connection.execute(insert(TABLE), [dict(zip(COLUMNS, row, strict=True)) for row in numbered(rows)])


def to_sql(engine: Engine, _: Rows) -> None:
    """What most people write; the frame is not timed."""
    with engine.begin() as connection:
        FRAME.to_sql(TABLE.name, connection, if_exists="append", index=False)


def best_seconds(engine: Engine, way: Callable[[Engine, Rows], None], rows: Rows) -> float:
    seconds = []
    for _ in range(REPEATS):
        with engine.begin() as connection:
            connection.execute(text(f"TRUNCATE TABLE {TABLE.name}"))
        started = time.perf_counter()
        way(engine, rows)
        seconds.append(time.perf_counter() - started)
        with engine.connect() as connection:
            count = connection.execute(text(f"SELECT count(*) FROM {TABLE.name}")).scalar_one()
        if count != len(rows):
            sys.exit(f"{way.__name__} stored {count} of {len(rows)} rows")
    return min(seconds)


def main(url: str) -> None:
    global FILE, FRAME
    engine = connect(url, load_data=True)
    TABLE.drop(engine, checkfirst=True)
    TABLE.create(engine)
    ways = [ours, load_data, executemany, to_sql]
    figures = []
    try:
        for size in SIZES:
            rows = [list(row) for row in simulate(PROBLEM, size, seed=1)]
            FRAME = pd.DataFrame(numbered(rows), columns=COLUMNS)
            with tempfile.TemporaryDirectory() as folder:
                FILE = Path(folder) / "rows.tsv"
                FRAME.to_csv(FILE, sep="\t", header=False, index=False)
                seconds = {way.__name__: best_seconds(engine, way, rows) for way in ways}
            figures.append(
                {
                    "rows": size,
                    "columns": len(PROBLEM.columns),
                    "rows_per_second": {name: round(size / spent) for name, spent in seconds.items()},
                    "ours_to_load_data": round(seconds["load_data"] / seconds["ours"], 2),
                    "ours_to_to_sql": round(seconds["to_sql"] / seconds["ours"], 1),
                }
            )
    finally:
        TABLE.drop(engine)
    print(json.dumps({"benchmark": "ingest", "cpus": os.cpu_count(), "batches": figures}, indent=2))


FILE: Path
FRAME: pd.DataFrame

if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
