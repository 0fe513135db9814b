"""The stack operated from the page, in Chromium, with a real Airflow behind it."""

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect
from relevo_contract.database import connect
from relevo_contract.tables import promotions, runs
from sqlalchemy import select
from support.demo import PROBLEM, Demo
from support.relay import Relay

RUN_MILLISECONDS = 900_000
CHANGE_MILLISECONDS = 180_000


@pytest.fixture
def page(browser: Browser, demo: Demo) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, base_url=demo.urls["page"], locale="en")
    context.set_default_timeout(60_000)
    yield context.new_page()
    context.close()


def tab(page: Page, name: str) -> Page:
    page.goto("/")
    page.get_by_role("tab", name=name).click()
    return page


def sign_in(page: Page, where: str, password: str, name: str = "Ana") -> None:
    page.locator(f"#{where}-name").get_by_role("textbox").fill(name)
    page.locator(f"#{where}-password input").fill(password)
    page.locator(f"#{where}-sign-in").click()


def rows(demo: Demo, store: str, table: Any) -> list[Any]:
    """Every row of a table, oldest first."""
    engine = connect(f"sqlite:///{demo.state}/{store}.db")
    with engine.connect() as connection:
        found = list(connection.execute(select(table).order_by(table.c.id)))
    engine.dispose()
    return found


def test_without_the_password_nothing_is_operated(page: Page, demo: Demo) -> None:
    tab(page, "Pipeline")
    expect(page.locator("#run")).to_contain_text("went through")
    # Whoever knows the address sees how the run went, and not what its log says.
    expect(page.locator("#run")).to_contain_text("Signed in, you see the log")
    before = len(rows(demo, "clean", runs))
    page.locator("#start-run").click()
    expect(page.locator("#started")).to_contain_text("Sign in first")
    sign_in(page, "pipeline", "not the password")
    expect(page.get_by_role("alert").filter(has_text="not the operator’s password")).to_be_visible()
    page.locator("#start-run").click()
    expect(page.locator("#started")).to_contain_text("Sign in first")
    page.locator("#by-hand > button").click()
    page.locator("#call").get_by_role("listbox").or_(page.locator("#call input")).first.click()
    page.get_by_role("option", name="Data API: GET /data", exact=True).click()
    expect(page.locator("#call-warning")).to_contain_text("takes a batch away")
    page.locator("#call-send").click()
    expect(page.locator("#call-answer")).to_contain_text("Sign in first")
    assert len(rows(demo, "clean", runs)) == before
    log = httpx.get(f"{demo.urls['data_api']}/requests").json()
    assert log["count"] == before


def test_a_run_is_started_and_watched_going_through(page: Page, demo: Demo) -> None:
    demo.airflow.pause(PROBLEM)
    tab(page, "Pipeline")
    expect(page.locator("#dag")).to_contain_text("is paused in Airflow")
    sign_in(page, "pipeline", demo.secrets["operator_password"])
    expect(page.get_by_text("Ana may operate the stack until")).to_be_visible()
    page.locator("#start-run").click()
    expect(page.locator("#started")).to_contain_text("Started run manual__")
    run = page.locator("#run")
    expect(run).to_contain_text("It waits because the pipeline is paused")
    page.locator("#unpause").click()
    expect(page.locator("#dag")).to_contain_text("is ready")
    expect(run.locator(".tasks .busy").first).to_be_visible(timeout=RUN_MILLISECONDS)
    expect(run.get_by_text("train · xgboost", exact=True)).to_be_visible(timeout=RUN_MILLISECONDS)
    expect(run.locator("h3 .badge")).to_have_text("went through", timeout=RUN_MILLISECONDS)
    told = rows(demo, "clean", runs)[-1]
    assert told.dag_run_id in (run.locator("h3 code").text_content() or "")
    for sentence in (told.decision_reason, told.verdict_reason):
        if sentence:
            expect(run.locator(".ending")).to_contain_text(sentence)
    expect(run.locator(".log")).to_contain_text("Returned value was")


def test_promotion_and_rollback_reach_the_next_prediction(page: Page, demo: Demo) -> None:
    tab(page, "History")
    page.locator("#change-fold > button").click()
    sign_in(page, "history", demo.secrets["operator_password"], name="Ben")
    before = demo.version()
    other = next(version for version in ("2", "1") if version != before)
    page.locator("#change-version input").click()
    page.get_by_role("option", name=re.compile(rf"^Version {other}\b")).click()
    changed = page.locator("#changed")
    page.locator("#promote").click()
    expect(changed).to_contain_text("a change without a reason is not made")
    page.locator("#change-reason").get_by_role("textbox").fill("smaller <b>")
    page.locator("#promote").click()
    expect(changed).to_contain_text(
        f"Done. Version {other} of {PROBLEM} is in production", timeout=CHANGE_MILLISECONDS
    )
    assert demo.version() == other
    expect(page.get_by_role("group", name="In production")).to_contain_text(f"Version {other}")
    page.locator("#promotions-fold > button").click()
    last = page.locator("#promotions tbody tr").first
    for said in (f"v{before} → v{other}", "Ben", "smaller <b>"):
        expect(last).to_contain_text(said)

    # Again is refused in the pipeline's own words, and nothing is written down.
    count = len(rows(demo, "raw", promotions))
    page.locator("#promote").click()
    expect(changed).to_contain_text(
        f"Not done: version {other} of {PROBLEM} is in production already", timeout=CHANGE_MILLISECONDS
    )
    assert len(rows(demo, "raw", promotions)) == count

    page.locator("#change-reason").get_by_role("textbox").fill("calls everything pine")
    page.locator("#roll-back").click()
    expect(changed).to_contain_text(f"Done. Version {before} of", timeout=CHANGE_MILLISECONDS)
    assert demo.version() == before
    entry = rows(demo, "raw", promotions)[-1]
    assert (entry.from_version, entry.to_version, entry.promoted_by) == (other, before, "Ben")
    # As `make rollback` writes it: no run of the problem's own DAG did it.
    assert (entry.reason, entry.dag_run_id) == ("calls everything pine", None)


