"""What goes to the log, and what must not."""

import json
import logging
from datetime import datetime, timedelta

import pytest
import structlog
from relevo_contract import logs

pytestmark = pytest.mark.usefixtures("logs_as_they_were")


@pytest.mark.parametrize("logger", [structlog.get_logger("ours"), logging.getLogger("theirs")])
def test_a_traceback_names_lines_but_no_values(logger: logging.Logger, capsys: pytest.CaptureFixture[str]) -> None:
    def connect(url: str) -> None:
        raise OSError(f"{len(url)} characters lead nowhere")

    logs.configure("a-service")
    try:
        connect("mysql://raw:" + "hidden@db/raw")
    except OSError:
        logger.exception("it failed")
    written = capsys.readouterr().out
    assert "hidden" not in written
    line = json.loads(written)
    assert (line["event"], line["level"], line["service"]) == ("it failed", "error", "a-service")
    assert datetime.fromisoformat(line["time"]).utcoffset() == timedelta(0)
    assert line["exception"][0]["exc_value"] == "25 characters lead nowhere"
    assert [frame["name"] for frame in line["exception"][0]["frames"]][-1] == "connect"
