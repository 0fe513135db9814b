"""Everything around one prediction: rows to start from, why, where it came from, and the same request by hand."""

import json
import re
import shlex
import subprocess
import sys

import httpx
from playwright.sync_api import Browser, Page, expect
from support.animals import PROBLEM, ROW, Registry
from support.page import field, opened, predict, result, why
from support.processes import Service, until
from support.serving import FRESH

ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def values(page: Page) -> list[str]:
    labels = ("Body Width (m)", "legs-count", "Colour")
    return [page.get_by_label(label, exact=True).input_value() for label in labels]


def test_examples_and_random_rows_are_training_rows_and_say_so(page: Page) -> None:
    opened(page)
    expect(page.locator("#rows-source")).to_contain_text("simulated rows, of those version 1 was trained on")
    page.get_by_role("button", name="Example 2").click()
    # The fields get their values one after the other.
    until(lambda: values(page) == ["0.5", "2", "Red"], "the second example")

    def another() -> bool:
        """Asks for one as long as it is the same: chance may choose that one again."""
        same = values(page) == ["0.5", "2", "Red"]
        if same:
            page.get_by_role("button", name="Random row").click()
        return not same

    until(another, "another row", every=0.5)
    until(lambda: float(values(page)[0]) * 4 % 9 == float(values(page)[1]), "a row of the training set")
    page.get_by_role("button", name="Typical values").click()
    until(lambda: values(page) == ["2.5", "4", "Green"], "the typical values")


def test_an_example_outlives_a_new_versions_form(page: Page, registry: Registry) -> None:
    opened(page)
    page.get_by_role("button", name="Example 3").click()
    expect(page.get_by_label("Body Width (m)")).to_have_value("0.75")
    registry.promote("3")
    expect(page.get_by_label("Tail (m)")).to_have_value("1")
    expect(page.get_by_label("Body Width (m)")).to_have_value("0.75")


def test_why_sums_up_from_the_average_to_the_answer(page: Page, model_server: Service) -> None:
    opened(page)
    predict(page)
    said = httpx.post(f"{model_server.url}/models/{PROBLEM}/explain", json=ROW, headers=FRESH).json()
    rows = why(page).locator(".waterfall tbody tr")
    expect(rows).to_have_count(5)
    expect(rows.nth(0)).to_contain_text(f"{100 * said['base']:.1f} %")
    expect(rows.nth(4)).to_contain_text(f"{100 * said['answer']:.1f} %")
    names = [one["column"].replace("_", " ") for one in said["contributions"]]
    for position, name in enumerate(names):
        expect(rows.nth(position + 1).get_by_role("rowheader")).to_contain_text(name)
    expect(why(page).locator("figure")).to_have_count(2)
    curve = why(page).get_by_role("img").first
    expect(curve).to_have_accessible_name(re.compile(r": From .+ to .+: between .+ and .+; here .+\."))


def test_a_refused_row_takes_the_old_why_away(page: Page) -> None:
    opened(page)
    predict(page)
    expect(why(page)).to_be_visible()
    page.get_by_label("legs-count", exact=True).fill("9")
    predict(page)
    expect(field(page, "legs-count")).to_contain_text("not 9")
    expect(why(page)).to_have_count(0)


def test_the_same_request_by_hand(page: Page, model_server: Service) -> None:
    context = page.context
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    opened(page)
    predict(page)
    label = result(page).locator(".answer").inner_text()
    result(page).get_by_text("The same request yourself").click()
    result(page).get_by_role("button", name="Copy: curl").click()
    expect(result(page).get_by_role("button", name="Copy: curl")).to_have_text("Copied")
    command = page.evaluate("navigator.clipboard.readText()")
    assert model_server.url in command
    body = shlex.split(command.replace("\\\n", ""))[-1]
    assert json.loads(body) == ROW
    result(page).get_by_role("button", name="Copy: Python").click()
    program = page.evaluate("navigator.clipboard.readText()")
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert label in ran.stdout


def test_a_prediction_id_leads_to_where_it_came_from(page: Page, registry: Registry) -> None:
    opened(page)
    predict(page)
    with page.expect_popup() as popup:
        result(page).get_by_role("link", name=ID).click()
    arrived = popup.value
    lineage = arrived.get_by_role("region", name="Where does a prediction come from?")
    expect(lineage).to_contain_text("90 rows up to batch 1")
    expect(lineage).to_contain_text("no model is in production yet")
    expect(lineage.get_by_role("link", name="Version 1")).to_be_visible()
    expect(lineage.get_by_role("link", name="MLflow")).to_have_attribute("href", re.compile(registry.run_of("1")))

    page.get_by_role("button", name="Where does a prediction come from?").click()
    expect(page.get_by_label("Prediction id")).to_have_value(ID)

    for given, said in (("nonsense", "“nonsense” is no prediction id"), ("0" * 32, "answered “Not Found” (404)")):
        arrived.get_by_label("Prediction id").fill(given)
        arrived.get_by_role("button", name="Look up").click()
        expect(arrived.locator("#lineage-found")).to_contain_text(said)


def test_two_browsers_at_once(page: Page, browser: Browser, page_server: Service) -> None:
    other = browser.new_context(locale="es-ES", base_url=page_server.url).new_page()
    opened(page)
    other.goto("/")
    other.get_by_label("legs-count").fill("0")
    page.get_by_label("legs-count").fill("8")
    other.get_by_role("button", name="Predecir", exact=True).click()
    predict(page)
    theirs = other.get_by_role("region", name="Predicción", exact=True)
    expect(theirs.locator(".answer")).to_be_visible()
    expect(result(page)).to_be_visible()
    expect(page.get_by_label("legs-count", exact=True)).to_have_value("8")
    expect(other.get_by_label("legs-count", exact=True)).to_have_value("0")
    ours, other_id = (one.get_by_role("link", name=ID).inner_text() for one in (result(page), theirs))
    assert ours != other_id
    other.context.close()
