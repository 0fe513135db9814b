"""A problem's own tables, from its columns."""

from typing import Any

from alembic.migration import MigrationContext
from alembic.operations import Operations
from relevo_contract.columns import Column as ProblemColumn
from relevo_problems.problem import Problem
from sqlalchemy import (
    BigInteger,
    Column,
    Double,
    Engine,
    Float,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    inspect,
)
from sqlalchemy.dialects import mysql
from sqlalchemy.types import TypeEngine

from relevo_pipeline.errors import StepError

KEY_LENGTH = 32
EXTRA = "extra"
CATEGORY_LENGTH = 255
_ADDED_LATER = "added_later"


def raw_table(problem: Problem) -> Table:
    """Every delivered column as delivered, as text; in `extra` what no column is for: an object, as JSON."""
    longest = Text().with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb")
    return Table(
        f"raw_{problem.name}",
        MetaData(),
        Column("collection_id", BigInteger, primary_key=True, autoincrement=False),
        Column("row_no", Integer, primary_key=True, autoincrement=False),
        *(Column(column.name, Text) for column in problem.delivered),
        # Tables that were made before there was this column get it.
        Column(EXTRA, longest, info={_ADDED_LATER: True}),
    )


def rejected_table(problem: Problem) -> Table:
    """Which value of which row broke which rule of the contract."""
    return Table(
        f"rejected_{problem.name}",
        MetaData(),
        Column("collection_id", BigInteger, primary_key=True, autoincrement=False),
        Column("row_no", Integer, primary_key=True, autoincrement=False),
        Column("column_name", String(64), primary_key=True),
        Column("rule", String(200), nullable=False),
        Column("value", Text),
    )


def clean_table(problem: Problem) -> Table:
    """Typed rows, each once, with the split it belongs to for ever.

    InnoDB keeps rows in the order of the primary key: the rows of a batch lie together, so that adding and reading
    them costs the same however many batches there were. Only the short index of the keys is in random order.
    """
    key = String(KEY_LENGTH).with_variant(
        mysql.VARCHAR(KEY_LENGTH, charset="ascii", collation="ascii_bin"), "mysql"
    )
    return Table(
        f"clean_{problem.name}",
        MetaData(),
        Column("row_key", key, unique=True),
        Column("collection_id", BigInteger, autoincrement=False),
        Column("split", String(10), nullable=False),
        *(Column(column.name, _column_type(column), nullable=column.nullable) for column in problem.clean_columns),
        PrimaryKeyConstraint("collection_id", "row_key"),
    )


def _column_type(column: ProblemColumn) -> TypeEngine[int] | TypeEngine[float] | TypeEngine[str]:
    match column.kind:
        case "integer":
            return BigInteger()
        case "number":
            return Double()
        case "category" | "text":
            return String(CATEGORY_LENGTH)


def _described(name: str, of: TypeEngine[Any]) -> str:
    kinds = {Integer: "integer", Float: "number", String: "text"}
    return f"{name} ({next((word for kind, word in kinds.items() if isinstance(of, kind)), str(of))})"


def ensure(engine: Engine, table: Table) -> None:
    """Create the table if it is missing; refuse one whose columns are not the problem's any more.

    A column of ours that a later release brought is added: it is nullable, and empty in the rows before it.

    Raises:
        StepError: the table in the database has other columns than the problem describes.
    """
    inspector = inspect(engine)
    if not inspector.has_table(table.name):
        table.create(engine, checkfirst=True)
        return
    there = {_described(found["name"], found["type"]) for found in inspector.get_columns(table.name)}
    later = {_described(c.name, c.type): c for c in table.columns if c.info.get(_ADDED_LATER)}
    for described in later.keys() - there:
        _add(engine, table, later[described])
        there.add(described)
    wanted = {_described(column.name, column.type) for column in table.columns}
    if there != wanted:
        raise StepError(
            f"the table {table.name} does not fit the problem: "
            f"missing {sorted(wanted - there) or 'nothing'}, unexpected {sorted(there - wanted) or 'nothing'}. "
            "Give the changed problem a new name, or migrate the table by hand."
        )


def _add(engine: Engine, table: Table, column: Column[Any]) -> None:
    with engine.begin() as connection:
        # A copy: a column belongs to one table.
        operations = Operations(MigrationContext.configure(connection))
        operations.add_column(table.name, Column(column.name, column.type))
