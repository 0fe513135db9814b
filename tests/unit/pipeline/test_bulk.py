"""Whatever the cells hold, they come back as they went in; a known row is skipped or refuses everything."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from relevo_contract.database import connect
from relevo_pipeline.bulk import append
from sqlalchemy import Column, Connection, Integer, MetaData, Table, Text, delete, select
from sqlalchemy.exc import IntegrityError

TABLE = Table("cells", MetaData(), Column("id", Integer, primary_key=True), Column("a", Text), Column("b", Text))


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    engine = connect(f"sqlite:///{tmp_path}/cells.db")
    TABLE.create(engine)
    with engine.connect() as opened:
        yield opened
    engine.dispose()


cells = st.none() | st.text(st.characters(exclude_categories=["Cs"]))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(cells, cells)))
def test_cells_come_back_as_they_went_in(connection: Connection, rows: list[tuple[str | None, str | None]]) -> None:
    connection.execute(delete(TABLE))
    numbered = [(number, *row) for number, row in enumerate(rows)]
    assert append(connection, TABLE, ["id", "a", "b"], iter(numbered)) == len(rows)
    assert [tuple(row) for row in connection.execute(select(TABLE).order_by(TABLE.c.id))] == numbered


def test_a_known_row_is_skipped(connection: Connection) -> None:
    append(connection, TABLE, ["id", "a"], [(1, "first")])
    assert append(connection, TABLE, ["id", "a"], [(1, "again"), (2, "new")], known="skip") == 1
    assert [row.a for row in connection.execute(select(TABLE).order_by(TABLE.c.id))] == ["first", "new"]


def test_a_known_row_refuses_everything(connection: Connection) -> None:
    append(connection, TABLE, ["id", "a"], [(1, "first")])
    with pytest.raises(IntegrityError):
        append(connection, TABLE, ["id", "a"], [(2, "new"), (1, "again")])


def test_more_rows_than_a_chunk(connection: Connection) -> None:
    assert append(connection, TABLE, ["id"], ((number,) for number in range(25_001))) == 25_001
