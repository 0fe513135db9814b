"""Results of any size, a chunk at a time, from both databases."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Engine, Row, Select

CHUNK = 20_000


def read(engine: Engine, query: Select[Any]) -> Iterator[Sequence[Row[Any]]]:
    """The rows of a query in lists of up to `CHUNK`; the server keeps what was not fetched yet."""
    with engine.connect() as connection:
        yield from connection.execution_options(yield_per=CHUNK).execute(query).partitions()
