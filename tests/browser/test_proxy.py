"""The page below a path of a reverse proxy, which takes the path off: one that knows nothing else, and nginx."""

import re
import shutil
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import httpx
import pytest
import uvicorn
from playwright.sync_api import Browser, expect
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from support import processes
from support.animals import Registry
from support.page import choose_file, history, in_production, predict, result, why
from support.processes import Service, free_port, until

PATH = "/tools/relevo"
OPERATIONS = (Path(__file__).parents[2] / "docs" / "operations.md").read_text()
_, DOCUMENTED, _AFTER = re.split(r"For nginx, with `UI_ROOT_PATH=(.+?)`:\n\n", OPERATIONS)
EXAMPLE = re.match(r"(?: {4}.*\n)+", _AFTER)[0]
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


@contextmanager
def plain(page: Service, _: Path) -> Iterator[str]:
    """Hands everything on and adds nothing that nobody asked for."""
    port = free_port()
    config = uvicorn.Config(proxy(page.url), port=port, log_level="warning", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    until(lambda: server.started, "the proxy's start")
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()


@contextmanager
def nginx(page: Service, folder: Path) -> Iterator[str]:
    """As docs/operations.md says, with the page where it is in the test."""
    port = free_port()
    location = EXAMPLE.replace("http://127.0.0.1:8503/", f"{page.url}/")
    assert page.url in location
    # One process of whoever runs the test, and a folder of its own for everything that it writes.
    config = folder / "nginx.conf"
    config.write_text(
        f"""
        daemon off; master_process off; pid {folder}/nginx.pid; error_log stderr;
        events {{}}
        http {{
            access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxied;
            server {{
                listen 127.0.0.1:{port};
                {location}
            }}
        }}
        """
    )
    command = ["nginx", "-c", str(config), "-p", str(folder)]
    with Service("nginx", command, f"{DOCUMENTED}/livez", port, folder / "nginx.log") as service:
        yield service.url


@pytest.fixture(params=["plain", "nginx"])
def behind(
    request: pytest.FixtureRequest, model_server: Service, mlflow: Service, clean_db: Path, tmp_path: Path
) -> Iterator[str]:
    """The public address of the page."""
    if request.param == "nginx" and shutil.which("nginx") is None:
        pytest.skip(
            "no nginx on this machine; install it (apt-get install nginx-light) to test the documented example"
        )
    proxied, path = (plain, PATH) if request.param == "plain" else (nginx, DOCUMENTED)
    env = {"CLEAN_DB_URL": f"sqlite:///{clean_db}", "UI_ROOT_PATH": path}
    with (
        processes.page_server(tmp_path, model_server.url, mlflow.url, **env) as page,
        proxied(page, tmp_path) as address,
    ):
        yield f"{address}{path}"


def test_below_a_path(browser: Browser, registry: Registry, behind: str, tmp_path: Path) -> None:
    registry.promote("1")
    context = browser.new_context(base_url=f"{behind}/", locale="en-US")
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

    # Larger than the megabyte that nginx takes by itself.
    file = tmp_path / "rows.csv"
    file.write_text("Colour,legs-count,Body_Width,note\n" + f"g,4,1,{'x' * 10_000}\n" * 200)
    tab.get_by_role("tab", name="Predict").click()
    choose_file(tab, file)
    tab.get_by_role("button", name="Predict all rows").click()
    expect(tab.locator("#many-said")).to_contain_text("200 of 200 rows predicted by version 1.")
    with tab.expect_download() as download:
        tab.locator("#many-result").click()
    assert download.value.url.startswith(behind)

    tab.get_by_role("link", name="Español").click()
    expect(tab.get_by_role("button", name="Predecir", exact=True)).to_be_visible()
    tab.goto(f"{behind}/")
    expect(tab.get_by_role("button", name="Predecir", exact=True)).to_be_visible()
    assert [url for url in outside if not url.startswith(("data:", "blob:"))] == []
    context.close()
