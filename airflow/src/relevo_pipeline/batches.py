"""The rows of one collection, as delivered and as cleaned."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy import select

from relevo_pipeline import chunks, ledger, typed_rows
from relevo_pipeline.problem_tables import raw_table, rejected_table
from relevo_pipeline.run import Run
from relevo_pipeline.validation import ROW_NO


def collection_id(run: Run) -> int:
    """The id of what this run received."""
    return ledger.stored(run).id


def delivered_chunks(run: Run) -> Iterator[pd.DataFrame]:
    """This run's rows as delivered, in their order: text cells, indexed by row number."""
    table = raw_table(run.problem)
    names = [column.name for column in run.problem.delivered]
    query = (
        select(table.c[ROW_NO], *(table.c[name] for name in names))
        .where(table.c.collection_id == collection_id(run))
        .order_by(table.c[ROW_NO])
    )
    for rows in chunks.read(run.stores.raw, query):
        yield pd.DataFrame(rows, columns=[ROW_NO, *names], dtype="object").set_index(ROW_NO)


def delivered(run: Run) -> pd.DataFrame:
    """All of `delivered_chunks` at once."""
    return pd.concat(delivered_chunks(run))


def rejected(run: Run) -> NDArray[np.int64]:
    """The numbers of this run's rows that were put aside."""
    table = rejected_table(run.problem)
    query = select(table.c[ROW_NO]).where(table.c.collection_id == collection_id(run)).distinct()
    with run.stores.clean.connect() as connection:
        return np.fromiter(connection.scalars(query), np.int64)


def new_rows(run: Run) -> pd.DataFrame:
    """The rows of this run that no earlier run brought, typed, in the order of their keys."""
    this = collection_id(run)
    return typed_rows.read(run, lambda columns: columns.collection_id == this).frame
