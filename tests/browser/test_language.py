"""The page in two languages, light and dark, and that it remembers which."""

import re

from playwright.sync_api import Browser, Page, expect
from support.page import in_production, opened
from support.processes import Service


def test_the_browsers_language_is_spoken(browser: Browser, page_server: Service) -> None:
    context = browser.new_context(locale="es-CO", base_url=page_server.url)
    page = context.new_page()
    page.goto("/")
    expect(page.get_by_role("button", name="Predecir")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "es")
    expect(page.get_by_role("tab", name="Historial")).to_be_visible()
    assert page.url.endswith("/es/")
    context.close()


def test_a_chosen_language_is_remembered(page: Page) -> None:
    opened(page)
    page.get_by_role("link", name="Español").click()
    expect(page.get_by_role("group", name="En producción")).to_contain_text("Versión 1")
    page.goto("/")
    expect(page.get_by_role("button", name="Predecir")).to_be_visible()
    page.get_by_role("link", name="English").click()
    expect(in_production(page)).to_contain_text("Version 1")
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_a_chosen_theme_is_remembered(page: Page) -> None:
    opened(page)
    dark = re.compile(r"\bdark\b")
    expect(page.locator("body")).not_to_have_class(dark)
    page.get_by_role("button", name="Light or dark").click()
    expect(page.locator("body")).to_have_class(dark)
    opened(page)
    expect(page.locator("body")).to_have_class(dark)
    page.get_by_role("link", name="Español").click()
    expect(page.get_by_role("button", name="Predecir")).to_be_visible()
    expect(page.locator("body")).to_have_class(dark)
