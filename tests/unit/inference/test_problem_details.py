"""A mistake of the server: nothing of it in the answer, as protected as any, and a log line to be found."""

import asyncio
import json
from pathlib import Path

import httpx
import pytest
from relevo_inference.app import create_app
from relevo_inference.settings import Settings


@pytest.fixture
def settings(tmp_path: Path, logs_as_they_were: None) -> Settings:  # noqa: ARG001
    return Settings(
        mlflow_tracking_uri="http://127.0.0.1:9",
        default_problem="animals",
        state_dir=tmp_path,
        cors_origins=("https://page.example",),
    )


def ask(settings: Settings, path: str) -> httpx.Response:
    """An answer of the whole app, with a path of its own that is broken."""
    app = create_app(settings)

    @app.get("/broken")
    async def broken() -> None:
        raise RuntimeError("hidden")

    async def run() -> httpx.Response:
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://server") as http:
            return await http.get(path, headers={"X-Request-Id": "mine-7", "Origin": "https://page.example"})

    return asyncio.run(run())


def test_the_log_names_a_mistake_by_the_request_id(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    answer = ask(settings, "/broken")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["request_id"] == "mine-7"
    assert "hidden" not in answer.text
    assert "Traceback" not in answer.text
    mistake, answered = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (mistake["event"], mistake["request_id"]) == ("request failed", "mine-7")
    assert (answered["event"], answered["status"], answered["request_id"]) == ("answered", 500, "mine-7")


@pytest.mark.parametrize("path", ["/broken", "/livez", "/nothing", "/metrics"])
def test_every_answer_is_protected(settings: Settings, path: str) -> None:
    headers = ask(settings, path).headers
    assert headers["x-request-id"] == "mine-7"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "no-referrer"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["access-control-allow-origin"] == "https://page.example"
