"""The whole page behind a password."""

import pytest
from pydantic import SecretStr
from relevo_ui.login import COOKIE, MOST_BYTES, Login
from relevo_ui.operation.gate import TRIES, Gate
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

HTML = {"Accept": "text/html"}


async def inside(request: Request) -> PlainTextResponse:
    return PlainTextResponse(f"inside {request.url.path}")


@pytest.fixture
def client() -> TestClient:
    app = Starlette(routes=[Route("/{rest:path}", inside, methods=["GET", "POST"])])
    gates = (Gate(SecretStr("page")), Gate(SecretStr("operator")))
    return TestClient(Login(app, gates, lambda _: "es"), base_url="https://page.example")


def test_nothing_is_seen_without_the_password(client: TestClient) -> None:
    assert client.get("/", headers=HTML).status_code == 200
    for path in ("/", "/en/", "/en/gradio_api/info"):
        shown = client.get(path, headers=HTML)
        assert "inside" not in shown.text
        assert "Esta página pide una contraseña" in shown.text
    assert client.get("/en/config").status_code == 401
    assert client.post("/en/gradio_api/queue/join", json={"fn_index": 0}).status_code == 401


@pytest.mark.parametrize("password", ["page", "operator"])
def test_either_password_opens_it_where_one_was_going(client: TestClient, password: str) -> None:
    answer = client.post("/es/?tab=status", data={"password": password}, follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"] == "?tab=status"
    cookie = answer.headers["set-cookie"]
    assert {"HttpOnly", "SameSite=strict", "Secure"} <= set(cookie.split("; "))
    assert password not in cookie
    assert client.get("/es/?tab=status").text == "inside /es/"


def test_wrong_passwords_are_refused_and_then_slowed_down(client: TestClient) -> None:
    for _ in range(TRIES):
        assert client.post("/", data={"password": "x"}).status_code == 401
    slowed = client.post("/", data={"password": "page"})
    assert slowed.status_code == 429
    assert "Demasiadas contraseñas" in slowed.text


def test_what_is_no_session_is_no_session(client: TestClient) -> None:
    client.cookies.set(COOKIE, "made-up")
    assert client.get("/en/config").status_code == 401


def test_a_form_of_another_site_and_a_large_body_are_refused(client: TestClient) -> None:
    headers = {"Sec-Fetch-Site": "cross-site"}
    assert client.post("/", data={"password": "page"}, headers=headers).status_code == 403
    large = "x" * MOST_BYTES + "&password=page"
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert client.post("/", content=large, headers=form).status_code == 401
