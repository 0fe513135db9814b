"""Published rows in the pipeline's own stores, for benchmarks that train on them. Not a benchmark itself."""

import csv
import os
import subprocess
import sys
from collections.abc import Iterable
from itertools import repeat
from pathlib import Path
from tempfile import TemporaryFile

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from relevo_contract.tables import collections, utc_now
from relevo_pipeline import audit
from relevo_pipeline.bulk import append
from relevo_pipeline.migrate import upgrade
from relevo_pipeline.preparation import Preparation
from relevo_pipeline.problem_tables import clean_table, ensure
from relevo_pipeline.run import Run
from relevo_pipeline.settings import Settings
from relevo_pipeline.splits import row_keys
from relevo_pipeline.stores import Stores
from relevo_pipeline.validation import ROW_NO, validate
from relevo_problems.problem import Problem
from relevo_problems.published import find, verify
from sqlalchemy import insert


def published(problem: Problem) -> pd.DataFrame:
    """All rows in their published order, typed."""
    folder = os.environ.get("RELEVO_DATASETS")
    if not folder:
        sys.exit("set RELEVO_DATASETS to the folder with the published data sets (or: make data, var/data)")
    file = Path(folder) / problem.dataset.published
    verify(problem.dataset, file)
    kinds = {"integer": "int64", "number": "float64", "category": "str"}
    types = {column.name: kinds[column.kind] for column in problem.columns}
    with TemporaryFile("w+") as lines:
        lines.writelines(problem.dataset.convert(file))
        lines.seek(0)
        return pd.read_csv(lines, dtype=types).astype({n: object for n, t in types.items() if t == "str"})


def prepared(problem: Problem) -> pd.DataFrame:
    """All rows that the data API delivers and a model may learn from, as the clean table has them.

    `row_key`, `split` by the pipeline's rule, the clean columns, and `batch`: the part and the number of the batch.
    """
    folder = os.environ.get("RELEVO_DATASETS")
    file = find(problem.dataset, [Path(folder)]) if folder and problem.dataset else None
    if file is None or problem.dataset is None:
        sys.exit("set RELEVO_DATASETS to the folder with the published data sets (or: make data, var/data)")
    verify(problem.dataset, file)
    header, *lines = csv.reader(problem.dataset.convert(file))
    found = []
    for part, batches in problem.source.divide(lines).items():
        for number, positions in enumerate(batches):
            delivered = pd.DataFrame([lines[at] for at in positions], columns=header, dtype="object")
            delivered.index.name = ROW_NO
            rows = Preparation(problem).rows(validate(problem, delivered).good)
            columns = ["row_key", "split", *(column.name for column in problem.clean_columns)]
            found.append(pd.DataFrame(rows, columns=columns).assign(batch=f"{part} {number}"))
    return pd.concat(found, ignore_index=True).drop_duplicates("row_key")


def open_stores(folder: Path, **settings: object) -> tuple[Settings, Stores]:
    """Fresh SQLite databases below `folder`, and MLflow on a file of its own, without the server in between."""
    settings = {
        "raw_db_url": f"sqlite:///{folder}/raw.db",
        "clean_db_url": f"sqlite:///{folder}/clean.db",
        "mlflow_tracking_uri": f"sqlite:///{folder}/mlflow.db",
        **settings,
    }
    opened = Settings.model_validate(settings)
    stores = Stores.open(opened)
    upgrade(stores.raw, "raw")
    upgrade(stores.clean, "clean")
    return opened, stores


def receive(run: Run, batch: str, rows: pd.DataFrame, split: NDArray[np.str_]) -> None:
    """Store rows as `collect` and `clean` do once a batch is valid; rows that are known stay as they are."""
    receive_prepared(run, batch, rows.assign(row_key=row_keys(run.problem, rows), split=split))


def receive_prepared(run: Run, batch: str, rows: pd.DataFrame) -> None:
    """The same for rows that have their key and their split."""
    with run.stores.raw.begin() as connection:
        received = insert(collections).values(
            problem=run.problem.name,
            dag_run_id=run.dag_run_id,
            state="received",
            requested_at=utc_now(),
            batch_label=batch,
            data="real",
            row_count=len(rows),
        )
        key = connection.execute(received).inserted_primary_key
    assert key is not None  # noqa: S101 - SQLite returns it
    table = clean_table(run.problem)
    ensure(run.stores.clean, table)
    columns = ["row_key", "split", *(column.name for column in run.problem.clean_columns)]
    # Plain Python values, None where nothing is.
    cells = (rows[name].astype("object").where(rows[name].notna(), None).tolist() for name in columns)
    rows_of_cells = zip(repeat(int(key[0])), *cells, strict=False)
    with run.stores.clean.begin() as connection:
        append(connection, table, ["collection_id", *columns], rows_of_cells, known="skip")
    audit.begin(run)
    audit.note(run, data="real", batch=batch, decision="train", decision_reason="train: a benchmark asks for it")


def in_a_process_of_its_own(script: str, arguments: Iterable[str], folder: Path) -> str:
    """What the script prints, run where its memory is its own and its files are below `folder`."""
    command = [sys.executable, str(Path(script).resolve()), *arguments]
    done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout
