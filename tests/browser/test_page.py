"""The page as somebody uses it, in Chromium, with every service behind it real."""

import os
import re
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect
from relevo_ui.inference import ModelServer, UnintelligibleError

expect.set_options(timeout=15_000)
ROW = {"Body_Width": 2.5, "Legs": 4, "Colour": "g"}


def opened(page: Page) -> Page:
    """The page with its form drawn."""
    page.goto("/")
    expect(page.get_by_role("button", name="Predict")).to_be_visible()
    return page


def predict(page: Page) -> None:
    page.get_by_role("button", name="Predict").click()


def result(page: Page) -> Locator:
    return page.get_by_role("region", name="Prediction")


def in_production(page: Page) -> Locator:
    """What the header says."""
    return page.get_by_role("group", name="In production")


def field(page: Page, label: str) -> Locator:
    """A field's box with its label, help and error."""
    return page.locator(".field").filter(has=page.get_by_label(label, exact=True))


def answer(url: str, row: dict[str, Any]) -> dict[str, Any]:
    found = httpx.post(f"{url}/models/animals/predict", json=row, headers={"Cache-Control": "no-cache"})
    return dict(found.raise_for_status().json())


def history(page: Page) -> Locator:
    page.get_by_role("tab", name="History").click()
    return page.locator("#history")


