"""Fixed tables come from migrations, and the migrations give what the contract describes."""

from pathlib import Path

import pytest
from alembic import command
from relevo_contract.database import connect
from relevo_contract.tables import clean_metadata, raw_metadata
from relevo_pipeline.migrate import alembic_config, upgrade
from sqlalchemy import inspect, text


@pytest.mark.parametrize(("store", "metadata"), [("raw", raw_metadata), ("clean", clean_metadata)])
def test_an_empty_database_gets_the_tables_of_the_contract(tmp_path: Path, store: str, metadata) -> None:
    engine = connect(f"sqlite:///{tmp_path}/{store}.db")
    upgrade(engine, store)
    upgrade(engine, store)
    assert set(metadata.tables) < set(inspect(engine).get_table_names())
    config = alembic_config(store)
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.check(config)  # raises when the tables and the contract differ
    engine.dispose()


def test_a_problem_s_own_tables_are_left_alone(tmp_path: Path) -> None:
    engine = connect(f"sqlite:///{tmp_path}/raw.db")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE raw_covertype (row_no INTEGER)"))
    upgrade(engine, "raw")
    config = alembic_config("raw")
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.check(config)
    engine.dispose()
