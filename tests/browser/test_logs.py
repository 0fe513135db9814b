"""One request from the page to the model server to the journal, by its id; and what no log holds."""

import json
import re
from typing import Any

import httpx
from playwright.sync_api import Page, expect
from support.page import opened, predict, result
from support.processes import Service, until
from support.serving import FRESH, Server

# A width that nobody else asks for.
WIDTH = "3.0625"


def lines(service: Service) -> list[dict[str, Any]]:
    """Of a service that logs nothing but JSON objects, each with its time, level and service."""
    logged = [json.loads(line) for line in service.log.read_text().splitlines()]
    assert logged
    assert all({"time", "level", "service", "event"} <= set(line) for line in logged)
    return logged


def test_a_request_is_followed_from_the_page_to_the_journal(
    page: Page, page_server: Service, model_server: Service
) -> None:
    opened(page).get_by_label("Body Width (m)").fill(WIDTH)
    predict(page)
    expect(result(page)).to_contain_text("Version")
    asked = until(
        lambda: [line for line in lines(page_server) if line.get("path", "").endswith("/predict")],
        "the page's line",
    )[-1]
    assert (asked["service"], asked["status"]) == ("page", 200)
    name = asked["request_id"]

    def of_the_server() -> list[dict[str, Any]]:
        return [line for line in lines(model_server) if line.get("request_id") == name]

    (answered,) = until(of_the_server, "the server's line")
    assert {"service": "model-server", "path": asked["path"], "status": 200}.items() <= answered.items()

    (prediction,) = set(re.findall(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", page.content()))
    kept = httpx.get(f"{model_server.url}/predictions/{prediction}").raise_for_status().json()
    assert kept["request_id"] == name
    for service in (page_server, model_server):
        assert WIDTH not in service.log.read_text()


def test_only_requests_that_were_named_have_lines(model_server: Service) -> None:
    with httpx.Client(base_url=model_server.url, headers=FRESH) as http:
        server = Server(model_server, http)
        unnamed = server.predict({"Body_Width": 1, "legs-count": 4, "Colour": "g"}).headers["X-Request-Id"]
        server.predict({"Body_Width": "no width"}, **{"X-Request-Id": "seen-42"})
        (line,) = until(
            lambda: [line for line in lines(model_server) if line.get("request_id") == "seen-42"], "the line"
        )
        assert line["status"] == 422
        text = model_server.log.read_text()
        assert unnamed not in text
        assert "no width" not in text
