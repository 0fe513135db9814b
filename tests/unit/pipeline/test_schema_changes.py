"""A data API that changes columns or types: what is kept, what is put aside, what is refused, what is said."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from relevo_pipeline import audit, ledger, task
from relevo_pipeline.errors import StepError
from relevo_pipeline.problem_tables import clean_table, raw_table, rejected_table
from relevo_pipeline.run import Run
from relevo_pipeline.steps.clean import clean
from relevo_pipeline.steps.collect import collect
from relevo_pipeline.steps.validate import validate_batch
from relevo_problems.registry import load
from sqlalchemy import Table, insert, select, text
from support.data_api import ScriptedApi

PROBLEM = load("covertype")
NAMES = [column.name for column in PROBLEM.columns]
AS_DELIVERED = (
    "All 300 rows are in raw_covertype as they were delivered (collection 1; what no column is for is in `extra`); "
    "correct the source or the problem's columns, then start a new run."
)
NOT_MORE = "The rows are in rejected_covertype; correct the source or the problem's columns, then start a new run."


@pytest.fixture
def objects(rows: list[list[str]]) -> list[dict[str, Any]]:
    """300 rows as objects."""
    return [dict(zip(NAMES, row, strict=True)) for row in rows]


@pytest.fixture
def opened(run: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The run, also where a task opens it itself."""
    monkeypatch.setattr(task, "settings", lambda: run.settings)
    return run


def refused(run: Run) -> str:
    """Both tasks, twice, the second time cleared; the one sentence they end with."""
    sentences = set()
    for _ in range(2):
        collect(run)
        with pytest.raises(StepError) as ending:
            task.perform("validate", validate_batch, run.problem.name, run.dag_run_id)
        entry = audit.read(run)
        assert (entry.failed_task, entry.error) == ("validate", str(ending.value))
        sentences.add(str(ending.value))
    assert ledger.find(run).state == "received"
    (sentence,) = sentences
    return sentence


def stored(run: Run, table: Table, *order: str) -> list[dict[str, Any]]:
    engine = run.stores.raw if table.name.startswith("raw_") else run.stores.clean
    with engine.connect() as connection:
        found = connection.execute(select(table).order_by(*(table.c[name] for name in order)))
        return [dict(row._mapping) for row in found]


def test_extra_columns_are_kept_in_raw_ignored_in_clean_and_reported(
    new_run: Callable[[str], Run], api: ScriptedApi, objects
) -> None:
    api.delivers(objects)
    plain = new_run("plain")
    collect(plain)
    validate_batch(plain)
    clean(plain)
    table = clean_table(PROBLEM)
    before = stored(plain, table, "row_key")

    for row in objects[:7]:
        row |= {"Canopy": 0.50, "Ground": {"moss": [1, None]}}
    objects[7] |= {"Canopy": "ñ\ud800"}
    api.delivers(objects)
    more = new_run("more")
    for _ in range(2):  # the second time cleared
        collect(more)
        assert validate_batch(more) == 0
        assert clean(more) == 0
    assert audit.read(more).evidence == {
        "schema_changes": {"missing": {}, "unexpected": {"Canopy": 8, "Ground": 7}},
        "new_categories": {},
        "rejected": {},
    }
    assert stored(more, table, "row_key") == before
    raw = [row["extra"] for row in stored(more, raw_table(PROBLEM), "collection_id", "row_no")]
    assert raw[:300] == [None] * 300
    assert [json.loads(extra) for extra in raw[300:307]] == [{"Canopy": "0.5", "Ground": {"moss": ["1", None]}}] * 7
    assert json.loads(raw[307]) == {"Canopy": "ñ\ud800"}
    assert raw[308:] == [None] * 292
    assert api.run_ids == ["plain", "more"]


def test_a_column_that_some_rows_lack(run: Run, api: ScriptedApi, objects) -> None:
    for row in objects[:5]:
        del row["Slope"]
    api.delivers(objects)
    for _ in range(2):
        collect(run)
        assert validate_batch(run) == 5
    assert audit.read(run).evidence == {
        "schema_changes": {"missing": {"Slope": 5}, "unexpected": {}},
        "new_categories": {},
        "rejected": {"Slope": {"missing": 5}},
    }
    assert clean(run) == len({tuple(row.values()) for row in objects[5:]})


def test_a_missing_column(opened: Run, api: ScriptedApi, objects) -> None:
    for row in objects:
        del row["Slope"]
    api.delivers(objects)
    assert refused(opened) == f"the data API changed its columns: missing Slope. {AS_DELIVERED}"
    with pytest.raises(StepError, match="was not validated"):
        clean(opened)
    assert audit.read(opened).evidence["schema_changes"] == {"missing": {"Slope": 300}, "unexpected": {}}
    raw = stored(opened, raw_table(PROBLEM), "row_no")
    assert [row["Elevation"] for row in raw] == [row["Elevation"] for row in objects]
    assert {row["Slope"] for row in raw} == {None}
    assert len(api.run_ids) == 1


def test_renamed_columns(opened: Run, api: ScriptedApi, objects) -> None:
    steepness = [row["Slope"] for row in objects]
    for row in objects:
        row["steepness"], row["cover_type"] = row.pop("Slope"), row.pop("Cover_Type")
    api.delivers(objects)
    assert refused(opened) == (
        "the data API changed its columns: missing Slope, Cover_Type, unexpected steepness, cover_type. "
        + AS_DELIVERED
    )
    # Nothing is lost: the values can be brought over by hand.
    raw = stored(opened, raw_table(PROBLEM), "row_no")
    assert [json.loads(row["extra"])["steepness"] for row in raw] == steepness


