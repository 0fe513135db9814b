"""What a model of readmissions reads, and a person at a bedside can say."""

from collections.abc import Mapping

from relevo_contract.columns import Column

from relevo_problems.diabetes import icd9
from relevo_problems.diabetes.delivered import AGES, DOSES, DRUGS, RAW

UNKNOWN = "Unknown"
RACES = ("Caucasian", "AfricanAmerican", "Hispanic", "Asian", "Other", UNKNOWN)
ADMISSION_TYPES = {"1": "Emergency", "2": "Urgent", "3": "Elective", "4": "Newborn", "7": "Trauma center"}
# As UCI's table of codes has them; deceased patients and hospices are excluded, codes without a meaning unknown.
DISPOSITIONS = {
    "1": "Home",
    "2": "Another short-term hospital",
    "3": "Skilled nursing facility",
    "4": "Intermediate care facility",
    "5": "Another type of inpatient care",
    "6": "Home with home health service",
    "7": "Left against medical advice",
    "8": "Home under care of a home IV provider",
    "9": "Admitted as an inpatient to this hospital",
    "10": "Neonatal aftercare in another hospital",
    "12": "Still a patient, or outpatient services expected",
    "15": "Swing bed within this hospital",
    "16": "Another institution's outpatient services",
    "17": "This institution's outpatient services",
    "22": "Rehabilitation facility",
    "23": "Long-term care hospital",
    "24": "Nursing facility certified under Medicaid only",
    "27": "Federal health care facility",
    "28": "Psychiatric hospital or unit",
    "29": "Critical access hospital",
    "30": "Another type of institution",
}
ADMISSION_SOURCES = {
    "1": "Physician referral",
    "2": "Clinic referral",
    "3": "HMO referral",
    "4": "Another hospital",
    "5": "Skilled nursing facility",
    "6": "Another health care facility",
    "7": "Emergency room",
    "8": "Court or law enforcement",
    "10": "Critical access hospital",
    "18": "Another home health agency",
    "19": "Readmission to the same home health agency",
    "22": "This hospital, in a separate claim",
    "25": "Ambulatory surgery center",
    "26": "Hospice",
}
# Each in at least one encounter in a hundred; together they cover 90 % of those with a known specialty.
SPECIALTIES = (
    "InternalMedicine",
    "Emergency/Trauma",
    "Family/GeneralPractice",
    "Cardiology",
    "Surgery-General",
    "Nephrology",
    "Orthopedics",
    "Orthopedics-Reconstructive",
    "Radiologist",
    "Other",
    UNKNOWN,
)
# Given in at least one encounter in a hundred; the other fifteen are counted together.
COMMON_DRUGS = tuple(drug for drug, given in DRUGS.items() if given >= 0.01)
_AGE_NAMES = {age: f"{10 * decade} to {10 * decade + 9}" for decade, age in enumerate(AGES)}
_DELIVERED = {column.name: column for column in RAW}


def _category(name: str, choices: tuple[str, ...], default: str, names: Mapping[str, str] | None = None) -> Column:
    return Column(
        name=name,
        kind="category",
        description=_DELIVERED[name].description,
        choices=choices,
        choice_names=dict(names or {}),
        default=default,
    )


def _coded(name: str, codes: Mapping[str, str], default: str) -> Column:
    """A category whose codes nobody knows by heart."""
    return _category(name, (*codes, UNKNOWN), default, codes)


def _as_delivered(name: str, default: int | str, unit: str | None = None) -> Column:
    return _DELIVERED[name].model_copy(update={"default": default, "unit": unit})


INPUTS = (
    _category("race", RACES, "Caucasian", {"AfricanAmerican": "African American"}),
    _category("gender", ("Female", "Male"), "Female"),
    _category(
        "age",
        AGES,
        "[70-80)",
        _AGE_NAMES,
    ),
    _coded("admission_type_id", ADMISSION_TYPES, "1"),
    _coded("discharge_disposition_id", DISPOSITIONS, "1"),
    _coded("admission_source_id", ADMISSION_SOURCES, "7"),
    _as_delivered("time_in_hospital", 4, "days"),
    _category("medical_specialty", SPECIALTIES, UNKNOWN),
    _as_delivered("num_lab_procedures", 44),
    _as_delivered("num_procedures", 1),
    _as_delivered("num_medications", 15),
    _as_delivered("number_outpatient", 0),
    _as_delivered("number_emergency", 0),
    _as_delivered("number_inpatient", 0),
    _category("diag_1", icd9.GROUPS, "Circulatory"),
    _category("diag_2", icd9.GROUPS, "Circulatory"),
    _category("diag_3", icd9.GROUPS, "Circulatory"),
    _as_delivered("number_diagnoses", 8),
    _as_delivered("max_glu_serum", "None"),
    _as_delivered("A1Cresult", "None"),
    *(_category(drug, DOSES, "Steady" if drug == "insulin" else "No") for drug in COMMON_DRUGS),
    Column(
        name="other_drugs",
        kind="integer",
        description="How many other diabetes drugs were given",
        minimum=0,
        maximum=len(DRUGS) - len(COMMON_DRUGS),
        typical=(0, 1),
        default=0,
    ),
    _category("change", _DELIVERED["change"].choices, "No", {"Ch": "Changed"}),
    _as_delivered("diabetesMed", "Yes"),
)

TARGET = Column(
    name="readmitted",
    kind="category",
    description="Readmitted within 30 days",
    choices=("no", "yes"),
    choice_names={"no": "Not within 30 days", "yes": "Within 30 days"},
)
