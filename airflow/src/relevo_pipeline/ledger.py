"""The ledger: one request to the data API per run, whatever fails, is cleared, retried or killed.

    (none) → requested → received | exhausted | failed

`requested` is committed before the request leaves. Every other state is final.
"""

from dataclasses import dataclass
from typing import Literal

from relevo_contract.tables import collections, utc_now
from sqlalchemy import Connection, Row, insert, select, update
from sqlalchemy.exc import IntegrityError

from relevo_pipeline import bulk
from relevo_pipeline.delivery import Delivery
from relevo_pipeline.errors import ExhaustedError, StepError
from relevo_pipeline.problem_tables import ensure, raw_table
from relevo_pipeline.run import Run

State = Literal["requested", "received", "exhausted", "failed"]


@dataclass(frozen=True)
class Collection:
    """A batch that was received and stored."""

    id: int
    batch: str
    data: str
    rows: int


def begin(run: Run) -> int | Collection:
    """Claim this run's one request.

    Returns:
        The id of a new ledger row if the request may be sent now, or the stored collection if it was already
        answered.

    Raises:
        ExhaustedError: this run was already told that there is no more data.
        StepError: this run has sent its request and did not get to keep an answer.
    """
    ensure(run.stores.raw, raw_table(run.problem))
    with run.stores.raw.connect() as connection:
        bulk.check(connection)
    try:
        with run.stores.raw.begin() as connection:
            claim = connection.execute(
                insert(collections).values(
                    problem=run.problem.name,
                    dag_run_id=run.dag_run_id,
                    state="requested",
                    requested_at=utc_now(),
                )
            )
            key = claim.inserted_primary_key
            assert key is not None  # noqa: S101 - every dialect we support returns it
            return int(key[0])
    except IntegrityError:
        entry = find(run)
    if entry is None:
        raise StepError(f"the ledger row of run {run.dag_run_id} vanished; look at the table collections")
    return _answered(entry)


def _answered(entry: Row[tuple[object, ...]]) -> Collection:
    match entry.state:
        case "received":
            return Collection(entry.id, entry.batch_label, entry.data, entry.row_count)
        case "exhausted":
            raise ExhaustedError(entry.error)
        case "failed":
            raise StepError(f"{entry.error} (Cleared or retried, a run never asks again: start a new run.)")
        case _:
            raise StepError(
                f"run {entry.dag_run_id} already sent its request and did not get to keep the answer; "
                "start a new run."
            )


def find(run: Run) -> Row[tuple[object, ...]] | None:
    """This run's ledger row."""
    with run.stores.raw.connect() as connection:
        return connection.execute(
            select(collections).where(
                collections.c.problem == run.problem.name, collections.c.dag_run_id == run.dag_run_id
            )
        ).one_or_none()


def kinds(run: Run) -> set[str]:
    """Of which kinds (real, simulated) the batches are that this problem has received so far."""
    query = select(collections.c.data).where(
        collections.c.problem == run.problem.name, collections.c.state == "received"
    )
    with run.stores.raw.connect() as connection:
        return set(connection.scalars(query.distinct()))


def received(run: Run, collection_id: int, delivery: Delivery) -> Collection:
    """Store the rows as delivered and close the ledger row, in one transaction."""
    table = raw_table(run.problem)
    numbered = ((collection_id, number, *row) for number, row in enumerate(delivery.rows))
    with run.stores.raw.begin() as connection:
        bulk.append(connection, table, [column.name for column in table.columns], numbered)
        _close(
            connection,
            collection_id,
            "received",
            received_at=utc_now(),
            http_status=delivery.http_status,
            batch_label=delivery.batch,
            data=delivery.data,
            row_count=len(delivery.rows),
            size=delivery.size,
            sha256=delivery.sha256,
        )
    return Collection(collection_id, delivery.batch, delivery.data, len(delivery.rows))


def ended(run: Run, collection_id: int, state: State, error: str, http_status: int | None) -> None:
    """Close the ledger row without rows: `exhausted` or `failed`, with the sentence."""
    with run.stores.raw.begin() as connection:
        _close(connection, collection_id, state, error=error, http_status=http_status)


def _close(connection: Connection, collection_id: int, state: State, **values: object) -> None:
    closed = connection.execute(
        update(collections)
        .where(collections.c.id == collection_id, collections.c.state == "requested")
        .values(state=state, **values)
    )
    if closed.rowcount != 1:
        raise StepError(f"the ledger row {collection_id} was not open any more when it was to become {state}")
