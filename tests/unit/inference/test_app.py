"""The app of a process of its own."""

import gc
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from relevo_contract import logs
from relevo_inference.app import create_process_app


@pytest.fixture
def _python_as_before() -> Iterator[None]:
    interval = sys.getswitchinterval()
    yield
    sys.setswitchinterval(interval)
    gc.unfreeze()


@pytest.mark.usefixtures("_python_as_before")
def test_threads_take_turns_sooner_and_imports_are_no_garbage(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:1")
    monkeypatch.setenv("DEFAULT_PROBLEM", "animals")
    monkeypatch.setenv("STATE_DIR", str(tmp_path))
    monkeypatch.setattr(logs, "configure", lambda *_: None)
    before = sys.getswitchinterval()
    create_process_app()
    assert sys.getswitchinterval() < before
    assert gc.get_freeze_count() > 10_000
