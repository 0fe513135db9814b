"""Connections to the stack's databases: MySQL in Docker, SQLite files without it, by URL alone."""

import sqlite3
import time
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, SecretStr
from sqlalchemy import Dialect, Engine, Insert, Table, create_engine, event, insert
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError


def _is_a_url(url: SecretStr) -> SecretStr:
    try:
        make_url(url.get_secret_value())
    except ArgumentError:
        raise ValueError("not the URL of a database, such as sqlite:////path/file.db") from None
    return url


# For settings: a database's URL may hold a password.
DatabaseUrl = Annotated[SecretStr, AfterValidator(_is_a_url)]


def connect(url: str, *, bulk: bool = False, timeout_seconds: float = 600) -> Engine:
    """An engine for `url`. A SQLite file's folder is created; writers then wait for each other up to 30 s.

    Args:
        bulk: for who writes whole batches: MySQL's LOAD DATA LOCAL may read files of this process, and more of a
            SQLite file stays in memory.
        timeout_seconds: how long one statement may keep a MySQL connection silent.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        # PyMySQL waits for ever for a server that accepts and says nothing.
        waits = {"connect_timeout": 10, "read_timeout": timeout_seconds, "write_timeout": timeout_seconds}
        arguments = {**waits, "local_infile": bulk} if parsed.get_backend_name() == "mysql" else {}
        return create_engine(parsed, pool_pre_ping=True, pool_recycle=1800, connect_args=arguments)
    if parsed.database and parsed.database != ":memory:":
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(parsed)
    event.listen(engine, "connect", _set_pragmas)
    if bulk:
        event.listen(engine, "connect", _keep_pages)
    return engine


def _set_pragmas(connection: sqlite3.Connection, _record: object) -> None:
    connection.execute("PRAGMA busy_timeout = 30000")
    use_wal(connection)
    # A power cut must not forget that a request was sent: the run would send it again.
    connection.execute("PRAGMA synchronous = FULL")


def _keep_pages(connection: sqlite3.Connection, _record: object) -> None:
    # 32 MiB, the keys of a few hundred thousand rows: with SQLite's 2 MiB a new row reads a page of its own.
    connection.execute("PRAGMA cache_size = -32768")


def use_wal(connection: sqlite3.Connection, patience_seconds: float = 30) -> None:
    """Switch a SQLite file to write-ahead logging, in which readers and a writer do not wait for each other.

    SQLite does not wait for others that switch the same file at the same moment, whatever its timeout:
    it says "locked" at once.
    """
    end = time.monotonic() + patience_seconds
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > end:
                raise
            time.sleep(0.005)
        else:
            return


def insert_or_ignore(table: Table, dialect: Dialect) -> Insert:
    """An INSERT that leaves rows alone whose key is there already."""
    return ignoring(insert(table), dialect)


def ignoring(statement: Insert, dialect: Dialect) -> Insert:
    """`statement` without the rows whose key is there already."""
    # ON DUPLICATE KEY UPDATE would need a right to change rows, which an append-only user does not have.
    # IGNORE also cuts values that are too long: what goes in is checked against the column before.
    return statement.prefix_with("OR IGNORE" if dialect.name == "sqlite" else "IGNORE")
