"""Moves of the production alias that the server saw, for the table `promotions`.

The pipeline and `make promote` write their row just before they move the alias. So a move whose row is missing was
made by hand, and gets its row here. The registry does not number moves; what tells them apart is the row that each
one follows, and a unique key on that keeps servers that saw the same move from writing it twice.

A server that starts takes what it sees first for a move: it may have been made while no server was up.
"""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import structlog
from relevo_contract import database
from relevo_contract.tables import promotions
from sqlalchemy import Connection, Engine, exists, insert, literal, select

from relevo_inference.journal.outbox import connect

log = structlog.get_logger(__name__)

SEEN_BY = "by hand (seen by the model server)"
_REASON = "the alias `production` was moved in the registry, and neither a run nor a command had announced it"
_TRIES = 3


@dataclass(frozen=True, slots=True)
class Move:
    """`from_version` is what this server saw before, perhaps the same; None when it saw nothing. `seen_at` is in
    UTC."""

    problem: str
    from_version: str | None
    to_version: str
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class Latest:
    """The newest row of a problem in `promotions`."""

    id: int
    from_version: str | None
    to_version: str
    promoted_at: datetime
    promoted_by: str


# Whether the registry says that the announced move had happened when the other one was seen.
Happened = Callable[[Move, Latest], bool]


def note(path: Path, move: Move) -> None:
    """Keeps a move in the outbox until its row is known to be in the database."""
    connection = connect(path)
    values = (move.problem, move.from_version, move.to_version, move.seen_at.isoformat())
    statement = "INSERT INTO moves (problem, from_version, to_version, seen_at) VALUES (?, ?, ?, ?)"
    try:
        connection.execute(statement, values)
    finally:
        connection.close()


def ship(outbox: sqlite3.Connection, engine: Engine, happened: Happened) -> None:
    """Brings what was noted into `promotions`, oldest first."""
    noted = outbox.execute(
        "SELECT id, problem, from_version, to_version, seen_at FROM moves ORDER BY id"
    ).fetchall()
    for number, problem, from_version, to_version, seen_at in noted:
        record(engine, Move(problem, from_version, to_version, datetime.fromisoformat(seen_at)), happened)
        outbox.execute("DELETE FROM moves WHERE id = ?", (number,))


def record(engine: Engine, move: Move, happened: Happened) -> None:
    """Writes the row of a move unless it has one."""
    for _ in range(_TRIES):
        with engine.begin() as connection:
            latest = _latest(connection, move.problem)
            if not by_hand(move, latest, happened):
                return
            if _append(connection, move, latest):
                log.info("moved by hand", problem=move.problem, before=move.from_version, version=move.to_version)
                return
        # Somebody else wrote a row in between: perhaps this one.
    raise RuntimeError(f"the promotions of {move.problem} change too fast to add to them")


def by_hand(move: Move, latest: Latest | None, happened: Happened) -> bool:
    """Whether no row accounts for the move."""
    if latest is None:
        return True
    # Its row is there; or the row was written by somebody who saw more than this move.
    if move.to_version == latest.to_version or move.seen_at <= latest.promoted_at:
        return False
    if move.to_version == latest.from_version:
        # The latest row says that production is to leave this version. If it has done so this is a way back, which
        # this server knows if it saw it, or if a server wrote that row; else the registry knows.
        seen = latest.to_version == move.from_version or latest.promoted_by == SEEN_BY
        return seen or happened(move, latest)
    return True


def _latest(connection: Connection, problem: str) -> Latest | None:
    columns = promotions.c
    query = select(columns.id, columns.from_version, columns.to_version, columns.promoted_at, columns.promoted_by)
    row = connection.execute(query.where(columns.problem == problem).order_by(columns.id.desc()).limit(1)).first()
    return Latest(*row) if row is not None else None


def _append(connection: Connection, move: Move, latest: Latest | None) -> bool:
    """Adds the row right behind `latest`; False when it is not the latest any more."""
    follows = latest.id if latest is not None else 0
    before = move.from_version if move.from_version != move.to_version else None
    if before is None and latest is not None:
        before = latest.to_version
    values = {
        "problem": move.problem,
        "from_version": before,
        "to_version": move.to_version,
        "promoted_at": move.seen_at,
        "promoted_by": SEEN_BY,
        "reason": _REASON,
        "follows": follows,
    }
    columns = promotions.c
    later = exists().where(columns.problem == move.problem, columns.id > follows)
    row = select(*(literal(value, columns[name].type) for name, value in values.items())).where(~later)
    statement = database.ignoring(insert(promotions).from_select(list(values), row), connection.dialect)
    return connection.execute(statement).rowcount == 1
