"""The rows of one collection, as delivered and as cleaned."""

import pandas as pd
from sqlalchemy import select

from relevo_pipeline import ledger
from relevo_pipeline.problem_tables import clean_table, raw_table
from relevo_pipeline.run import Run
from relevo_pipeline.validation import ROW_NO


def collection_id(run: Run) -> int:
    """The id of what this run received."""
    return ledger.stored(run).id


def delivered(run: Run) -> pd.DataFrame:
    """This run's rows as delivered: text cells, indexed by row number."""
    table = raw_table(run.problem)
    names = [column.name for column in run.problem.columns]
    query = (
        select(table.c[ROW_NO], *(table.c[name] for name in names))
        .where(table.c.collection_id == collection_id(run))
        .order_by(table.c[ROW_NO])
    )
    with run.stores.raw.connect() as connection:
        rows = connection.execute(query).all()
    frame = pd.DataFrame(rows, columns=[ROW_NO, *names], dtype="object")
    return frame.set_index(ROW_NO)


def new_rows(run: Run) -> pd.DataFrame:
    """The rows of this run that no earlier run brought, typed."""
    table = clean_table(run.problem)
    query = (
        select(*(table.c[column.name] for column in run.problem.columns))
        .where(table.c.collection_id == collection_id(run))
        .order_by(table.c.row_key)
    )
    with run.stores.clean.connect() as connection:
        rows = connection.execute(query).all()
    return pd.DataFrame(rows, columns=[column.name for column in run.problem.columns])
