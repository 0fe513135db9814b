"""The ledger: one request to the data API per run, whatever fails, is cleared, retried or killed.

    (none) → requested → received | exhausted | failed

`requested` is committed before the request leaves. Its answer is kept as it came (`answers`) until one of the other
states, which are final, says what came of it.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from relevo_contract.tables import collections, utc_now
from sqlalchemy import Connection, Row, Table, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from relevo_pipeline import answers, bulk
from relevo_pipeline.answers import KeptAnswer
from relevo_pipeline.delivery import Delivery
from relevo_pipeline.errors import ExhaustedError, StepError
from relevo_pipeline.problem_tables import EXTRA, ensure, raw_table
from relevo_pipeline.run import Run

# A finding: the first collection whose answer was the same, byte for byte.
SAME_BODY = "same_body_as_collection"


class State(StrEnum):
    """What a run's request has come to."""

    REQUESTED = "requested"
    RECEIVED = "received"
    EXHAUSTED = "exhausted"
    FAILED = "failed"


# Where an entry may go from where it is. A run without an entry is the only one that may ask.
TRANSITIONS: Mapping[State | None, frozenset[State]] = {
    None: frozenset({State.REQUESTED}),
    State.REQUESTED: frozenset({State.RECEIVED, State.EXHAUSTED, State.FAILED}),
    State.RECEIVED: frozenset(),
    State.EXHAUSTED: frozenset(),
    State.FAILED: frozenset(),
}


@dataclass(frozen=True)
class Collection:
    """A batch that was received and stored; `findings` is what was noticed about the answer."""

    id: int
    batch: str
    data: str
    rows: int
    findings: dict[str, Any] = field(default_factory=dict)


def begin(run: Run) -> int | KeptAnswer | Collection:
    """Claim this run's one request.

    Returns:
        The id of a new ledger row if the request may be sent now, the stored collection if it was already
        answered, or the answer as it came if a worker died before its rows were stored.

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
                    state=State.REQUESTED,
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
    if entry.state == State.REQUESTED and (kept := answers.find(run, entry.id)) is not None:
        return kept
    return _answered(entry)


def _answered(entry: Row[tuple[object, ...]]) -> Collection:
    match entry.state:
        case State.RECEIVED:
            return _stored(entry)
        case State.EXHAUSTED:
            raise ExhaustedError(entry.error)
        case State.FAILED:
            raise StepError(f"{entry.error} (Cleared or retried, a run never asks again: start a new run.)")
        case _:
            raise StepError(
                f"run {entry.dag_run_id} already sent its request and did not get to keep the answer; "
                "start a new run."
            )


def _stored(entry: Row[tuple[object, ...]]) -> Collection:
    return Collection(entry.id, entry.batch_label, entry.data, entry.row_count, entry.findings or {})


def stored(run: Run) -> Collection:
    """What this run received.

    Raises:
        StepError: it has received nothing.
    """
    entry = find(run)
    if entry is None or entry.state != State.RECEIVED:
        raise StepError(f"run {run.dag_run_id} has received no batch; start a new run.")
    return _stored(entry)


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
        collections.c.problem == run.problem.name, collections.c.state == State.RECEIVED
    )
    with run.stores.raw.connect() as connection:
        return set(connection.scalars(query.distinct()))


def received(run: Run, collection_id: int, delivery: Delivery) -> Collection:
    """Store the rows as delivered and close the ledger row, in one transaction."""
    table = raw_table(run.problem)
    columns, cells = raw_rows(table, collection_id, delivery)
    with run.stores.raw.begin() as connection:
        findings = {**delivery.findings, **_seen_before(connection, run, delivery.sha256)}
        _close(
            connection,
            collection_id,
            State.RECEIVED,
            received_at=utc_now(),
            http_status=delivery.http_status,
            batch_label=delivery.batch,
            data=delivery.data,
            row_count=len(delivery.rows),
            size=delivery.size,
            sha256=delivery.sha256,
            findings=findings,
        )
        bulk.append(connection, table, columns, cells)
    return Collection(collection_id, delivery.batch, delivery.data, len(delivery.rows), findings)


def raw_rows(table: Table, collection_id: int, delivery: Delivery) -> tuple[list[str], Iterator[bulk.Row]]:
    """Names and cells of the rows for the raw table; nearly every batch has nothing extra."""
    columns = [column.name for column in table.columns]
    numbered = enumerate(delivery.rows)
    if extra := delivery.extra:
        return columns, ((collection_id, number, *row, extra.get(number)) for number, row in numbered)
    columns.remove(EXTRA)
    return columns, ((collection_id, number, *row) for number, row in numbered)


def _seen_before(connection: Connection, run: Run, sha256: str) -> dict[str, int]:
    same = select(func.min(collections.c.id)).where(
        collections.c.problem == run.problem.name,
        collections.c.state == State.RECEIVED,
        collections.c.sha256 == sha256,
    )
    first = connection.execute(same).scalar_one()
    return {} if first is None else {SAME_BODY: int(first)}


def ended(
    run: Run, collection_id: int, state: State, error: str, http_status: int | None, body: bytes | None = None
) -> None:
    """Close the ledger row without rows: `exhausted` or `failed`, with the sentence; `body` if there was one."""
    known = {} if body is None else {"size": len(body), "sha256": hashlib.sha256(body).hexdigest()}
    with run.stores.raw.begin() as connection:
        _close(connection, collection_id, state, error=error, http_status=http_status, **known)


def _close(connection: Connection, collection_id: int, to: State, **values: object) -> None:
    before = [state for state, reachable in TRANSITIONS.items() if to in reachable]
    closed = connection.execute(
        update(collections)
        .where(collections.c.id == collection_id, collections.c.state.in_(before))
        .values(state=to, **values)
    )
    if closed.rowcount != 1:
        raise StepError(f"the ledger row {collection_id} was not open any more when it was to become {to}")
    answers.drop(connection, collection_id)
