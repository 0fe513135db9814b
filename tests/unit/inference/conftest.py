from collections.abc import Iterator
from pathlib import Path

import pytest
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
