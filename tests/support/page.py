"""The page as somebody uses it: what can be done on it and where it says what."""

from pathlib import Path

from playwright.sync_api import Locator, Page, expect


def opened(page: Page) -> Page:
    """The page with its form drawn."""
    page.goto("/")
    expect(page.get_by_role("button", name="Predict", exact=True)).to_be_visible()
    return page


def predict(page: Page) -> None:
    page.get_by_role("button", name="Predict", exact=True).click()


def why(page: Page) -> Locator:
    return page.get_by_role("region", name="Why this answer?")


def explained(page: Page) -> Locator:
    page.get_by_role("tab", name="Explain").click()
    return page.locator("#explain")


def result(page: Page) -> Locator:
    return page.get_by_role("region", name="Prediction", exact=True)


def in_production(page: Page) -> Locator:
    """What the header says."""
    return page.get_by_role("group", name="In production")


def field(page: Page, label: str) -> Locator:
    """A field's box with its label, help and error."""
    return page.locator(".field").filter(has=page.get_by_label(label, exact=True))


def history(page: Page) -> Locator:
    page.get_by_role("tab", name="History").click()
    return page.locator("#history")


def hidden_at_the_side(page: Page) -> int:
    """The pixels somebody would have to scroll sideways for."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def choose_file(page: Page, file: Path) -> None:
    """Gives the page a file of many rows, and waits until it is there."""
    page.get_by_role("button", name="Many rows from a CSV file").click()
    page.locator("#many input[type=file]").set_input_files(file)
    # Its text has a space before the ending once the upload is over.
    expect(page.locator("#many").get_by_role("cell", name=file.name)).to_be_visible()
