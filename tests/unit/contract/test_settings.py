"""A setting that is refused is named; its value, which may hold a password, is not."""

import pytest
from pydantic import ValidationError
from relevo_contract.database import DatabaseUrl
from relevo_contract.settings import ServiceSettings, load


class Settings(ServiceSettings):
    raw_db_url: int


def test_a_refused_value_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAW_DB_URL", "mysql://pipeline:hunter2@raw-db/raw")
    with pytest.raises(ValidationError, match="raw_db_url") as refused:
        Settings()
    assert "hunter2" not in str(refused.value)


def test_an_empty_variable_is_an_unset_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAW_DB_URL", "")
    with pytest.raises(ValidationError, match="Field required"):
        Settings()


def test_a_service_that_cannot_start_says_which_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAW_DB_URL", "mysql://pipeline:hunter2@raw-db/raw")
    with pytest.raises(SystemExit, match="RAW_DB_URL: Input should be a valid integer") as refused:
        load(Settings)
    assert "hunter2" not in str(refused.value)


def test_a_url_that_is_none_is_named_and_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    class Service(ServiceSettings):
        raw_db_url: DatabaseUrl

    monkeypatch.setenv("RAW_DB_URL", "hunter2@raw-db")
    with pytest.raises(SystemExit, match=r"RAW_DB_URL: .*not the URL of a database, such as sqlite:") as refused:
        load(Service)
    assert "hunter2" not in str(refused.value)
