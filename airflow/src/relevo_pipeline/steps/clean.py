"""clean: typed rows, prepared, each once, with its key and its split. A second go changes nothing."""

from collections.abc import Iterator

from sqlalchemy import func, select

from relevo_pipeline import audit, batches
from relevo_pipeline.bulk import append
from relevo_pipeline.errors import StepError
from relevo_pipeline.preparation import Preparation
from relevo_pipeline.problem_tables import clean_table, ensure
from relevo_pipeline.run import Run
from relevo_pipeline.validation import typed


def clean(run: Run) -> int:
    """Write this run's rows that `validate` did not put aside into `clean_<problem>`.

    Rows that the problem excludes are in order and stay out; the audit row has how many, by reason.

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
    columns = ["row_key", "split", *(column.name for column in run.problem.clean_columns), "collection_id"]
    preparation = Preparation(run.problem)
    with run.stores.clean.begin() as connection:
        append(connection, table, columns, _rows(run, preparation, collection_id), known="skip")
        new = connection.execute(
            select(func.count()).select_from(table).where(table.c.collection_id == collection_id)
        ).scalar_one()
    audit.note(run, rows_new=new)
    if preparation.excluded:
        audit.add_evidence(run, excluded=dict(preparation.excluded.most_common()))
    return int(new)


def _rows(run: Run, preparation: Preparation, collection_id: int) -> Iterator[tuple[object, ...]]:
    rejected = batches.rejected(run)
    for chunk in batches.delivered_chunks(run):
        good = typed(run.problem, chunk[~chunk.index.isin(rejected)])
        for row in preparation.rows(good):
            yield (*row, collection_id)