def test_the_history_tells_it_with_filters_and_in_full(page: Page, demo: Demo) -> None:
    tab(page, "History")
    table = page.locator("#history tbody tr")
    told = rows(demo, "clean", runs)
    expect(table).to_have_count(len(told))
    expect(page.locator("#scores svg .challenger").first).to_be_visible()
    expect(page.locator("#scores svg.scores .flag.by-hand")).to_have_count(2)
    expect(page.locator("#drift td.drifted").first).to_be_visible()
    page.locator("#filter-text").get_by_role("textbox").fill("the first model")
    expect(table).to_have_count(1)
    page.locator("#filter-text").get_by_role("textbox").fill("nothing says this")
    expect(page.locator("#history")).to_contain_text("No run matches")
    page.locator("#filter-text").get_by_role("textbox").fill("")
    page.get_by_role("button", name="Details of batch 2").press("Enter")
    record = page.get_by_role("dialog")
    expect(record).to_contain_text(told[1].decision_reason.removeprefix("train: ")[1:])
    expect(record.get_by_role("link", name="Run in MLflow")).to_have_attribute(
        "href", re.compile(told[1].mlflow_run_id)
    )
    report = record.get_by_role("link", name="Drift report")
    expect(report).to_have_attribute(
        "href", re.compile(rf"runs/{told[1].mlflow_run_id}/artifacts/assessment/drift")
    )
    page.keyboard.press("Escape")
    expect(record).to_be_hidden()


def test_an_api_is_called_by_hand(page: Page, demo: Demo) -> None:
    tab(page, "Pipeline")
    sign_in(page, "pipeline", demo.secrets["operator_password"])
    expect(page.get_by_text("Ana may operate the stack until")).to_be_visible()
    page.locator("#by-hand > button").click()
    answer = page.locator("#call-answer")
    expect(page.locator("#call-body textarea")).to_have_value(re.compile('"Elevation"'))
    page.locator("#call-send").click()
    expect(answer).to_contain_text("Succeeded: 200 OK")
    expect(answer).to_contain_text(f"POST {demo.urls['inference']}/models/{PROBLEM}/predict")
    expect(answer).to_contain_text('"prediction_id"')
    page.locator("#call-body textarea").fill("{")
    page.locator("#call-send").click()
    expect(answer).to_contain_text("Not sent: the body is no JSON")
    before = httpx.get(f"{demo.urls['data_api']}/requests").json()["count"]
    page.locator("#call input").click()
    page.get_by_role("option", name="Data API: GET /data", exact=True).click()
    page.locator("#call-send").click()
    expect(answer).to_contain_text("Succeeded: 200 OK")
    expect(answer).to_contain_text("cut here")
    assert httpx.get(f"{demo.urls['data_api']}/requests").json()["count"] == before + 1


def test_the_status_says_which_part_of_airflow_is_gone(page: Page, demo: Demo) -> None:
    tab(page, "Status")
    status = page.locator("#status")
    expect(status).to_contain_text("Everything is well.")
    expect(status).to_contain_text("Last promotion")
    api = status.locator("[data-service=airflow_api] .badge")
    with demo.paused("airflow api.server"):
        expect(api).to_have_text("down", timeout=60_000)
        expect(status).to_contain_text("No run can be started or watched here")
        tab(page, "Pipeline")
        expect(page.locator("#dag")).to_contain_text("does not answer", timeout=60_000)
        tab(page, "Status")
    expect(api).to_have_text("well", timeout=60_000)
    with demo.paused("airflow triggerer"):
        triggerer = status.locator("[data-service=airflow_triggerer] .badge")
        # Airflow itself waits half a minute for a sign of life.
        expect(triggerer).to_have_text("down", timeout=120_000)
        expect(status).to_contain_text("No sign of life")
    expect(triggerer).to_have_text("well", timeout=120_000)


def test_no_secret_reaches_the_browser(browser: Browser, demo: Demo) -> None:
    """Everything the page sends while all of its tabs are used, held against every secret of the stack."""
    with Relay(demo.urls["page"]) as relay:
        # Compressed, a secret would not be found.
        plain = {"Accept-Encoding": "identity"}
        context = browser.new_context(base_url=relay.url, locale="en", extra_http_headers=plain)
        context.set_default_timeout(60_000)
        page = context.new_page()
        tab(page, "Predict")
        page.get_by_role("button", name="Predict", exact=True).click()
        expect(page.get_by_text("Prediction id").first).to_be_visible()
        tab(page, "Status")
        expect(page.locator("#status table")).to_be_visible()
        page.get_by_role("tab", name="Pipeline").click()
        sign_in(page, "pipeline", demo.secrets["operator_password"])
        expect(page.locator("#run .log")).to_be_visible()
        page.locator("#by-hand > button").click()
        page.locator("#call-send").click()
        expect(page.locator("#call-answer")).to_contain_text("prediction_id")
        page.get_by_role("tab", name="History").click()
        page.get_by_role("button", name="Details of batch 1").click()
        expect(page.get_by_role("dialog")).to_be_visible()
        context.close()
        sent = relay.sent()
    # What was sent can be read at all.
    for known in ("Returned value was", "the first model", "prediction_id", "may operate the stack"):
        assert known in sent, known
    assert [name for name, secret in demo.secrets.items() if secret in sent] == []
    assert not re.search(r"eyJ[\w-]+\.eyJ[\w-]+\.", sent), "a token of Airflow"
