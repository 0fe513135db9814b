"""Many rows at once into a table, in the caller's transaction. Figures: `bench/ingest.py`."""

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from tempfile import TemporaryDirectory
from typing import Literal

from relevo_contract.database import insert_or_ignore
from sqlalchemy import Connection, Table, insert

from relevo_pipeline.errors import StepError

_CHUNK = 10_000
# How LOAD DATA reads a cell: its separators, and what NULL looks like.
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\0": "\\0"})
_NULL = "\\N"
_SPECIAL = re.compile(r"[\\\n\r\0]")

Row = Sequence[object]
Known = Literal["refuse", "skip"]


class BulkError(StepError):
    """The database did not take the rows as they were given."""


def check(connection: Connection) -> None:
    """Make sure that `append` can work, before anything is asked for that must then be stored.

    Raises:
        BulkError: the server refuses LOAD DATA LOCAL.
    """
    if connection.dialect.name == "mysql" and not connection.exec_driver_sql("SELECT @@local_infile").scalar_one():
        raise BulkError("the raw database refuses LOAD DATA LOCAL; start its MySQL with --local-infile=ON")


def append(
    connection: Connection, table: Table, columns: Sequence[str], rows: Iterable[Row], *, known: Known = "refuse"
) -> int:
    """Append rows to a table.

    Args:
        columns: the names of the cells of each row, in their order.
        known: what becomes of a row whose key is there already: `refuse` it with everything else, or `skip` it.

    Returns:
        The number of rows that were added.

    Raises:
        BulkError: not every row was taken as it is; the caller's transaction must not be committed.
    """
    if connection.dialect.name == "mysql":
        return _load_data(connection, table, columns, rows, known)
    statement = insert_or_ignore(table, connection.dialect) if known == "skip" else insert(table)
    added = 0
    for chunk in _chunks(rows):
        values = [dict(zip(columns, row, strict=True)) for row in chunk]
        added += connection.execute(statement, values).rowcount
    return added


def _chunks(rows: Iterable[Row]) -> Iterator[list[Row]]:
    chunk: list[Row] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == _CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _load_data(
    connection: Connection, table: Table, columns: Sequence[str], rows: Iterable[Row], known: Known
) -> int:
    """MySQL's own way in, several times faster than INSERT. The file lives as long as the statement."""
    quote = connection.dialect.identifier_preparer.quote_identifier
    names = ", ".join(quote(column) for column in columns)
    given = 0
    with TemporaryDirectory(prefix="relevo-") as folder:
        path = os.path.join(folder, "rows.tsv")  # noqa: PTH118 - a string is what the statement takes
        with open(path, "w", encoding="utf-8", newline="") as file:  # noqa: PTH123
            for given, row in enumerate(rows, start=1):  # noqa: B007
                file.write(_line(row) + "\n")
        # LOCAL turns a broken rule into a warning; those are looked at below.
        done = connection.exec_driver_sql(
            f"LOAD DATA LOCAL INFILE %s IGNORE INTO TABLE {quote(table.name)} CHARACTER SET utf8mb4 "
            r"FIELDS TERMINATED BY '\t' ESCAPED BY '\\' LINES TERMINATED BY '\n' "
            f"({names})",
            (path,),
        )
    added = done.rowcount
    # A row that is known already is one warning; any other one is a value that was changed on its way in.
    # SHOW WARNINGS comes first: the SELECT after it would empty the list.
    first = connection.exec_driver_sql("SHOW WARNINGS LIMIT 1").all()
    warnings = connection.exec_driver_sql("SELECT @@warning_count").scalar_one()
    if warnings != given - added or (known == "refuse" and added != given):
        raise BulkError(f"{table.name} took {added} of {given} rows; MySQL says: {first}")
    return added


@cache
def _template(cells: int) -> str:
    return "\t".join(["%s"] * cells)


def _line(row: Row) -> str:
    template = _template(len(row))
    line = template % tuple(row)
    # Few cells need escaping, and to write and look at a whole line is several times faster than cell by cell.
    if _SPECIAL.search(line) is None and line.count("\t") == len(row) - 1:
        return template % tuple([_NULL if cell is None else cell for cell in row]) if None in row else line
    return "\t".join(_NULL if cell is None else str(cell).translate(_ESCAPES) for cell in row)
