"""The environment of the embedded stack: which problems there are, and where each one's data is."""

from pathlib import Path

import pytest
from relevo_cli.demo.environment import PORTS, build
from relevo_pipeline.settings import Settings
from support.processes import free_port


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in PORTS:
        monkeypatch.setenv(name, str(free_port()))
    for name in ("PROBLEMS_DIR", "DATA_API_SETTINGS"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def test_the_first_problem_is_the_default_one(folder: Path) -> None:
    variables = build(folder, folder / "state", ["flowers", "houses"]).variables
    assert variables["DEFAULT_PROBLEM"] == "flowers"
    assert variables["PROBLEMS"] == "flowers,houses"
    assert variables["PROBLEMS_DIR"] == str(folder / "problems" / "own")


def test_each_problem_has_an_address_of_its_own(folder: Path) -> None:
    environment = build(folder, folder / "state", ["flowers", "houses"])
    settings = Settings(data_api_url=environment.variables["DATA_API_URL"])
    for name in ("flowers", "houses"):
        assert settings.data_api(name).url == f"{environment.urls['data_api']}/{name}"


def test_what_the_caller_has_set_wins(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROBLEMS_DIR", "/elsewhere")
    monkeypatch.setenv("DATA_API_SETTINGS", "houses.day=Friday")
    variables = build(folder, folder / "state", ["houses"]).variables
    assert variables["PROBLEMS_DIR"] == "/elsewhere"
    assert variables["DATA_API_SETTINGS"] == "houses.day=Friday"
