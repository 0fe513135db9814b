"""validate: put rows that break the column contract aside, with the reason; refuse a batch that has too many."""

from sqlalchemy import delete, insert

from relevo_pipeline import audit, batches
from relevo_pipeline.errors import StepError
from relevo_pipeline.problem_tables import ensure, rejected_table
from relevo_pipeline.run import Run
from relevo_pipeline.validation import Validated, validate


def validate_batch(run: Run) -> int:
    """Write the faults of this run's batch into `rejected_<problem>`.

    Returns:
        The number of rows that were put aside.

    Raises:
        StepError: more rows than the problem's reject limit allows; the sentence has the counts by rule.
    """
    rows = batches.delivered(run)
    found = validate(run.problem, rows)
    _store(run, found)
    # Beside what `assess` noted, if this run is cleared.
    evidence = {**(audit.read(run).evidence or {}), "new_categories": found.new_categories}
    audit.note(run, rows_rejected=found.rejected_rows, evidence=evidence)
    share = found.rejected_rows / len(rows)
    if share > run.problem.reject_limit:
        raise StepError(
            f"{found.rejected_rows} of {len(rows)} rows break the contract ({share:.1%}, the limit is "
            f"{run.problem.reject_limit:.1%}): {found.counts_by_rule()}. The rows are in "
            f"rejected_{run.problem.name}; correct the source or the problem's columns, then start a new run."
        )
    return found.rejected_rows


def _store(run: Run, found: Validated) -> None:
    table = rejected_table(run.problem)
    ensure(run.stores.clean, table)
    collection_id = batches.collection_id(run)
    with run.stores.clean.begin() as connection:
        connection.execute(delete(table).where(table.c.collection_id == collection_id))
        if len(found.rejected):
            faults = found.rejected.assign(collection_id=collection_id).to_dict("records")
            connection.execute(insert(table), faults)
