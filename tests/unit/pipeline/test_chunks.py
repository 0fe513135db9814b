"""A batch is read and checked in chunks; the tables are those of a batch that is read at once."""

import hashlib
from collections.abc import Callable

import pytest
from relevo_pipeline import audit, chunks, typed_rows
from relevo_pipeline.batches import new_rows
from relevo_pipeline.errors import StepError
from relevo_pipeline.problem_tables import clean_table, raw_table, rejected_table
from relevo_pipeline.run import Run
from relevo_pipeline.splits import SPLITS
from relevo_pipeline.steps.clean import clean
from relevo_pipeline.steps.collect import collect
from relevo_pipeline.steps.validate import validate_batch
from relevo_pipeline.training import dataset
from sqlalchemy import Engine, Table, select

ELEVATION, SLOPE, SOIL, COVER = 0, 2, 11, 12


def mixed(rows: list[list[str]]) -> list[list[object]]:
    """Faults, numbers in several spellings, new categories, blanks, and rows that repeat."""
    batch: list[list[object]] = [list(row) for row in rows]
    for number, column, cell in [
        (3, ELEVATION, "high"),
        (3, SLOPE, "-1"),
        (10, SLOPE, None),
        (11, SLOPE, "  "),
        (12, SLOPE, "inf"),
        (13, SLOPE, "12.5"),
        (20, ELEVATION, "2500.0"),
        (21, ELEVATION, " 2500 "),
        (22, ELEVATION, "2.5e3"),
        (23, ELEVATION, 2500),
        (24, ELEVATION, "+2500"),
        (30, SOIL, "C9999"),
        (31, SOIL, " Ñandú\t€ "),
        (32, SOIL, ""),
        (40, COVER, "9"),
        (41, COVER, 3),
    ]:
        batch[number][column] = cell
    return [*batch, *(list(row) for row in batch[:60])]


def dump(engine: Engine, table: Table) -> list[tuple[object, ...]]:
    with engine.connect() as connection:
        return sorted(map(tuple, connection.execute(select(table))), key=repr)


def tables(run: Run) -> dict[str, list[tuple[object, ...]]]:
    return {
        "raw": dump(run.stores.raw, raw_table(run.problem)),
        "rejected": dump(run.stores.clean, rejected_table(run.problem)),
        "clean": dump(run.stores.clean, clean_table(run.problem)),
    }


def received(run: Run, api, rows: list[list[str]]) -> Run:
    api.delivers(mixed(rows))
    collect(run)
    validate_batch(run)
    clean(run)
    return run


def test_the_tables_are_what_they_were_before_there_were_chunks(run: Run, api, rows) -> None:
    """Pinned from the release that read a batch at once."""
    found = tables(received(run, api, rows))
    digests = {name: hashlib.sha256(repr(cells).encode()).hexdigest()[:16] for name, cells in found.items()}
    assert {name: len(cells) for name, cells in found.items()} == {"raw": 360, "rejected": 16, "clean": 293}
    assert digests == {"raw": "b299cf403df33886", "rejected": "e0c477e5b5b1eddf", "clean": "8f16549a4cf0347d"}


@pytest.mark.parametrize("size", [29, 359])
def test_the_size_of_a_chunk_makes_no_difference(
    new_run: Callable[[str], Run], api, rows, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    whole = received(new_run("whole"), api, rows)
    before, evidence = tables(whole), audit.read(whole).evidence
    assert set(evidence["new_categories"]["Soil_Type"]) == {"C9999", "Ñandú\t€"}
    with whole.stores.clean.begin() as connection:
        for table in (clean_table(whole.problem), rejected_table(whole.problem)):
            connection.execute(table.delete())
    monkeypatch.setattr(chunks, "CHUNK", size)
    assert validate_batch(whole) == 14
    assert clean(whole) == 293
    assert tables(whole) == before
    assert audit.read(whole).evidence == evidence


def test_a_batch_that_was_not_validated_is_not_cleaned(run: Run, api, rows) -> None:
    api.delivers(rows)
    collect(run)
    with pytest.raises(StepError, match="was not validated; clear the task validate"):
        clean(run)


@pytest.mark.parametrize("size", [13, 20_000])
def test_rows_come_back_typed_in_the_order_of_their_keys(
    run: Run, api, rows, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(chunks, "CHUNK", size)
    received(run, api, rows)
    table = clean_table(run.problem)
    names = [column.name for column in run.problem.columns]
    with run.stores.clean.connect() as connection:
        stored = connection.execute(select(table).order_by(table.c.row_key)).all()
    found = typed_rows.read(run, lambda columns: columns.collection_id == 1)
    assert [key.decode() for key in found.keys.tolist()] == [row.row_key for row in stored]
    assert [SPLITS[code] for code in found.splits.tolist()] == [row.split for row in stored]
    assert found.frame.to_numpy().tolist() == [list(row[3:]) for row in stored]
    assert {str(kind) for kind in found.frame.dtypes} == {"int64", "category"}
    assert new_rows(run).equals(found.frame)
    keys, test = found.of("test")
    assert [key.decode() for key in keys.tolist()] == [row.row_key for row in stored if row.split == "test"]
    assert test[names].to_numpy().tolist() == [list(row[3:]) for row in stored if row.split == "test"]


def test_models_are_judged_on_the_test_rows_with_the_first_keys(
    run: Run, api, rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    received(run, api, rows)
    _, test = typed_rows.read(run, lambda columns: columns.collection_id == 1).of("test")
    assert dataset.judged(run).to_numpy().tolist() == test.to_numpy().tolist()
    monkeypatch.setattr(dataset, "JUDGED_ROWS", 7)
    assert len(test) > 7
    assert dataset.judged(run).to_numpy().tolist() == test.head(7).to_numpy().tolist()


def test_no_rows_at_all(run: Run) -> None:
    clean_table(run.problem).create(run.stores.clean)
    found = typed_rows.read(run, lambda columns: columns.collection_id == 1)
    assert (len(found.keys), found.frame.shape) == (0, (0, len(run.problem.columns)))
