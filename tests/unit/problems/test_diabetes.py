"""Diabetes, on the real file where it is at hand."""

import hashlib
import os
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from relevo_pipeline.splits import row_keys, splits
from relevo_problems.diabetes import PROBLEM, icd9, part
from relevo_problems.published import find, verify

NAMES = [column.name for column in PROBLEM.delivered]


@pytest.fixture(scope="module")
def lines() -> list[str]:
    folder = os.environ.get("RELEVO_DATASETS")
    published = find(PROBLEM.dataset, [Path(folder)]) if folder and PROBLEM.dataset else None
    if published is None or PROBLEM.dataset is None:
        pytest.skip("RELEVO_DATASETS has no diabetic_data.csv: the real data is not at hand")
    verify(PROBLEM.dataset, published)
    return list(PROBLEM.dataset.convert(published))


@pytest.fixture(scope="module")
def rows(lines: list[str]) -> pd.DataFrame:
    frame = pd.DataFrame([line.rstrip("\n").split(",") for line in lines[1:]], columns=NAMES, dtype="object")
    numbers = [column.name for column in PROBLEM.delivered if column.kind == "integer"]
    return frame.astype(dict.fromkeys(numbers, "int64"))


@pytest.mark.parametrize(
    ("code", "group"),
    [
        ("428", "Circulatory"),
        ("785", "Circulatory"),
        ("390", "Circulatory"),
        ("460", "Respiratory"),
        ("786", "Respiratory"),
        ("577", "Digestive"),
        ("250.83", "Diabetes"),
        ("250", "Diabetes"),
        ("251", "Other"),
        ("996", "Injury"),
        ("724", "Musculoskeletal"),
        ("599", "Genitourinary"),
        ("162", "Neoplasms"),
        ("8", "Other"),
        ("V57", "Other"),
        ("E885", "Other"),
        ("?", "None"),
        ("nonsense", "Other"),
    ],
)
def test_the_groups_are_those_of_strack_et_al(code: str, group: str) -> None:
    assert icd9.group(code) == group


@given(st.text(max_size=8))
def test_every_text_has_a_group(code: str) -> None:
    assert icd9.group(code) in icd9.GROUPS


def test_the_conversion_is_the_file_with_other_line_ends(lines: list[str]) -> None:
    assert lines[0] == ",".join(NAMES) + "\n"
    assert len(lines) == 101_767
    assert PROBLEM.dataset is not None
    assert hashlib.sha256("".join(lines).encode()).hexdigest() == PROBLEM.dataset.converted_sha256


def test_what_is_left_out_is_what_the_docs_say(rows: pd.DataFrame) -> None:
    left, out = rows, Counter[str]()
    for exclusion in PROBLEM.exclusions:
        mask = np.asarray(exclusion.where(left))
        out[exclusion.reason] = int(mask.sum())
        left = left[~mask]
    assert out == {"died: nobody to readmit": 1652, "went to a hospice": 771, "gender unknown": 3}
    assert len(left) == 99_340


def test_prepared_rows_are_what_the_columns_say(rows: pd.DataFrame) -> None:
    assert PROBLEM.prepare is not None
    left = rows[~np.any([exclusion.where(rows) for exclusion in PROBLEM.exclusions], axis=0)]
    prepared = PROBLEM.prepare(left)
    assert list(prepared.columns) == [column.name for column in PROBLEM.columns]
    for column in PROBLEM.columns:
        values = prepared[column.name]
        assert not values.isna().any()
        if column.is_category:
            assert set(values) <= set(column.choices), column.name
        else:
            assert column.minimum is not None
            assert column.maximum is not None
            assert values.between(column.minimum, column.maximum).all(), column.name
    assert (prepared["readmitted"] == "yes").sum() == 11_314
    # What a person may say is what somebody has: no choice is made up, but for a newborn's bad luck.
    for name in ("race", "gender", "age", "medical_specialty", "diag_1", "discharge_disposition_id"):
        (column,) = (column for column in PROBLEM.inputs if column.name == name)
        assert set(column.choices) - set(prepared[name]) <= {"29", "30"}


def test_a_patient_is_delivered_in_one_part_and_every_row_once(lines: list[str]) -> None:
    table = [line.rstrip("\n").split(",") for line in lines[1:]]
    parts = PROBLEM.source.divide(table)
    sizes = {name: [len(batch) for batch in batches] for name, batches in parts.items()}
    assert sizes["train"][:-1] == [15_000] * (len(sizes["train"]) - 1)
    assert sum(map(sum, sizes.values())) == len(table) == len({at for b in parts.values() for r in b for at in r})
    patients = {name: {table[at][1] for batch in batches for at in batch} for name, batches in parts.items()}
    assert sum(map(len, patients.values())) == len(set().union(*patients.values())) == 71_518
    assert part(table[0]) in parts


@settings(deadline=None, max_examples=25)
@given(batches=st.lists(st.lists(st.integers(0, 101_765), min_size=1, max_size=400), min_size=2, max_size=4))
def test_a_patient_is_in_one_split_whatever_batch_an_encounter_came_in(
    rows: pd.DataFrame, batches: list[list[int]]
) -> None:
    of: dict[int, set[str]] = {}
    for batch in batches:
        # Most of the other encounters of these patients too: few would meet by chance.
        patients = rows["patient_nbr"].iloc[batch]
        these = rows[rows["patient_nbr"].isin(patients)].sample(frac=0.7, random_state=len(batch))
        found = splits(PROBLEM, these, row_keys(PROBLEM, these))
        for patient, split in zip(these["patient_nbr"].tolist(), found.tolist(), strict=True):
            of.setdefault(patient, set()).add(split)
    assert all(len(found) == 1 for found in of.values())
