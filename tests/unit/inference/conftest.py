import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from sqlalchemy import Engine, create_engine


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where an outbox may be."""
    return tmp_path / "outbox.db"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Engine]:
    """A raw database without tables."""
    engine = create_engine(f"sqlite:///{tmp_path}/raw.db")
    yield engine
    engine.dispose()


@pytest.fixture
def logs_as_they_were() -> Iterator[None]:
    """For who makes an app, which sends all logs of the process to stdout."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers = handlers
    root.setLevel(level)
    structlog.reset_defaults()
