"""Connections that only read, whatever their user may do."""

from urllib.parse import quote

from relevo_contract.database import connect
from sqlalchemy import Engine, create_engine, make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool


def connect_read_only(url: str) -> Engine:
    """An engine to read with. SQLite opens its file read-only, so that it never creates an empty one."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return connect(url, timeout_seconds=10)
    return _read_only_file(url)


def connect_to_look(url: str, seconds: int) -> Engine:
    """An engine that connects anew for each look, to see whether the database is there, and gives up soon."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return _read_only_file(url)
    waits = {"connect_timeout": seconds, "read_timeout": seconds, "write_timeout": seconds}
    return create_engine(parsed, poolclass=NullPool, connect_args=waits)


def cause(error: SQLAlchemyError) -> str:
    """The driver's message, without the address and its password."""
    original = getattr(error, "orig", None)
    arguments = getattr(original, "args", ())
    return str(arguments[-1]) if arguments else type(original or error).__name__


def _read_only_file(url: str) -> Engine:
    parsed = make_url(url)
    if not parsed.database or parsed.database == ":memory:":
        raise ValueError("the URL names a database in memory; the page can only read a file or a server")
    read_only = parsed.set(database=f"file:{quote(parsed.database)}", query={"mode": "ro", "uri": "true"})
    # A file is opened anew each time, so that one that was moved away or made again is noticed.
    return create_engine(read_only, connect_args={"timeout": 5}, poolclass=NullPool)
