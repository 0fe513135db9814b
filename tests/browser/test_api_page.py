"""The model server's page of its API, on a machine without internet and under the server's own protection."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect
from support.processes import Service


@pytest.fixture
def asked() -> list[str]:
    """Every address that the page has asked for."""
    return []


@pytest.fixture
def api_page(browser: Browser, asked: list[str]) -> Iterator[Page]:
    page = browser.new_page()
    page.on("request", lambda request: asked.append(request.url))
    yield page
    page.close()


def test_it_shows_the_model_and_asks_nobody_else(api_page: Page, model_server: Service, asked: list[str]) -> None:
    complaints: list[str] = []
    api_page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    api_page.goto(f"{model_server.url}/docs")
    expect(api_page.get_by_role("heading", name="Relevo model server")).to_be_visible()
    predict = api_page.locator("#operations-predict-predict_predict_post")
    predict.get_by_role("button").first.click()
    predict.get_by_role("button", name="Try it out").click()
    expect(predict.get_by_role("textbox")).to_contain_text("Body_Width")
    predict.get_by_role("button", name="Execute").click()
    answer = predict.locator(".live-responses-table .response").first
    expect(answer.locator(".response-col_status")).to_have_text("200")
    expect(answer).to_contain_text("probabilities")
    elsewhere = [url for url in asked if urlsplit(url).scheme != "data" and not url.startswith(model_server.url)]
    assert elsewhere == []
    assert complaints == []
