"""A wrong setting stops the start with a sentence."""

import pytest
from relevo_ui.__main__ import main
from relevo_ui.settings import Settings


@pytest.mark.parametrize("port", ["abc", "70000"])
def test_a_wrong_port_is_named(port: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UI_PORT", port)
    with pytest.raises(SystemExit, match="UI_PORT: ") as stopped:
        main()
    assert port not in str(stopped.value)


def test_a_password_is_in_no_repr(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLEAN_DB_URL", "mysql+pymysql://ui:hidden@db/clean")
    settings = Settings()
    assert "hidden" not in f"{settings} {settings!r}"
    assert "hidden" in settings.clean_db_url.get_secret_value()
