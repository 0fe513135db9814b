"""The real parts behind the page: MLflow, the model server, the page, and Chromium, each a process of its own."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from relevo_contract.columns import Column
from relevo_contract.database import connect
from relevo_contract.tables import clean_metadata, runs
from sqlalchemy import insert
from support import processes
from support.animals import INPUTS, PROBLEM, TAIL, UNTRAINED, Registry, card
from support.chromium import chromium
from support.demo import Demo, serving
from support.processes import Service

expect.set_options(timeout=30_000)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("browser")


@pytest.fixture(scope="session")
def mlflow(folder: Path) -> Iterator[Service]:
    with processes.mlflow_server(folder) as service:
        yield service


@pytest.fixture(scope="session")
def registry(mlflow: Service, folder: Path) -> Registry:
    """Versions 1 and 2 with the same inputs, version 3 with one more; 1 in production."""
    registry = Registry(mlflow.url, folder)
    inputs = (INPUTS, INPUTS, (*INPUTS, TAIL))
    versions = [
        registry.register(inputs=columns, seed=seed, says=card(inputs=columns, background=background(columns)))
        for seed, columns in enumerate(inputs)
    ]
    assert versions == ["1", "2", "3"]
    registry.promote("1")
    return registry


def background(columns: Sequence[Column]) -> tuple[tuple[int | float | str, ...], ...]:
    """Twenty rows that no default and no other row is equal to."""
    values = {"Body_Width": lambda n: 0.25 * n, "legs-count": lambda n: n % 9, "Tail": lambda n: 0.5 * n}
    return tuple(
        tuple(values[c.name](n) if c.name in values else c.choices[n % len(c.choices)] for c in columns)
        for n in range(1, 21)
    )


@pytest.fixture(scope="session")
def model_server(registry: Registry, folder: Path) -> Iterator[Service]:
    env = {"DEFAULT_PROBLEM": PROBLEM, "PROBLEMS": UNTRAINED, "REGISTRY_TIMEOUT_SECONDS": "0.5"}
    with processes.model_server(folder, registry.url, **env) as service:
        yield service


@pytest.fixture(scope="session")
def clean_db(folder: Path) -> Path:
    """Three runs: one promoted, one skipped, one failed."""
    path = folder / "clean.db"
    engine = connect(f"sqlite:///{path}")
    clean_metadata.create_all(engine)
    start = datetime(2026, 11, 21, 7, 0)  # noqa: DTZ001 - the databases keep UTC without a zone
    ended: tuple[dict[str, Any], ...] = (
        {
            "state": "succeeded",
            "rows_received": 5810,
            "rows_rejected": 12,
            "rows_new": 5441,
            "decision": "train",
            "decision_reason": "train: 5,441 of 5,810 rows are new",
            "verdict": "promoted",
            "verdict_reason": "promoted: xgboost, macro F1 0.7411 vs 0.6790",
            "metric": "macro_f1",
            "champion_version": "1",
            "champion_score": 0.679,
            "challenger_version": "2",
            "challenger_score": 0.7411,
            "challenger_algorithm": "xgboost",
            "mlflow_run_id": "ab" * 16,
        },
        {
            "state": "succeeded",
            "rows_received": 5810,
            "rows_rejected": 0,
            "rows_new": 0,
            "decision": "skip",
            "decision_reason": "skip: all 5,810 rows were known already ${1 + 1} {{value}} <b>",
        },
        {"state": "failed", "failed_task": "validate", "error": "1,400 of 5,810 rows break the contract."},
    )
    with engine.begin() as connection:
        for number, row in enumerate(ended, start=1):
            connection.execute(
                insert(runs).values(
                    problem=PROBLEM,
                    dag_run_id=f"manual__2026-11-21T07:0{number}:00+00:00",
                    started_at=start + timedelta(minutes=number),
                    batch=f"part {number}",
                    **row,
                )
            )
    engine.dispose()
    return path


@pytest.fixture(scope="session")
def page_server(model_server: Service, mlflow: Service, clean_db: Path, folder: Path) -> Iterator[Service]:
    env = {"CLEAN_DB_URL": f"sqlite:///{clean_db}", "AIRFLOW_URL": "http://airflow.example"}
    with processes.page_server(folder, model_server.url, mlflow.url, **env) as service:
        yield service


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """The whole stack with a real Airflow; one for all tests, since it takes a minute or more to start."""
    with serving(tmp_path_factory.mktemp("demo")) as demo:
        yield demo


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def page(browser: Browser, page_server: Service, registry: Registry) -> Iterator[Page]:
    """The page, freshly opened on a laptop's screen with version 1 in production."""
    registry.promote("1")
    context = browser.new_context(viewport={"width": 1280, "height": 800}, base_url=page_server.url)
    context.set_default_timeout(30_000)
    yield context.new_page()
    context.close()
