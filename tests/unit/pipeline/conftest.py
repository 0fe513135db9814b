"""A run on fresh, migrated SQLite stores, and a data API that answers whatever the test says."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from relevo_pipeline.migrate import upgrade
from relevo_pipeline.run import Run
from relevo_pipeline.settings import Settings
from relevo_pipeline.stores import Stores
from relevo_problems.registry import load
from relevo_problems.simulator import simulate
from support.data_api import ScriptedApi, scripted_api

PROBLEM = load("covertype")


@pytest.fixture
def api() -> Iterator[ScriptedApi]:
    with scripted_api() as script:
        yield script


@pytest.fixture
def new_run(tmp_path: Path, api: ScriptedApi) -> Iterator[Callable[[str], Run]]:
    """Makes runs that share one pair of databases."""
    settings = Settings(
        raw_db_url=f"sqlite:///{tmp_path}/raw.db",
        clean_db_url=f"sqlite:///{tmp_path}/clean.db",
        data_api_url=api.url,
        data_api_timeout_seconds=5,
    )
    stores = Stores.open(settings)
    upgrade(stores.raw, "raw")
    upgrade(stores.clean, "clean")
    yield lambda dag_run_id: Run(PROBLEM, dag_run_id, stores, settings)
    stores.close()


@pytest.fixture
def run(new_run: Callable[[str], Run]) -> Run:
    return new_run("manual__2026-11-21T07:00:00+00:00")


@pytest.fixture
def rows() -> list[list[str]]:
    """300 simulated rows in delivery order."""
    return [list(row) for row in simulate(PROBLEM, 300, seed=7)]
