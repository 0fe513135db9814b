"""A prediction through the server and through the page, and where it ends up."""

from typing import Any
from urllib.parse import quote

import httpx
import pytest
from playwright.sync_api import Browser, expect
from support.processes import until

PROBLEM = "covertype"
STORED = """
import json, os, sqlalchemy
engine = sqlalchemy.create_engine(os.environ["RAW_DB_URL"])
with engine.connect() as connection:
    rows = connection.execute(sqlalchemy.text("SELECT * FROM predictions")).mappings().all()
print(json.dumps([dict(row) for row in rows], default=str))
"""


def predict(stack: Any, card: dict[str, Any]) -> dict[str, Any]:
    row = {column["name"]: column["default"] for column in card["inputs"]}
    answer = httpx.post(
        f"{stack.url('INFERENCE_PORT')}/predict", json=row, headers={"Cache-Control": "no-cache"}, timeout=30
    )
    return dict(answer.raise_for_status().json())


def stored(stack: Any, prediction_id: str) -> dict[str, Any]:
    """The row of a prediction in the raw database, once it has arrived."""

    def found() -> dict[str, Any] | None:
        rows = stack.python("airflow-worker", STORED)
        return next((dict(row) for row in rows if row["prediction_id"] == prediction_id), None)

    return dict(until(found, f"the arrival of {prediction_id} in raw.predictions", every=1))


def test_the_defaults_of_the_card_get_an_answer(stack: Any, card: dict[str, Any]) -> None:
    answer = predict(stack, card)
    assert len(answer["probabilities"]) == 7
    assert sum(answer["probabilities"].values()) == pytest.approx(1, abs=1e-6)
    assert answer["label"] == max(answer["probabilities"], key=answer["probabilities"].get)
    assert (answer["model"]["name"], answer["model"]["run_id"]) == (PROBLEM, card["run_id"])
    assert answer["model"]["stale"] is False


def test_a_prediction_arrives_in_the_raw_database(stack: Any, card: dict[str, Any]) -> None:
    answer = predict(stack, card)
    row = stored(stack, answer["prediction_id"])
    assert (row["problem"], row["version"]) == (PROBLEM, answer["model"]["version"])


def test_the_page_predicts_and_shows_the_runs(
    stack: Any, card: dict[str, Any], runs: tuple[str, str], browser: Browser
) -> None:
    expected = predict(stack, card)
    context = browser.new_context(base_url=stack.url("UI_PORT"), viewport={"width": 1280, "height": 800})
    context.set_default_timeout(30_000)
    page = context.new_page()
    page.goto("/")
    page.get_by_role("button", name="Predict", exact=True).click()
    shown = page.get_by_role("region", name="Prediction", exact=True)
    expect(shown.locator(".answer")).to_have_text(expected["label_name"], timeout=30_000)
    expect(shown).to_contain_text(f"Version {expected['model']['version']}")
    page.get_by_role("tab", name="History").click()
    for run in runs:
        link = page.locator(f'#history a[href$="/runs/{quote(run, safe="")}"]')
        expect(link.first).to_be_visible(timeout=30_000)
    context.close()
