"""What axe-core (WCAG 2.2 A and AA) finds on each tab, and that the keyboard is enough."""

import json

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from support.page import field, opened, predict, result, why

RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}


def violations(page: Page) -> list[str]:
    """Serious and critical ones, each with the elements. There is none in Gradio's own components either."""
    found = Axe().run(page, options=RULES).response["violations"]
    return [
        f"{violation['id']}: {' '.join(map(str, node['target']))}: {json.dumps(node['any'][:1])[:300]}"
        for violation in found
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
    ]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_serious_violation_is_ours(page: Page, theme: str) -> None:
    page.goto(f"/en/?__theme={theme}")
    expect(page.get_by_role("button", name="Predict", exact=True)).to_be_visible()
    predict(page)
    expect(why(page)).to_be_visible()
    page.get_by_role("button", name="Many rows from a CSV file").click()
    page.get_by_role("button", name="Where does a prediction come from?").click()
    expect(page.get_by_role("button", name="Look up")).to_be_visible()
    found = {"Predict": violations(page)}
    for tab in page.get_by_role("tab").all()[1:]:
        tab.click()
        expect(tab).to_have_attribute("aria-selected", "true")
        found[tab.inner_text()] = violations(page)
    assert found == {tab: [] for tab in found}


def test_wrong_fields_and_phones_are_no_exception(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    opened(page)
    page.get_by_label("legs-count", exact=True).fill("9")
    predict(page)
    expect(field(page, "legs-count")).to_contain_text("not 9")
    assert violations(page) == []


def test_a_prediction_by_keyboard_alone(page: Page) -> None:
    opened(page)
    page.locator("body").press("Tab")
    for _ in range(40):
        if page.evaluate("document.activeElement.id") == "submit":
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(result(page)).to_be_visible()
    page.get_by_role("tab", name="Predict").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("tab", name="History")).to_have_attribute("aria-selected", "true")
