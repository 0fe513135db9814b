"""A wrong setting stops the start with a sentence."""

import pytest
from relevo_ui.__main__ import main


@pytest.mark.parametrize("port", ["abc", "70000"])
def test_a_wrong_port_is_named(port: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UI_PORT", port)
    with pytest.raises(SystemExit, match="UI_PORT: ") as stopped:
        main()
    assert port not in str(stopped.value)
