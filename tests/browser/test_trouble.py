"""The page when something is wrong: it says what, keeps what was typed, and recovers by itself."""

import os
import subprocess
from pathlib import Path

from playwright.sync_api import Page, expect
from support.page import field, history, in_production, opened, predict, result
from support.processes import Service, free_port


def test_a_value_that_is_not_allowed_is_named_where_it_stands(page: Page) -> None:
    opened(page)
    page.get_by_label("legs-count").fill("9")
    page.get_by_label("Body Width (m)").fill("")
    predict(page)
    expect(page.get_by_role("alert")).to_have_text(
        "Nothing was predicted. Please correct: Body Width (m), legs-count."
    )
    expect(field(page, "legs-count")).to_contain_text("legs-count must be an integer from 0 to 8, not 9.")
    expect(field(page, "Body Width (m)")).to_contain_text("Body_Width is missing")
    expect(field(page, "Colour")).to_contain_text("Its colour.")
    expect(result(page)).to_have_count(0)

    page.get_by_label("legs-count").fill("3.5")
    page.get_by_label("Body Width (m)").fill("1")
    predict(page)
    expect(field(page, "legs-count")).to_contain_text("not 3.5")
    expect(field(page, "Body Width (m)")).to_contain_text("How wide it is")

    page.get_by_label("legs-count").fill("8")
    predict(page)
    expect(result(page)).to_be_visible()
    expect(page.locator(".field.wrong")).to_have_count(0)


def test_the_model_server_goes_away_and_comes_back(page: Page, model_server: Service) -> None:
    opened(page)
    page.get_by_label("Body Width (m)").fill("3.25")
    with model_server.down():
        predict(page)
        gone = f"The model server at {model_server.url} does not answer"
        expect(page.locator("#result")).to_contain_text(gone)
        expect(page.locator("#trouble")).to_contain_text(gone)
        expect(in_production(page)).to_contain_text("model server not available")
        expect(result(page)).to_have_count(0)
    expect(page.locator("#trouble")).to_be_hidden()
    expect(in_production(page)).to_contain_text("Version 1")
    expect(page.get_by_label("Body Width (m)")).to_have_value("3.25")
    predict(page)
    expect(result(page)).to_be_visible()


def test_opened_while_the_model_server_is_down(page: Page, model_server: Service) -> None:
    with model_server.down():
        page.goto("/")
        expect(page.locator("#trouble")).to_contain_text("does not answer")
        expect(history(page)).to_contain_text("part 1")
    page.get_by_role("tab", name="Predict").click()
    expect(page.get_by_role("button", name="Predict", exact=True)).to_be_visible()


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
    expect(page.get_by_role("button", name="Predict", exact=True)).to_have_count(0)
    expect(result(page)).to_have_count(0)
    expect(history(page)).to_contain_text("No run is on record yet")

    page.get_by_label("Problem").click()
    page.get_by_role("option", name="Animals").click()
    expect(in_production(page)).to_contain_text("Version 1")
    expect(history(page)).to_contain_text("part 1")


def test_an_unreachable_registry_is_said(page: Page, mlflow: Service) -> None:
    opened(page)
    with mlflow.paused():
        predict(page)
        expect(result(page)).to_contain_text("The registry does not answer")
        expect(in_production(page)).to_contain_text("registry not reachable")
    expect(in_production(page)).not_to_contain_text("registry not reachable")


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


def test_another_service_at_the_model_servers_address_is_said(
    page: Page, page_server: Service, mlflow: Service, tmp_path: Path
) -> None:
    port = free_port()
    env = {**page_server.env, "UI_PORT": str(port), "INFERENCE_URL": mlflow.url}
    with Service("the misled page", page_server.command, "/livez", port, tmp_path / "ui.log", env) as misled:
        page.goto(misled.url)
        trouble = page.locator("#trouble")
        expect(trouble).to_contain_text(f"The model server at {mlflow.url} answered in a form that")
        expect(trouble).to_contain_text("GET /models")


def test_a_port_in_use_is_a_sentence(page_server: Service) -> None:
    env = {**os.environ, **page_server.env}
    second = subprocess.run(
        [*page_server.command], env=env, capture_output=True, text=True, timeout=60, check=False
    )
    assert second.returncode == 1
    assert f"The page cannot listen on 127.0.0.1:{page_server.port}" in second.stderr
    assert "Traceback" not in second.stderr
