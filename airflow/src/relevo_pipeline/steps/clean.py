"""clean: typed rows, each once, with its key and its split. A second go changes nothing."""

from collections.abc import Iterator
from itertools import repeat

from sqlalchemy import func, select

from relevo_pipeline import audit, batches
from relevo_pipeline.bulk import append
from relevo_pipeline.errors import StepError
from relevo_pipeline.problem_tables import clean_table, ensure
from relevo_pipeline.run import Run
from relevo_pipeline.splits import row_keys, splits
from relevo_pipeline.validation import typed


def clean(run: Run) -> int:
    """Write this run's rows that `validate` did not put aside into `clean_<problem>`.

    Returns:
        The number of rows that no earlier run had brought.

    Raises:
        StepError: `validate` has not looked at this batch.
    """
    if audit.read(run).rows_rejected is None:
        raise StepError(f"the batch of run {run.dag_run_id} was not validated; clear the task validate.")
    table = clean_table(run.problem)
    ensure(run.stores.clean, table)
    collection_id = batches.collection_id(run)
    columns = ["row_key", "collection_id", "split", *(column.name for column in run.problem.columns)]
    with run.stores.clean.begin() as connection:
        append(connection, table, columns, _rows(run, collection_id), known="skip")
        new = connection.execute(
            select(func.count()).select_from(table).where(table.c.collection_id == collection_id)
        ).scalar_one()
    audit.note(run, rows_new=new)
    return int(new)


def _rows(run: Run, collection_id: int) -> Iterator[tuple[object, ...]]:
    rejected = batches.rejected(run)
    for chunk in batches.delivered_chunks(run):
        good = typed(run.problem, chunk[~chunk.index.isin(rejected)])
        keys = row_keys(run.problem, good)
        found = splits(run.problem, good, keys).tolist()
        cells = (good[column.name].tolist() for column in run.problem.columns)
        yield from zip(keys, repeat(collection_id), found, *cells, strict=False)
