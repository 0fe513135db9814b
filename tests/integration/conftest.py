"""One MLflow server for all tests: of the model server in front of it, and of the pipeline behind it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine
from support.animals import UNTRAINED, Registry
from support.processes import Service, mlflow_server
from support.runs import Stack, fresh_stack
from support.serving import Server, raw_database, serving


@pytest.fixture(scope="session")
def mlflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with mlflow_server(tmp_path_factory.mktemp("registry")) as service:
        yield service


@pytest.fixture(scope="session")
def animals(mlflow: Service) -> Registry:
    """Versions 1 and 2; later ones belong to the test that registers them."""
    registry = Registry(mlflow.url, mlflow.log.parent)
    assert [registry.register(seed=seed) for seed in (1, 2)] == ["1", "2"]
    return registry


@pytest.fixture
def registry(animals: Registry) -> Registry:
    """With version 1 in production."""
    animals.promote("1")
    return animals


@pytest.fixture
def raw_db(tmp_path: Path) -> Iterator[Engine]:
    with raw_database(tmp_path) as engine:
        yield engine


@pytest.fixture
def server(registry: Registry, tmp_path: Path, raw_db: Engine) -> Iterator[Server]:  # noqa: ARG001
    with serving(tmp_path, registry.url, PROBLEMS=UNTRAINED) as server:
        yield server


@pytest.fixture
def stack(mlflow: Service, tmp_path: Path) -> Iterator[Stack]:
    with fresh_stack(tmp_path, mlflow.url) as stack:
        yield stack
