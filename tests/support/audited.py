"""The table `runs` as the pipeline leaves it."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from relevo_contract.database import connect
from relevo_contract.tables import clean_metadata, runs
from sqlalchemy import insert

START = datetime(2026, 11, 21, 7, 0)  # noqa: DTZ001 - the databases keep UTC without a zone


def write(path: Path, *rows: dict[str, Any]) -> str:
    """A database as the pipeline leaves it, with these runs; returns its URL."""
    url = f"sqlite:///{path}/clean.db"
    engine = connect(url)
    clean_metadata.create_all(engine)
    with engine.begin() as connection:
        for number, row in enumerate(rows):
            base = {
                "problem": "animals",
                "dag_run_id": f"run {number}",
                "state": "succeeded",
                "started_at": START + timedelta(minutes=number),
            }
            connection.execute(insert(runs).values(base | row))
    engine.dispose()
    return url