def hidden_at_the_side(page: Page) -> int:
    """The pixels somebody would have to scroll sideways for."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def test_a_form_from_the_card_and_its_prediction(page: Page, model_server: Any, registry: Any) -> None:
    hosts: set[str] = set()
    page.on("request", lambda request: hosts.add(re.sub(r"^(\w+:)(//[^/]*)?.*", r"\1\2", request.url)))
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    opened(page)
    expect(page.get_by_label("Body Width (m)")).to_have_value("2.5")
    expect(page.get_by_label("Legs")).to_have_value("4")
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

    assert hosts <= {re.sub(r"/$", "", page.url), "data:", "blob:"}
    assert errors == []


def test_other_values_give_another_answer(page: Page, model_server: Any) -> None:
    opened(page)
    page.get_by_label("Body Width (m)").fill("9.75")
    page.get_by_label("Legs").fill("0")
    page.get_by_label("Colour").click()
    page.get_by_role("option", name="Red").click()
    page.get_by_label("Legs").press("Enter")
    expected = answer(model_server.url, {"Body_Width": 9.75, "Legs": 0, "Colour": "r"})
    assert expected["probabilities"] != answer(model_server.url, ROW)["probabilities"]
    best = sorted(expected["probabilities"].values(), reverse=True)
    expect(result(page).locator(".shares .figure")).to_have_text([f"{100 * share:.1f} %" for share in best])


def test_a_promotion_while_the_page_is_open(page: Page, registry: Any) -> None:
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


def test_a_value_that_is_not_allowed_is_named_where_it_stands(page: Page) -> None:
    opened(page)
    page.get_by_label("Legs").fill("9")
    page.get_by_label("Body Width (m)").fill("")
    predict(page)
    expect(page.get_by_role("alert")).to_have_text("Nothing was predicted. Please correct: Body Width (m), Legs.")
    expect(field(page, "Legs")).to_contain_text("Legs must be an integer from 0 to 8, not 9.")
    expect(field(page, "Body Width (m)")).to_contain_text("Body_Width is missing")
    expect(field(page, "Colour")).to_contain_text("Its colour.")
    expect(result(page)).to_have_count(0)

    page.get_by_label("Legs").fill("3.5")
    page.get_by_label("Body Width (m)").fill("1")
    predict(page)
    expect(field(page, "Legs")).to_contain_text("not 3.5")
    expect(field(page, "Body Width (m)")).to_contain_text("How wide it is")

    page.get_by_label("Legs").fill("8")
    predict(page)
    expect(result(page)).to_be_visible()
    expect(page.locator(".field.wrong")).to_have_count(0)


def test_the_model_server_goes_away_and_comes_back(page: Page, model_server: Any) -> None:
    opened(page)
    page.get_by_label("Body Width (m)").fill("3.25")
    model_server.stop()
    try:
        predict(page)
        gone = f"The model server at {model_server.url} does not answer"
        expect(page.locator("#result")).to_contain_text(gone)
        expect(page.locator("#trouble")).to_contain_text(gone)
        expect(in_production(page)).to_contain_text("model server not available")
        expect(result(page)).to_have_count(0)
    finally:
        model_server.start()
    expect(page.locator("#trouble")).to_be_hidden()
    expect(in_production(page)).to_contain_text("Version 1")
    expect(page.get_by_label("Body Width (m)")).to_have_value("3.25")
    predict(page)
    expect(result(page)).to_be_visible()


def test_opened_while_the_model_server_is_down(page: Page, model_server: Any) -> None:
    model_server.stop()
    try:
        page.goto("/")
        expect(page.locator("#trouble")).to_contain_text("does not answer")
        expect(history(page)).to_contain_text("part 1")
    finally:
        model_server.start()
    page.get_by_role("tab", name="Predict").click()
    expect(page.get_by_role("button", name="Predict")).to_be_visible()


def test_a_problem_without_a_model_says_how_to_get_one(page: Page) -> None:
    opened(page)
    predict(page)
    expect(result(page)).to_be_visible()
    page.get_by_label("Problem").click()
    page.get_by_role("option", name="plants").click()
    trouble = page.locator("#trouble")
    expect(trouble).to_contain_text("no version of plants is in production")
    link = trouble.get_by_role("link", name="Start a run in Airflow")
    expect(link).to_have_attribute("href", "http://airflow.example/dags/plants")
    expect(in_production(page)).to_contain_text("no model in production")
    expect(page.get_by_role("button", name="Predict")).to_have_count(0)
    expect(result(page)).to_have_count(0)
    expect(history(page)).to_contain_text("No run is on record yet")

    page.get_by_label("Problem").click()
    page.get_by_role("option", name="Animals").click()
    expect(in_production(page)).to_contain_text("Version 1")
    expect(history(page)).to_contain_text("part 1")


def test_an_unreachable_registry_is_said(page: Page, mlflow_server: Any) -> None:
    opened(page)
    mlflow_server.pause()
    try:
        predict(page)
        expect(result(page)).to_contain_text("The registry does not answer")
        expect(in_production(page)).to_contain_text("registry not reachable")
    finally:
        mlflow_server.resume()
    expect(in_production(page)).not_to_contain_text("registry not reachable")


def test_the_story_of_every_batch(page: Page) -> None:
    opened(page)
    rows = history(page).locator("tbody tr")
    expect(rows.locator(".batch")).to_have_text(["part 3", "part 2", "part 1"])
    failed, skipped, promoted = rows.nth(0), rows.nth(1), rows.nth(2)
    expect(failed).to_contain_text("Failed in “validate”: 1,400 of 5,810 rows break the contract.")
    expect(skipped).to_contain_text("All 5,810 rows were known already ${1 + 1} {{value}} <b>")
    for said in ("5,441 new", "12 rejected", "5,441 of 5,810 rows are new", "Xgboost, macro F1 0.7411 vs 0.6790"):
        expect(promoted).to_contain_text(said)
    expect(promoted.locator(".scores b")).to_have_text(["0.6790", "0.7411"])
    expect(promoted.locator(".badge")).to_have_text(["Yes", "Yes"])
    run = "manual__2026-11-21T07%3A01%3A00%2B00%3A00"
    airflow = promoted.get_by_role("link", name="Airflow")
    expect(airflow).to_have_attribute("href", f"http://airflow.example/dags/animals/runs/{run}")


def test_a_history_that_cannot_be_read_is_said(page: Page, clean_db: Path) -> None:
    opened(page)
    expect(history(page)).to_contain_text("part 1")
    refresh = page.get_by_role("button", name="Refresh")
    away = clean_db.rename(clean_db.with_name("away.db"))
    try:
        refresh.click()
        expect(page.locator("#history")).to_contain_text("The database with the history does not answer")
        assert not clean_db.exists()
    finally:
        away.rename(clean_db)
    refresh.click()
    expect(page.locator("#history")).to_contain_text("part 1")


def test_links_lead_to_the_run_and_the_version_in_mlflow(page: Page, registry: Any) -> None:
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


def test_another_service_at_the_model_servers_address_is_said(mlflow_server: Any) -> None:
    with closing(ModelServer(mlflow_server.url)) as client, pytest.raises(UnintelligibleError, match="GET /models"):
        client.models()


def test_a_port_in_use_is_a_sentence(page_server: Any) -> None:
    env = {**os.environ, **page_server.env}
    second = subprocess.run(
        [*page_server.command], env=env, capture_output=True, text=True, timeout=60, check=False
    )
    assert second.returncode == 1
    assert f"The page cannot listen on 127.0.0.1:{page_server.port}" in second.stderr
    assert "Traceback" not in second.stderr
