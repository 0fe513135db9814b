"""clean: typed rows, each once, with its key and its split. A second go changes nothing."""

from itertools import repeat

from sqlalchemy import func, select

from relevo_pipeline import audit, batches
from relevo_pipeline.bulk import append
from relevo_pipeline.problem_tables import clean_table, ensure
from relevo_pipeline.run import Run
from relevo_pipeline.splits import row_keys, splits
from relevo_pipeline.validation import validate


def clean(run: Run) -> int:
    """Write this run's good rows into `clean_<problem>`.

    Returns:
        The number of rows that no earlier run had brought.
    """
    table = clean_table(run.problem)
    ensure(run.stores.clean, table)
    collection_id = batches.collection_id(run)
    good = validate(run.problem, batches.delivered(run)).good
    keys = row_keys(run.problem, good)
    found = splits(run.problem, good, keys)
    columns = ["row_key", "collection_id", "split", *good.columns]
    cells = (good[name].tolist() for name in good.columns)
    rows = zip(keys, repeat(collection_id), found.tolist(), *cells, strict=False)
    with run.stores.clean.begin() as connection:
        append(connection, table, columns, rows, known="skip")
        new = connection.execute(
            select(func.count()).select_from(table).where(table.c.collection_id == collection_id)
        ).scalar_one()
    audit.note(run, rows_new=new)
    return int(new)
