"""Many rows from a CSV file, in the page and with the real model server behind it."""

import csv
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect
from support.animals import PROBLEM
from support.page import choose_file, opened
from support.processes import Service
from support.serving import FRESH

HEADER = "id,Colour,legs-count,Body_Width"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "rows.csv"


def sent(page: Page, file: Path) -> None:
    """The file chosen and sent off."""
    opened(page)
    choose_file(page, file)
    page.get_by_role("button", name="Predict all rows").click()


def downloaded(page: Page, folder: Path) -> list[dict[str, str]]:
    with page.expect_download() as download:
        page.locator("#many-result").click()
    result = folder / "result.csv"
    download.value.save_as(result)
    with result.open(encoding="utf-8-sig", newline="") as opened_file:
        return list(csv.DictReader(opened_file))


def test_every_row_comes_back_with_its_answer(page: Page, model_server: Service, file: Path) -> None:
    rows = [(n, "rg"[n % 2], n % 9, n % 10) for n in range(1, 1201)]
    file.write_text("\n".join([HEADER, *(",".join(map(str, row)) for row in rows)]))
    sent(page, file)
    expect(page.locator("#many-said")).to_contain_text("1,200 of 1,200 rows predicted by version 1.")
    back = downloaded(page, file.parent)
    assert [row["id"] for row in back] == [str(n) for n, *_ in rows]
    assert len({row["prediction_id"] for row in back}) == len(rows)
    asked = {"Colour": "g", "legs-count": 7, "Body_Width": 7}
    url = f"{model_server.url}/models/{PROBLEM}/predict"
    expected = httpx.post(url, json=asked, headers=FRESH).json()
    assert back[6]["prediction"] == expected["label"]
    assert back[6]["prediction_name"] == expected["label_name"]
    assert float(back[6]["probability_1"]) == pytest.approx(expected["probabilities"]["1"])
    assert not any(row["error"] for row in back)


def test_bad_rows_are_named_and_do_not_sink_the_good_ones(page: Page, file: Path) -> None:
    file.write_text(f"{HEADER}\na,g,4,1\nb,blue,4,1\nc,g,9,x\nd,r,0,2\ne,g\n")
    sent(page, file)
    said = page.locator("#many-said")
    expect(said).to_contain_text("2 of 5 rows predicted by version 1.")
    expect(said).to_contain_text("3 rows have no prediction")
    expect(said).to_contain_text("Line 3, column Colour: Colour must be one of: r, g, not “blue”.")
    expect(said).to_contain_text(
        "Line 4, column Body_Width: Body_Width must be a number from 0 to 10 (m), not “x”."
    )
    expect(said).to_contain_text("Line 6 has 2 cells")
    back = downloaded(page, file.parent)
    assert [row["id"] for row in back] == ["a", "b", "c", "d", "e"]
    assert [bool(row["prediction"]) for row in back] == [True, False, False, True, False]
    assert "Line 4, column legs-count" in back[2]["error"]


def test_a_file_of_no_use_is_a_sentence(page: Page, file: Path) -> None:
    file.write_text("Colour,legs-count\ng,4\n")
    sent(page, file)
    expect(page.locator("#many-said")).to_contain_text("missing: Body_Width. It says: Colour, legs-count.")
    expect(page.locator("#many-result")).to_have_count(0)


def test_without_the_model_server_the_file_stays(page: Page, model_server: Service, file: Path) -> None:
    file.write_text(f"{HEADER}\na,g,4,1\n")
    opened(page)
    with model_server.down():
        choose_file(page, file)
        page.get_by_role("button", name="Predict all rows").click()
        expect(page.locator("#many-said")).to_contain_text("does not answer")
    page.get_by_role("button", name="Predict all rows").click()
    expect(page.locator("#many-said")).to_contain_text("1 of 1 rows predicted")


def test_a_template_to_start_from(page: Page, tmp_path: Path) -> None:
    opened(page)
    page.get_by_role("button", name="Many rows from a CSV file").click()
    with page.expect_download() as download:
        page.get_by_text("Download a template").click()
    template = tmp_path / "template.csv"
    download.value.save_as(template)
    assert template.read_text(encoding="utf-8-sig").splitlines()[0] == "Body_Width,legs-count,Colour"
