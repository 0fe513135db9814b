"""Rows for the database without SQLAlchemy's work for each of them, which took longer than the database did."""

from collections.abc import Mapping, Sequence
from typing import Any

from relevo_contract.database import insert_or_ignore
from sqlalchemy import Connection, Dialect, Table


class Append:
    """An INSERT of `columns` that leaves rows alone whose key is there already.

    Its parameters are as the driver wants them: in their order (SQLite) or by name (PyMySQL).
    """

    def __init__(self, table: Table, columns: Sequence[str], dialect: Dialect) -> None:
        compiled = insert_or_ignore(table, dialect).compile(dialect=dialect, column_keys=list(columns))
        self.sql = str(compiled)
        self._by_name = compiled.positiontup is None
        self._columns = [
            (name, table.c[name].type.dialect_impl(dialect).bind_processor(dialect))
            for name in compiled.positiontup or columns
        ]

    def __call__(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Inserts `rows`, each of which has all of the columns."""
        connection.exec_driver_sql(self.sql, self.parameters(rows))

    def parameters(self, rows: Sequence[Mapping[str, Any]]) -> list[Any]:
        """One tuple or dictionary for each of `rows`."""
        columns = self._columns
        values = (
            [row[name] if process is None else process(row[name]) for name, process in columns] for row in rows
        )
        if not self._by_name:
            return [tuple(of_row) for of_row in values]
        names = [name for name, _ in columns]
        return [dict(zip(names, of_row, strict=True)) for of_row in values]
