"""From delivered encounters to what a model reads."""

from typing import TYPE_CHECKING

from relevo_problems.diabetes import icd9
from relevo_problems.diabetes.delivered import DRUGS
from relevo_problems.diabetes.inputs import (
    ADMISSION_SOURCES,
    ADMISSION_TYPES,
    COMMON_DRUGS,
    DISPOSITIONS,
    INPUTS,
    RACES,
    SPECIALTIES,
    TARGET,
    UNKNOWN,
)
from relevo_problems.preparation import Exclusion

if TYPE_CHECKING:
    import pandas as pd

_DIED, _HOSPICE = ("11", "19", "20", "21"), ("13", "14")
_RARE_DRUGS = [drug for drug in DRUGS if drug not in COMMON_DRUGS]

EXCLUSIONS = (
    Exclusion("died: nobody to readmit", lambda rows: rows["discharge_disposition_id"].isin(_DIED)),
    Exclusion("went to a hospice", lambda rows: rows["discharge_disposition_id"].isin(_HOSPICE)),
    Exclusion("gender unknown", lambda rows: ~rows["gender"].isin(("Female", "Male"))),
)


def prepare(rows: "pd.DataFrame") -> "pd.DataFrame":
    """Rows of shape (encounters, 50) to (encounters, inputs and target)."""
    known = {
        "race": RACES,
        "admission_type_id": ADMISSION_TYPES,
        "discharge_disposition_id": DISPOSITIONS,
        "admission_source_id": ADMISSION_SOURCES,
    }
    coded = {name: rows[name].where(rows[name].isin(list(codes)), UNKNOWN) for name, codes in known.items()}
    specialty = rows["medical_specialty"]
    named = specialty.where(specialty.isin(SPECIALTIES), "Other").where(specialty != "?", UNKNOWN)
    prepared = rows.assign(
        **coded,
        medical_specialty=named,
        **{name: rows[name].map(icd9.group) for name in ("diag_1", "diag_2", "diag_3")},
        other_drugs=(rows[_RARE_DRUGS] != "No").sum(axis=1),
        readmitted=rows["readmitted"].map({"NO": "no", ">30": "no", "<30": "yes"}),
    )
    return prepared[[column.name for column in (*INPUTS, TARGET)]]
