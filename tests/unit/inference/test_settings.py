"""A missing or wrong setting stops the start with a sentence."""

import pytest
from relevo_inference.app import create_app


def test_what_is_missing_or_wrong_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setenv("DEFAULT_PROBLEM", "animals")
    monkeypatch.setenv("MAX_ROWS", "many")
    with pytest.raises(SystemExit, match="MLFLOW_TRACKING_URI: Field required; MAX_ROWS: ") as stopped:
        create_app()
    assert "many" not in str(stopped.value)
