import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from relevo_datasource.app import build
from relevo_datasource.settings import Settings

ROTATE_SECONDS = 300.0


class Hands:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Hands:
    return Hands()


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Simulated data, whatever the environment of the test run says."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    return Settings(
        default_problem="covertype",
        problems=("covertype",),
        data_dir=tmp_path / "no-data",
        state_dir=tmp_path / "state",
        rotate_seconds=ROTATE_SECONDS,
        simulated_rows=1_000,
    )


@pytest.fixture
def client(settings: Settings, clock: Hands) -> Iterator[TestClient]:
    with TestClient(build(settings, clock)) as client:
        yield client


@pytest.fixture(scope="session")
def real_data() -> Path:
    folder = os.environ.get("RELEVO_DATASETS")
    if not folder:
        pytest.skip("RELEVO_DATASETS is not set: the real data is not at hand")
    return Path(folder)
