"""Evidently's page: whole, offline, whatever the rows; and the samples it is made of."""

import os
import socket
from pathlib import Path

import pandas as pd
import pytest
from relevo_contract.reference_rows import ReferenceRows
from relevo_pipeline.drift.report import write_report
from relevo_pipeline.drift.sample import SAMPLE, frame, positions, reference_rows
from support.training import PROBLEM, dataset

DATA = dataset()
COLUMNS = (*DATA.inputs, DATA.target)
ROWS = frame(reference_rows(DATA, seed=1))


def test_the_sample_holds_training_rows_as_people_write_them() -> None:
    sampled = reference_rows(DATA, seed=1)
    assert ReferenceRows.model_validate_json(sampled.model_dump_json()) == sampled
    assert sampled == reference_rows(DATA, seed=1)
    assert len(sampled.rows) == min(SAMPLE, len(DATA.parts["train"].labels))
    for name in ("Elevation", "Soil_Type", "Cover_Type"):
        assert ROWS[name].tolist() == DATA.parts["train"].frame[name].tolist()


def test_a_sample_has_a_bound() -> None:
    drawn = positions(300_000, seed=1)
    assert len(set(drawn.tolist())) == SAMPLE
    assert drawn.max() > 290_000
    assert positions(3, seed=1).tolist() == [0, 1, 2]


@pytest.mark.parametrize("new", [ROWS[:300], ROWS[:1], pd.concat([ROWS[:1]] * 50)])
def test_the_page_is_written_without_a_word_to_anybody(
    new: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise AssertionError("a report opened a connection")

    monkeypatch.setattr(socket.socket, "connect", refused)
    write_report(PROBLEM, COLUMNS, ROWS, new, tmp_path / "drift.html")
    page = (tmp_path / "drift.html").read_text()
    assert all(column.name in page for column in COLUMNS)
    assert len(page) < 5_000_000
    assert os.environ["DO_NOT_TRACK"]
