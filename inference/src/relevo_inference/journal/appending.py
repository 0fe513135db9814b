"""Rows for the database without SQLAlchemy's work for each of them, which took longer than the database did."""

from collections.abc import Mapping, Sequence
from typing import Any

from relevo_contract.database import insert_or_ignore
from sqlalchemy import Connection, Dialect, Table


class Append:
    """An INSERT of `columns` that leaves rows alone whose key is there already.

    For drivers that number their parameters, as those of SQLite and MySQL do.
    """

    def __init__(self, table: Table, columns: Sequence[str], dialect: Dialect) -> None:
        compiled = insert_or_ignore(table, dialect).compile(dialect=dialect, column_keys=list(columns))
        self._sql = str(compiled)
        self._columns = [
            (name, table.c[name].type.dialect_impl(dialect).bind_processor(dialect))
            for name in compiled.positiontup or ()
        ]

    def __call__(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Inserts `rows`, each of which has all of the columns."""
        parameters = [
            tuple([row[name] if process is None else process(row[name]) for name, process in self._columns])
            for row in rows
        ]
        connection.exec_driver_sql(self._sql, parameters)