def test_a_changed_type_beyond_the_limit(opened: Run, api: ScriptedApi, rows) -> None:
    words = ["flat", "steep"]
    for number, row in enumerate(rows):
        row[NAMES.index("Slope")] = words[number % 2]
    rows[0][NAMES.index("Elevation")] = "-5"
    api.delivers(rows)
    assert refused(opened) == (
        "300 of 300 rows break the contract (100.0%, the limit is 10.0%): "
        f"Slope: not a number (300), Elevation: below 1000 (1). {NOT_MORE}"
    )
    assert audit.read(opened).evidence["rejected"] == {
        "Elevation": {"below 1000": 1},
        "Slope": {"not a number": 300},
    }
    faults = stored(opened, rejected_table(PROBLEM), "row_no", "column_name")
    assert faults[:3] == [
        {"collection_id": 1, "row_no": 0, "column_name": "Elevation", "rule": "below 1000", "value": "-5"},
        {"collection_id": 1, "row_no": 0, "column_name": "Slope", "rule": "not a number", "value": "flat"},
        {"collection_id": 1, "row_no": 1, "column_name": "Slope", "rule": "not a number", "value": "steep"},
    ]
    assert len(faults) == 301


def test_a_changed_type_in_which_nothing_is_lost(run: Run, api: ScriptedApi, rows) -> None:
    """Numbers instead of texts, with and without a fraction of nothing, are the same values."""
    ints = [[int(cell) if cell.isdigit() else cell for cell in row] for row in rows]
    for row in ints[:9]:
        row[0] = float(row[0])
    api.delivers(ints)
    collect(run)
    assert validate_batch(run) == 0
    assert clean(run) == len({tuple(row) for row in rows})
    with run.stores.raw.connect() as connection:
        first = connection.scalar(select(raw_table(PROBLEM).c.Elevation).limit(1))
    assert first == f"{rows[0][0]}.0"


@pytest.mark.parametrize(
    ("literal", "rule"),
    [
        ("NaN", "not a finite number"),
        ("Infinity", "not a finite number"),
        ("-Infinity", "not a finite number"),
        ("1e400", "not a finite number"),
        ("1" + "0" * 400, "not a finite number"),
        ("1" + "0" * 30, "too large to be exact"),
        ("-1e30", "too large to be exact"),
        ("2500.5", "not a whole number"),
        ("true", "not a number"),
        ("[2500]", "not a number"),
        ("null", "missing"),
        ('""', "missing"),
    ],
)
def test_a_number_that_is_none_is_put_aside(run: Run, api: ScriptedApi, rows, literal: str, rule: str) -> None:
    rows[4][0] = "HERE"
    api.delivers(rows)
    api.body = api.body.replace(b'"HERE"', literal.encode())
    for _ in range(2):
        collect(run)
        assert validate_batch(run) == 1
    written = {"null": None, '""': "", "[2500]": '["2500"]'}.get(literal, literal)
    assert stored(run, rejected_table(PROBLEM), "row_no") == [
        {"collection_id": 1, "row_no": 4, "column_name": "Elevation", "rule": rule, "value": written}
    ]
    assert audit.read(run).evidence["rejected"] == {"Elevation": {rule: 1}}
    assert clean(run) == len({tuple(row) for row in rows if row[0] != "HERE"})
    assert len(api.run_ids) == 1


def test_a_batch_that_was_delivered_before(new_run: Callable[[str], Run], api: ScriptedApi, rows) -> None:
    api.delivers(rows)
    first, again, cleared = new_run("first"), new_run("again"), new_run("again")
    for run in (first, again, cleared):
        collect(run)
        validate_batch(run)
        clean(run)
    assert [audit.read(run).rows_new for run in (first, again)] == [len({tuple(row) for row in rows}), 0]
    assert "same_body_as_collection" not in audit.read(first).evidence
    assert audit.read(again).evidence["same_body_as_collection"] == 1
    assert ledger.find(first).sha256 == ledger.find(again).sha256
    assert api.run_ids == ["first", "again"]


def test_a_raw_table_of_an_earlier_release_gets_the_column(run: Run, api: ScriptedApi, objects) -> None:
    table = raw_table(PROBLEM)
    table.create(run.stores.raw)
    with run.stores.raw.begin() as connection:
        connection.execute(text(f"ALTER TABLE {table.name} DROP COLUMN extra"))
        connection.execute(insert(table), [{"collection_id": 0, "row_no": 0, "Slope": "7"}])
    objects[1]["Canopy"] = "dense"
    api.delivers(objects)
    collect(run)
    found = stored(run, table, "collection_id", "row_no")
    assert (found[0]["Slope"], found[0]["extra"]) == ("7", None)
    assert [row["extra"] for row in found[1:4]] == [None, '{"Canopy": "dense"}', None]


def test_a_free_text_column_does_not_fill_the_audit(run: Run, api: ScriptedApi, rows) -> None:
    for number, row in enumerate(rows):
        row[NAMES.index("Soil_Type")] = f"made up {number % 200}"
    api.delivers(rows)
    collect(run)
    assert validate_batch(run) == 0
    new = audit.read(run).evidence["new_categories"]["Soil_Type"]
    assert len(new) == 50
    assert set(new.values()) == {2}
