"""Answers of the challenger on their way to the table `shadow_predictions`, many a commit, as lines of JSON."""

import sqlite3
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic_core import from_json, to_json
from relevo_contract import database
from relevo_contract.tables import shadow_predictions
from sqlalchemy import Engine


def encode(row: Mapping[str, Any]) -> bytes:
    """The line of one row, whose keys are the columns of the table; `predicted_at` in ISO format."""
    return to_json(row) + b"\n"


def keep(outbox: sqlite3.Connection, payload: bytes) -> None:
    """Keeps lines until they are in the database."""
    outbox.execute("INSERT INTO shadow (payload) VALUES (?)", (payload,))


def ship(outbox: sqlite3.Connection, engine: Engine) -> None:
    """Takes what waits to the database, oldest first."""
    statement = database.insert_or_ignore(shadow_predictions, engine.dialect)
    while waiting := outbox.execute("SELECT id, payload FROM shadow ORDER BY id LIMIT 1").fetchone():
        number, payload = waiting
        rows = [from_json(line) for line in payload.splitlines()]
        for row in rows:
            row["predicted_at"] = datetime.fromisoformat(row["predicted_at"])
        with engine.begin() as connection:
            connection.execute(statement, rows)
        outbox.execute("DELETE FROM shadow WHERE id = ?", (number,))
