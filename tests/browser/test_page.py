"""The page as somebody uses it, in Chromium, with every service behind it real."""

import re
from typing import Any

import httpx
from playwright.sync_api import Page, expect
from support.animals import ROW, Registry
from support.page import field, hidden_at_the_side, history, in_production, opened, predict, result
from support.processes import Service
from support.serving import FRESH


def answer(url: str, row: dict[str, Any]) -> dict[str, Any]:
    found = httpx.post(f"{url}/models/animals/predict", json=row, headers=FRESH)
    return dict(found.raise_for_status().json())


def test_a_form_from_the_card_and_its_prediction(
    page: Page, page_server: Service, model_server: Service, registry: Registry
) -> None:
    hosts: set[str] = set()
    page.on("request", lambda request: hosts.add(re.sub(r"^(\w+:)(//[^/]*)?.*", r"\1\2", request.url)))
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    opened(page)
    expect(page.get_by_label("Body Width (m)")).to_have_value("2.5")
    expect(page.get_by_label("legs-count")).to_have_value("4")
    expect(page.get_by_label("Colour")).to_have_value("Green")
    expect(field(page, "Body Width (m)")).to_contain_text("How wide it is. Usually 0.5")
    expect(in_production(page)).to_contain_text("Animals")
    expect(in_production(page)).to_contain_text("simulated data")

    predict(page)
    expected = answer(model_server.url, ROW)
    shown = result(page)
    expect(shown.locator(".answer")).to_have_text(expected["label_name"])
    best = sorted(expected["probabilities"].values(), reverse=True)
    expect(shown.locator(".shares .figure")).to_have_text([f"{100 * share:.1f} %" for share in best])
    expect(shown.get_by_role("link", name="Version 1")).to_have_attribute(
        "href", re.compile(r"/animals/versions/1$")
    )
    expect(shown.get_by_role("link", name="MLflow")).to_have_attribute("href", re.compile(registry.run_of("1")))
    expect(shown).to_contain_text(re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"))
    expect(shown).to_contain_text("simulated data")
    expect(shown).not_to_contain_text("registry does not answer")

    assert hosts <= {page_server.url, "data:", "blob:"}
    assert errors == []


def test_other_values_give_another_answer(page: Page, model_server: Service) -> None:
    opened(page)
    page.get_by_label("Body Width (m)").fill("9.75")
    page.get_by_label("legs-count").fill("0")
    page.get_by_label("Colour").click()
    page.get_by_role("option", name="Red").click()
    page.get_by_label("legs-count").press("Enter")
    expected = answer(model_server.url, {"Body_Width": 9.75, "legs-count": 0, "Colour": "r"})
    assert expected["probabilities"] != answer(model_server.url, ROW)["probabilities"]
    best = sorted(expected["probabilities"].values(), reverse=True)
    expect(result(page).locator(".shares .figure")).to_have_text([f"{100 * share:.1f} %" for share in best])


def test_a_promotion_while_the_page_is_open(page: Page, registry: Registry) -> None:
    opened(page)
    page.get_by_label("Body Width (m)").fill("3.25")
    registry.promote("2")
    predict(page)
    expect(result(page)).to_contain_text("Version 2")
    expect(in_production(page)).to_contain_text("Version 2")

    # Nobody touches the page: it notices by itself, and draws the form of the new inputs around what was typed.
    registry.promote("3")
    expect(in_production(page)).to_contain_text("Version 3")
    expect(page.get_by_label("Tail (m)")).to_have_value("1")
    expect(page.get_by_label("Body Width (m)")).to_have_value("3.25")
    predict(page)
    expect(result(page)).to_contain_text("Version 3")


def test_the_story_of_every_batch(page: Page) -> None:
    opened(page)
    rows = history(page).locator("tbody tr")
    expect(rows.locator(".batch")).to_have_text(["part 3", "part 2", "part 1"])
    failed, skipped, promoted = rows.nth(0), rows.nth(1), rows.nth(2)
    expect(failed).to_contain_text("Failed in “validate”: 1,400 of 5,810 rows break the contract.")
    expect(skipped).to_contain_text("All 5,810 rows were known already ${1 + 1} {{value}} <b>")
    for said in ("5,441 new", "12 rejected", "5,441 of 5,810 rows are new", "xgboost, macro F1 0.7411 vs 0.6790"):
        expect(promoted).to_contain_text(said)
    expect(promoted.locator(".scores b")).to_have_text(["0.6790", "0.7411"])
    expect(promoted.locator(".badge")).to_have_text(["Yes", "Yes"])
    run = "manual__2026-11-21T07%3A01%3A00%2B00%3A00"
    airflow = promoted.get_by_role("link", name="Airflow")
    expect(airflow).to_have_attribute("href", f"http://airflow.example/dags/animals/runs/{run}")


def test_links_lead_to_the_run_and_the_version_in_mlflow(page: Page, registry: Registry) -> None:
    opened(page)
    predict(page)
    with page.expect_popup() as run_page:
        result(page).get_by_role("link", name="MLflow").click()
    run_page.value.wait_for_url(re.compile(rf"/#/experiments/\d+/runs/{registry.run_of('1')}"))
    with page.expect_popup() as version_page:
        result(page).get_by_role("link", name="Version 1").click()
    expect(version_page.value.get_by_text("Version 1").first).to_be_visible()


def test_a_phone_shows_it_all_without_scrolling_sideways(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    opened(page)
    predict(page)
    expect(result(page)).to_be_visible()
    assert hidden_at_the_side(page) == 0
    expect(history(page).locator("tbody tr").first).to_be_visible()
    assert hidden_at_the_side(page) == 0
