import asyncio
from collections.abc import Callable

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from relevo_inference.registry.aliases import look_up
from relevo_inference.registry.versions import Failed, Found, Missing, ModelVersion, Outcome


def ask(answer: Callable[[httpx.Request], httpx.Response]) -> Outcome:
    async def run() -> Outcome:
        transport = httpx.MockTransport(answer)
        async with httpx.AsyncClient(base_url="http://registry", transport=transport) as http:
            return await look_up(http, "animals", "production")

    return asyncio.run(run())


def version(**changes: object) -> dict[str, object]:
    found = {"name": "animals", "version": "3", "creation_timestamp": 7, "source": "models:/m-1", "run_id": "r"}
    return {"model_version": {**found, **changes}}


def test_found() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.url.path == "/api/2.0/mlflow/registered-models/alias"
        assert dict(request.url.params) == {"name": "animals", "alias": "production"}
        return httpx.Response(200, json=version())

    assert ask(answer) == Found(ModelVersion("animals", "3", "r", "models:/m-1", 7))


@pytest.mark.parametrize(
    ("status", "message"),
    [(400, "Registered model alias production not found."), (404, "Registered Model with name=animals not found")],
)
def test_missing(status: int, message: str) -> None:
    assert ask(lambda _: httpx.Response(status, json={"message": message})) == Missing(message)


@pytest.mark.parametrize(
    "response",
    [
        httpx.Response(500, json={"message": "database is locked"}),
        httpx.Response(404, json={"message": "Model Version (name=animals, version=9) not found"}),
        httpx.Response(404, text="<html>not here</html>"),
        httpx.Response(404, json={"detail": "Not Found"}),
        httpx.Response(403, json={"message": "Invalid Host header"}),
        httpx.Response(200, text="<html>welcome</html>"),
        httpx.Response(200, json={}),
        httpx.Response(200, json=[]),
        httpx.Response(200, json=version(name="plants")),
        httpx.Response(200, json=version(version="../../etc")),
        httpx.Response(200, json=version(creation_timestamp="soon")),
    ],
)
def test_whatever_else_it_says_is_a_failure(response: httpx.Response) -> None:
    outcome = ask(lambda _: response)
    assert isinstance(outcome, Failed)
    assert outcome.reason


@pytest.mark.parametrize(
    "error", [httpx.ConnectError("refused"), httpx.ReadTimeout("slow"), httpx.ReadError("cut")]
)
def test_unreachable(error: httpx.HTTPError) -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        raise error

    assert isinstance(ask(answer), Failed)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(
    status=st.sampled_from([200, 400, 404, 500]),
    body=json_values | st.builds(lambda v: {"model_version": v}, json_values),
)
def test_nothing_it_says_can_break_us(status: int, body: object) -> None:
    assert isinstance(ask(lambda _: httpx.Response(status, json=body)), Failed)
