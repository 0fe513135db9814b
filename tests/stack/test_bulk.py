"""LOAD DATA on the real MySQL: cells come back as they went in, and nothing is taken by halves."""

from typing import Any

SCRIPT = """
import json
from relevo_pipeline.bulk import BulkError, append
from relevo_pipeline.settings import settings
from relevo_pipeline.stores import Stores
from sqlalchemy import Column, Integer, MetaData, String, Table, Text, select

raw = Stores.open(settings()).raw
key = Column("id", Integer, primary_key=True, autoincrement=False)
columns = [key, Column("Text", Text), Column("s", String(4))]
table = Table("bulk_test", MetaData(), *columns)
table.drop(raw, checkfirst=True)
table.create(raw)
evil = [
    "a\\tb", "c\\\\N", "\\\\", "line\\nbreak", "\\r\\n", "nul\\0x", "ñ€😀", "%s",
    "'\\"`", None, "", "\\\\N", "NULL",
]
rows = [(number, cell, "s") for number, cell in enumerate(evil)]
found = {}
with raw.begin() as connection:
    found["added"] = append(connection, table, ["id", "Text", "s"], rows)
with raw.begin() as connection:
    found["same"] = [tuple(row) for row in connection.execute(select(table).order_by(table.c.id))] == rows
    found["skipped"] = append(connection, table, ["id", "Text", "s"], [*rows, (99, "new", "s")], known="skip")

def refused(*new):
    try:
        with raw.begin() as connection:
            append(connection, table, ["id", "Text", "s"], new)
    except BulkError as error:
        return str(error)

found["known"] = refused((100, "x", "s"), (0, "again", "s"))
found["long"] = refused((101, "x", "longer"))
with raw.connect() as connection:
    found["rows"] = len(connection.execute(select(table)).all())
table.drop(raw)
print(json.dumps(found))
"""


def test_bulk_rows(stack: Any) -> None:
    found = stack.python("airflow-worker", SCRIPT)
    assert (found["added"], found["same"], found["skipped"]) == (13, True, 1)
    assert "took 1 of 2 rows" in found["known"]
    assert "Data truncated for column 's'" in found["long"]
    assert found["rows"] == 14
