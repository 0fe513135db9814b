"""A mistake of the server: nothing of it in the answer, and a log line that can be found."""

import asyncio

import httpx
from fastapi import FastAPI
from relevo_inference import problem_details
from relevo_inference.requests import RequestHeadersMiddleware
from structlog.testing import capture_logs


def test_the_log_names_a_mistake_by_the_request_id() -> None:
    app = FastAPI()
    problem_details.install(app)
    app.add_middleware(RequestHeadersMiddleware)

    @app.get("/broken")
    async def broken() -> None:
        raise RuntimeError("hidden")

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://server") as http:
            return await http.get("/broken", headers={"X-Request-Id": "mine-7"})

    with capture_logs() as lines:
        answer = asyncio.run(ask())
    assert answer.status_code == 500
    assert answer.json()["request_id"] == "mine-7"
    assert "hidden" not in answer.text
    assert [(line["event"], line["request_id"]) for line in lines] == [("request failed", "mine-7")]
