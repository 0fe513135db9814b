"""What is written into the page's document, and that everything else goes by untouched."""

import pytest
from relevo_ui.document import OwnHead
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.testclient import TestClient

DOCUMENT = (
    '<!doctype html>\n<html\n\tlang="en"\n\tstyle="x"><head><meta charset="utf-8"><title>ñ</title></head></html>'
)


async def whole(request: Request) -> Response:
    assert "accept-encoding" not in request.headers
    return HTMLResponse(DOCUMENT, headers={"X-Kept": "yes"})


async def in_pieces(_: Request) -> Response:
    return StreamingResponse(iter(DOCUMENT), media_type="text/html")


@pytest.fixture
def client() -> TestClient:
    routes = [
        Route("/en/other", as_it_is),
        Route("/es/", whole),
        Route("/en/", in_pieces),
    ]
    app = Starlette(routes=routes, middleware=[Middleware(OwnHead, script="(language) => {}")])
    return TestClient(app)


async def as_it_is(_: Request) -> Response:
    return HTMLResponse(DOCUMENT)


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_document_names_its_language_and_runs_our_script_first(client: TestClient, language: str) -> None:
    answer = client.get(f"/{language}/")
    assert f'<html\n\tlang="{language}"\n\tstyle="x">' in answer.text
    assert answer.text.index(f'<script>(((language) => {{}})("{language}"))</script>') < answer.text.index("<meta")
    assert "ñ" in answer.text
    if language == "es":
        assert answer.headers["X-Kept"] == "yes"
        assert int(answer.headers["content-length"]) == len(answer.content)


def test_everything_else_is_left_as_it_is(client: TestClient) -> None:
    assert client.get("/en/other").text == DOCUMENT
    assert client.get("/nothing/").status_code == 404
