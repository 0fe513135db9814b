"""The page below a path of a reverse proxy, which takes the path off."""

import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
import uvicorn
from playwright.sync_api import Page, expect
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from support import processes
from support.page import history, in_production, predict, result, why
from support.processes import Service, free_port, until

PATH = "/tools/relevo"
HOP_BY_HOP = {"connection", "transfer-encoding", "keep-alive", "host", "content-length"}


def proxy(target: str) -> Starlette:
    """Hands on what is below `PATH`, without it and as it comes, and knows nothing else."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with httpx.AsyncClient(base_url=target, timeout=600) as app.state.client:
            yield

    async def hand_on(request: Request) -> Response:
        client: httpx.AsyncClient = request.app.state.client
        query = f"?{request.url.query}" if request.url.query else ""
        headers = {name: value for name, value in request.headers.items() if name not in HOP_BY_HOP}
        headers |= {"x-forwarded-host": request.headers["host"], "x-forwarded-proto": "http"}
        outgoing = client.build_request(
            request.method, f"/{request.path_params['rest']}{query}", headers=headers, content=await request.body()
        )
        answer = await client.send(outgoing, stream=True)
        kept = {name: value for name, value in answer.headers.items() if name not in HOP_BY_HOP}
        return StreamingResponse(answer.aiter_raw(), answer.status_code, kept)

    async def nothing(_: Request) -> Response:
        return PlainTextResponse("nothing here", 404)

    routes = [Route(f"{PATH}/{{rest:path}}", hand_on, methods=["GET", "POST", "HEAD", "DELETE"])]
    return Starlette(routes=[*routes, Route("/{rest:path}", nothing)], lifespan=lifespan)


@pytest.fixture
def behind(model_server: Service, mlflow: Service, clean_db: Path, tmp_path: Path) -> Iterator[str]:
    """The public address of the page."""
    env = {"CLEAN_DB_URL": f"sqlite:///{clean_db}", "UI_ROOT_PATH": PATH}
    with processes.page_server(tmp_path, model_server.url, mlflow.url, **env) as page:
        port = free_port()
        config = uvicorn.Config(proxy(page.url), port=port, log_level="warning", timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run)
        thread.start()
        until(lambda: server.started, "the proxy's start")
        yield f"http://127.0.0.1:{port}{PATH}"
        server.should_exit = True
        thread.join()


def test_below_a_path(page: Page, behind: str) -> None:
    context = page.context.browser.new_context(base_url=f"{behind}/")
    tab = context.new_page()
    outside: list[str] = []
    tab.on("request", lambda request: outside.append(request.url) if not request.url.startswith(behind) else None)
    tab.goto(f"{behind}/")
    predict(tab)
    expect(result(tab).locator(".answer")).to_be_visible()
    expect(why(tab)).to_be_visible()
    expect(in_production(tab)).to_contain_text("Version 1")
    expect(history(tab)).to_contain_text("part 1")
    assert tab.url == f"{behind}/en/"
    tab.get_by_role("link", name="Español").click()
    expect(tab.get_by_role("button", name="Predecir", exact=True)).to_be_visible()
    tab.goto(f"{behind}/")
    expect(tab.get_by_role("button", name="Predecir", exact=True)).to_be_visible()
    assert [url for url in outside if not url.startswith(("data:", "blob:"))] == []
    context.close()
