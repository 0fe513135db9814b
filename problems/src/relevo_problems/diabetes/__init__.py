"""Diabetes 130-US hospitals, 1999-2008: will a patient be back within 30 days of the discharge?

UCI data set 296 (Strack et al., Impact of HbA1c Measurement on Hospital Readmission Rates, 2014,
https://doi.org/10.1155/2014/781670). What is left out and what is made of the columns: docs/problems.md.
"""

import zlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from relevo_problems.dataset import Dataset
from relevo_problems.diabetes.delivered import MIXES, RAW
from relevo_problems.diabetes.inputs import INPUTS, TARGET
from relevo_problems.diabetes.prepare import EXCLUSIONS, prepare
from relevo_problems.problem import Guard, Problem, Slices
from relevo_problems.published import opened
from relevo_problems.source import Row, Source, in_order

ROWS_A_BATCH = 15_000
_PATIENT = next(position for position, column in enumerate(RAW) if column.name == "patient_nbr")


def part(row: Row) -> str:
    """Of ten patients eight are delivered to train on and one each to validate and to test; a patient is in one."""
    return {8: "validation", 9: "test"}.get(zlib.crc32(row[_PATIENT].encode()) % 10, "train")


def convert(published: Path) -> Iterator[str]:
    """The lines of UCI's file, which has CRLF line ends."""
    with opened(published) as lines:
        for line in lines:
            yield line.decode("ascii").rstrip("\r\n") + "\n"


PROBLEM = Problem(
    name="diabetes",
    title="Diabetes readmission",
    description="Whether a patient with diabetes will be readmitted within 30 days of the discharge.",
    task="binary",
    inputs=INPUTS,
    target=TARGET,
    primary_metric="auroc",
    candidates=("logistic_regression", "random_forest", "xgboost"),
    guards=(Guard("average_precision", 0.02),),
    slices=Slices(columns=("race", "gender", "age"), tolerance=0.05),
    # Of the rows of a slice one in nine is positive.
    guard_rows=200,
    group="patient_nbr",
    raw=RAW,
    exclusions=EXCLUSIONS,
    prepare=prepare,
    mixes=MIXES,
    source=Source(
        protocol="sequential",
        parameters={"part": "train"},
        divide=in_order(ROWS_A_BATCH, part),
    ),
    schedule=timedelta(minutes=10),
    dataset=Dataset(
        title="Diabetes 130-US hospitals (UCI 296)",
        published="diabetic_data.csv",
        archive_url="https://archive.ics.uci.edu/static/public/296/diabetes+130-us+hospitals+for+years+1999-2008.zip",
        archive_member="diabetic_data.csv",
        sha256="0689e7ec031237dc63031b938805c48377748761a3b26acab621567afa24df97",
        converted_sha256="da21942c25a10a51a8842907ab01a8530b06232616b17d317441d592a20c4359",
        convert=convert,
    ),
)
