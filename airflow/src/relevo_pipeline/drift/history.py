"""What earlier batches were like, from the audit rows: no row of data is read again."""

from dataclasses import dataclass
from statistics import median

from relevo_contract.assessment import Volume
from relevo_contract.tables import runs
from sqlalchemy import select

from relevo_pipeline import audit
from relevo_pipeline.run import Run

_USUAL = 20
# Runs are counted back to the last training, and no further than this: the cost has a bound.
_LOOK_BACK = 1000


@dataclass(frozen=True)
class _Earlier:
    collection_id: int
    received: int
    new: int
    judged: bool


def volume(run: Run) -> Volume:
    """This batch's rows beside those of the batches before it."""
    entry = audit.read(run)
    before = _earlier(run, _USUAL)
    return Volume(
        received=entry.rows_received or 0,
        new=entry.rows_new or 0,
        batches=len(before),
        usual_received=median(batch.received for batch in before) if before else None,
        usual_new=median(batch.new for batch in before) if before else None,
    )


def rows_since_training(run: Run, last_collection_id: int) -> int:
    """New rows, this run's among them, that came after the last batch a model was trained on.

    That is `last_collection_id`, the last batch of the production model, or a later one whose challenger was judged
    and rejected: to train on the same rows again would end the same way.
    """
    rows = audit.read(run).rows_new or 0
    for batch in _earlier(run, _LOOK_BACK):
        if batch.judged or batch.collection_id <= last_collection_id:
            break
        rows += batch.new
    return rows


def _earlier(run: Run, limit: int) -> list[_Earlier]:
    """The batches before this run's, newest first."""
    query = (
        select(runs.c.collection_id, runs.c.rows_received, runs.c.rows_new, runs.c.verdict)
        .where(
            runs.c.problem == run.problem.name,
            runs.c.started_at < audit.read(run).started_at,
            runs.c.collection_id.is_not(None),
        )
        .order_by(runs.c.started_at.desc())
        .limit(limit)
    )
    with run.stores.clean.connect() as connection:
        return [
            _Earlier(collection_id, received or 0, new or 0, verdict is not None)
            for collection_id, received, new, verdict in connection.execute(query)
        ]
