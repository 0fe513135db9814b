import asyncio

import httpx
import pytest
from relevo_inference.api_keys import ApiKeyMiddleware, hashed
from relevo_inference.settings import Settings
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.types import ASGIApp


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


async def _hello(_: object) -> PlainTextResponse:
    return PlainTextResponse("hello")


def protected(rate: float | None = None, clock: Clock | None = None) -> ASGIApp:
    app = Starlette(routes=[Route(path, _hello) for path in ("/predict", "/livez", "/metrics")])
    keys = {"ann": hashed("key of ann"), "bob": hashed("key of bob")}
    return ApiKeyMiddleware(app, keys, rate, clock or Clock())


def ask(app: ASGIApp, path: str = "/predict", headers: dict[str, str] | None = None) -> httpx.Response:
    async def run() -> httpx.Response:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://server") as http:
            return await http.get(path, headers=headers)

    return asyncio.run(run())


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer key of ann"},
        {"authorization": "bearer  key of bob "},
        {"X-API-Key": "key of bob"},
    ],
)
def test_a_key_opens(headers: dict[str, str]) -> None:
    assert ask(protected(), headers=headers).text == "hello"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer key of eve"},
        {"Authorization": "Basic key of ann"},
        {"Authorization": f"Bearer {hashed('key of ann')}"},
        {"X-API-Key": ""},
    ],
)
def test_nothing_else_does(headers: dict[str, str]) -> None:
    answer = ask(protected(), headers=headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.headers["content-type"] == "application/problem+json"
    assert "ann" not in answer.text


@pytest.mark.parametrize("path", ["/livez", "/metrics"])
def test_probes_need_none(path: str) -> None:
    assert ask(protected(), path).text == "hello"


def test_each_key_has_a_rate_of_its_own() -> None:
    clock = Clock()
    app = protected(2, clock)
    ann, bob = {"X-API-Key": "key of ann"}, {"X-API-Key": "key of bob"}
    assert [ask(app, headers=ann).status_code for _ in range(3)] == [200, 200, 429]
    assert ask(app, headers=bob).status_code == 200
    refused = ask(app, headers=ann)
    assert refused.headers["retry-after"] == "1"
    assert "ann may ask 2 times a second" in refused.json()["detail"]
    clock.now += 0.5
    assert [ask(app, headers=ann).status_code for _ in range(2)] == [200, 429]
    clock.now += 3600
    assert [ask(app, headers=ann).status_code for _ in range(3)] == [200, 200, 429], "a rest does not save up"


def test_keys_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://mlflow")
    monkeypatch.setenv("DEFAULT_PROBLEM", "animals")
    monkeypatch.setenv("API_KEYS", f"ann:{hashed('a')}, bob:{hashed('b')}")
    assert Settings().api_keys == {"ann": hashed("a"), "bob": hashed("b")}
    monkeypatch.setenv("API_KEYS", "ann:the key itself")
    with pytest.raises(ValueError, match=r"python -m relevo_inference\.api_keys") as refused:
        Settings()
    assert "the key itself" not in str(refused.value)
