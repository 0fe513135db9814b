"""What each column counts, of two versions, from the real MLflow."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect
from relevo_contract.explanation import CHANGES_FILE, FOLDER, IMPORTANCE_FILE, Change, Changes, Importance
from relevo_contract.registry import PREVIOUS
from support.animals import PROBLEM, Registry
from support.page import explained, in_production, opened
from support.processes import Service


def importance(**overall: float) -> Importance:
    columns = {"legs-count": 0.01, **overall}
    by_output = dict.fromkeys(("0", "1", "2"), columns)
    base = dict.fromkeys(by_output, 1 / 3)
    return Importance(
        unit="probability", rows=200, background_rows=50, overall=columns, by_output=by_output, base=base
    )


@pytest.fixture(scope="module")
def told(registry: Registry) -> Iterator[Registry]:
    """Version 1 is previous, version 2 says what changed since, version 3 says nothing."""
    width = Change(
        column="Body_Width",
        before=0.3,
        after=0.1,
        rank_before=1,
        rank_after=1,
        difference=-0.2,
        interval=(-0.25, -0.15),
    )
    changes = Changes(
        previous="1", unit="probability", rows=200, sentence="Body_Width counts less <b>.", columns=(width,)
    )
    log = registry.client.log_text
    log(registry.run_of("1"), importance(Body_Width=0.3).model_dump_json(), f"{FOLDER}/{IMPORTANCE_FILE}")
    log(registry.run_of("2"), importance(Body_Width=0.1).model_dump_json(), f"{FOLDER}/{IMPORTANCE_FILE}")
    log(registry.run_of("2"), changes.model_dump_json(), f"{FOLDER}/{CHANGES_FILE}")
    registry.client.set_registered_model_alias(PROBLEM, PREVIOUS, "1")
    yield registry
    registry.client.delete_registered_model_alias(PROBLEM, PREVIOUS)


def test_two_versions_side_by_side_and_what_changed(page: Page, told: Registry) -> None:
    told.promote("2")
    opened(page)
    shown = explained(page)
    expect(shown).to_contain_text("Body_Width counts less <b>.")
    row = shown.locator(".counted tbody tr").filter(has_text="Body Width")
    expect(row).to_contain_text("10.0 %")
    expect(row).to_contain_text("30.0 %")
    expect(row.locator("strong")).to_have_text("−20.0")
    expect(shown.locator(".importances thead th")).to_have_text(["Column", "Ant", "Bee", "Cat"])

    # A promotion while the tab is open: the version in production and the previous one are the same, and say so.
    told.promote("1")
    expect(in_production(page)).to_contain_text("Version 1")
    expect(shown).to_contain_text("There is no previous version to compare with.")


def test_a_version_without_explanation_says_where_to_look(page: Page, told: Registry) -> None:
    told.promote("3")
    opened(page)
    expect(explained(page)).to_contain_text("The training run of version 3 holds no explanation")


def test_mlflow_is_down(page: Page, told: Registry, mlflow: Service) -> None:
    opened(page)
    shown = explained(page)
    expect(shown).to_contain_text("What each column counts")
    refresh = page.locator("#explain-refresh")
    with mlflow.down():
        refresh.click()
        expect(shown).to_contain_text(f"MLflow at {mlflow.url} does not answer")
    refresh.click()
    expect(shown).to_contain_text("What each column counts")
    assert told
