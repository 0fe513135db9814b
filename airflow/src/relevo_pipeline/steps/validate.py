"""validate: put rows that break the column contract aside, with the reason; refuse a batch that has too many."""

from collections.abc import Iterator

from sqlalchemy import delete

from relevo_pipeline import audit, batches, ledger
from relevo_pipeline.bulk import append
from relevo_pipeline.errors import StepError
from relevo_pipeline.ledger import Collection
from relevo_pipeline.problem_tables import EXTRA, ensure, rejected_table
from relevo_pipeline.run import Run
from relevo_pipeline.validation import Tally, validate


def validate_batch(run: Run) -> int:
    """Write the faults of this run's batch into `rejected_<problem>`.

    Returns:
        The number of rows that were put aside.

    Raises:
        StepError: a column is in none of the rows, or more rows than the problem's reject limit allows break
            the contract; the sentence has the counts by rule.
    """
    collection = ledger.stored(run)
    _refuse_lost_columns(run, collection)
    found = _store_faults(run)
    audit.note(run, rows_rejected=found.rejected_rows)
    audit.add_evidence(run, new_categories=found.new_categories(), rejected=found.counts())
    share = found.rejected_rows / found.rows
    if share > run.problem.reject_limit:
        raise StepError(
            f"{found.rejected_rows} of {found.rows} rows break the contract ({share:.1%}, the limit is "
            f"{run.problem.reject_limit:.1%}): {found.counts_by_rule()}. The rows are in "
            f"rejected_{run.problem.name}; correct the source or the problem's columns, then start a new run."
        )
    return found.rejected_rows


def _refuse_lost_columns(run: Run, collection: Collection) -> None:
    """Without a column every row is a fault, and the same one."""
    changes = collection.findings.get("schema_changes", {"missing": {}, "unexpected": {}})
    lost = [name for name, count in changes["missing"].items() if count == collection.rows]
    if not lost:
        return
    missing = f"missing {', '.join(lost)}"
    changed = f"{missing}, unexpected {', '.join(changes['unexpected'])}" if changes["unexpected"] else missing
    raise StepError(
        f"the data API changed its columns: {changed}. All {collection.rows} rows are in raw_{run.problem.name} as "
        f"they were delivered (collection {collection.id}; what no column is for is in `{EXTRA}`); correct the "
        "source or the problem's columns, then start a new run."
    )


def _store_faults(run: Run) -> Tally:
    table = rejected_table(run.problem)
    ensure(run.stores.clean, table)
    collection_id = batches.collection_id(run)
    names = [column.name for column in table.columns]
    found = Tally(run.problem)

    def faults() -> Iterator[tuple[object, ...]]:
        for chunk in batches.delivered_chunks(run):
            validated = validate(run.problem, chunk)
            found.add(validated)
            yield from validated.rejected.assign(collection_id=collection_id)[names].itertuples(
                index=False, name=None
            )

    with run.stores.clean.begin() as connection:
        connection.execute(delete(table).where(table.c.collection_id == collection_id))
        append(connection, table, names, faults())
    return found
