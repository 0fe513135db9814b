"""Connections to the stack's databases: MySQL in Docker, SQLite files without it, by URL alone."""

from pathlib import Path
from typing import Any

from sqlalchemy import Dialect, Engine, Executable, Table, create_engine, event
from sqlalchemy.dialects import mysql, sqlite
from sqlalchemy.engine import make_url


def connect(url: str) -> Engine:
    """An engine for `url`. A SQLite file's folder is created; writers then wait for each other up to 30 s."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return create_engine(parsed, pool_pre_ping=True, pool_recycle=1800)
    if parsed.database and parsed.database != ":memory:":
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(parsed)
    event.listen(engine, "connect", _set_pragmas)
    return engine


def _set_pragmas(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    # The timeout first: turning WAL on needs the lock that another process may hold.
    cursor.execute("PRAGMA busy_timeout = 30000")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = NORMAL")
    cursor.close()


def insert_or_ignore(table: Table, dialect: Dialect) -> Executable:
    """An INSERT that leaves rows alone whose key is there already."""
    if dialect.name == "sqlite":
        return sqlite.insert(table).on_conflict_do_nothing()
    # ON DUPLICATE KEY UPDATE would need a right to change rows, which an append-only user does not have.
    # IGNORE also cuts values that are too long: what goes in is checked against the column before.
    return mysql.insert(table).prefix_with("IGNORE")
