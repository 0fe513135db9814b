"""Answers of the other two kinds: a price with its interval, and a yes or no with what it means.

The problems are real ones; their models were trained by the pipeline's steps, on simulated rows.
"""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect
from relevo_pipeline.steps.judge import judge
from relevo_pipeline.steps.promote import promote
from relevo_pipeline.steps.record import record
from relevo_pipeline.steps.train import train
from relevo_problems.registry import load
from relevo_problems.simulator import simulate
from support import processes
from support.page import hidden_at_the_side, in_production, opened, predict, result, why
from support.processes import Service
from support.runs import fresh_stack
from support.serving import FRESH

PRICES, PATIENTS = "realestate", "diabetes"
CANDIDATES = {PRICES: "linear_regression", PATIENTS: "logistic_regression"}


@pytest.fixture(scope="session")
def server(mlflow: Service, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A model server with the first version of both in production.

    Of the session, so that it is there before the browser, beside which no task of the pipeline can run.
    """
    with ExitStack() as stacks:
        for name, candidate in CANDIDATES.items():
            stack = stacks.enter_context(fresh_stack(tmp_path_factory.mktemp(name), mlflow.url, load(name)))
            run = stack.until_decided("first", simulate(stack.problem, 1500, seed=1), 1)
            train(run, candidate)
            assert judge(run).outcome == "promoted"
            promote(run)
            record(run, [])
        env = {"DEFAULT_PROBLEM": PRICES, "PROBLEMS": ",".join(CANDIDATES)}
        with processes.model_server(tmp_path_factory.mktemp("server"), mlflow.url, **env) as service:
            yield service


@pytest.fixture(scope="session")
def address(server: Service, mlflow: Service, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("page")
    with processes.page_server(folder, server.url, mlflow.url, DEFAULT_PROBLEM=PRICES) as service:
        yield service.url


@pytest.fixture
def tab(browser: Browser, address: str) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 800}, base_url=address)
    context.set_default_timeout(30_000)
    yield context.new_page()
    context.close()


def as_it_begins(server: Service, problem: str) -> dict[str, Any]:
    """The model server's answer to the form as it is drawn."""
    card = httpx.get(f"{server.url}/models/{problem}").raise_for_status().json()["card"]
    row = {column["name"]: column["default"] for column in card["inputs"]}
    answer = httpx.post(f"{server.url}/models/{problem}/predict", json=row, headers=FRESH)
    return {**answer.raise_for_status().json(), "threshold": card["threshold"]}


def test_a_price_comes_in_dollars_with_its_interval(tab: Page, server: Service) -> None:
    opened(tab)
    expect(in_production(tab)).to_contain_text("House prices")
    predict(tab)
    answer = as_it_begins(server, PRICES)
    low, high = (answer["interval"][end] for end in ("low", "high"))
    assert low < answer["value"] < high
    shown = result(tab)
    expect(shown.locator(".answer")).to_have_text(f"${answer['value']:,.0f}")
    expect(shown.locator(".interval")).to_have_text(f"90 % of the time between ${low:,.0f} and ${high:,.0f}")
    expect(shown.locator(".shares")).to_have_count(0)
    steps = why(tab).locator(".waterfall tbody tr")
    expect(steps.last).to_contain_text(f"${answer['value']:,.0f}")
    expect(steps.nth(1).locator(".number")).to_have_text(re.compile(r"^[+−]\$[\d,.]+$"))


def test_a_yes_or_no_says_what_it_means_and_from_where_on_it_is_yes(tab: Page, server: Service) -> None:
    opened(tab)
    tab.get_by_label("Problem").click()
    tab.get_by_role("option", name="Diabetes readmission").click()
    expect(in_production(tab)).to_contain_text("Diabetes readmission")
    expect(tab.get_by_label("age", exact=True)).to_be_visible()
    predict(tab)
    answer = as_it_begins(server, PATIENTS)
    names = {"no": "Not within 30 days", "yes": "Within 30 days"}
    shown = result(tab)
    expect(shown.locator(".target")).to_have_text("Readmitted within 30 days")
    expect(shown.locator(".answer")).to_have_text(names[answer["label"]])
    likelier = sorted(answer["probabilities"].items(), key=lambda one: -one[1])
    expect(shown.locator(".shares li")).to_have_count(2)
    for bar, (label, share) in zip(shown.locator(".shares li").all(), likelier, strict=True):
        expect(bar).to_contain_text(names[label])
        expect(bar).to_contain_text(f"{100 * share:.1f} %")
    expect(shown.locator(".shares .chosen")).to_contain_text(names[answer["label"]])
    expect(shown).to_contain_text(
        f"“Within 30 days” is answered from a probability of {100 * answer['threshold']:.1f} % on"
    )
    expect(shown.locator(".interval")).to_have_count(0)


@pytest.mark.parametrize(("title", "input_"), [("House prices", "bed"), ("Diabetes readmission", "age")])
def test_a_phone_shows_both_without_scrolling_sideways(tab: Page, title: str, input_: str) -> None:
    tab.set_viewport_size({"width": 390, "height": 844})
    opened(tab)
    tab.get_by_label("Problem").click()
    tab.get_by_role("option", name=title).click()
    expect(tab.get_by_label(input_, exact=True)).to_be_visible()
    predict(tab)
    expect(why(tab)).to_be_visible()
    assert hidden_at_the_side(tab) == 0
