"""The 50 columns of UCI's file as they are delivered: `?` is UCI's sign for a missing value, `None` for no test."""

from collections.abc import Mapping, Sequence

from relevo_contract.columns import Column

MISSING = "?"
AGES = tuple(f"[{age}-{age + 10})" for age in range(0, 100, 10))
WEIGHTS = (*(f"[{low}-{low + 25})" for low in range(0, 200, 25)), ">200")
ADMISSION_TYPES = tuple(map(str, range(1, 9)))
DISPOSITIONS = tuple(map(str, range(1, 31)))
ADMISSION_SOURCES = tuple(map(str, range(1, 27)))
DOSES = ("No", "Steady", "Up", "Down")
# In the order of the file, with the share of encounters in which it was given.
DRUGS = {
    "metformin": 0.196,
    "repaglinide": 0.015,
    "nateglinide": 0.007,
    "chlorpropamide": 0.001,
    "glimepiride": 0.051,
    "acetohexamide": 0.0,
    "glipizide": 0.125,
    "glyburide": 0.105,
    "tolbutamide": 0.0,
    "pioglitazone": 0.072,
    "rosiglitazone": 0.063,
    "acarbose": 0.003,
    "miglitol": 0.0,
    "troglitazone": 0.0,
    "tolazamide": 0.0,
    "examide": 0.0,
    "citoglipton": 0.0,
    "insulin": 0.534,
    "glyburide-metformin": 0.007,
    "glipizide-metformin": 0.0,
    "glimepiride-pioglitazone": 0.0,
    "metformin-rosiglitazone": 0.0,
    "metformin-pioglitazone": 0.0,
}


def _category(name: str, description: str, choices: Sequence[str]) -> Column:
    return Column(name=name, kind="category", description=description, choices=tuple(choices))


def _count(name: str, description: str, most: int, typical: tuple[int, int], least: int = 0) -> Column:
    return Column(name=name, kind="integer", description=description, minimum=least, maximum=most, typical=typical)


def _text(name: str, description: str) -> Column:
    return Column(name=name, kind="text", description=description)


def _number(name: str, description: str, typical: tuple[int, int]) -> Column:
    return Column(name=name, kind="integer", description=description, minimum=1, typical=typical)


RAW = (
    _number("encounter_id", "Number of the encounter", (27_000_000, 378_000_000)),
    _number("patient_nbr", "Number of the patient", (1_500_000, 111_000_000)),
    _category("race", "Race", ("Caucasian", "AfricanAmerican", "Hispanic", "Asian", "Other", MISSING)),
    _category("gender", "Gender", ("Female", "Male", "Unknown/Invalid")),
    _category("age", "Age in years", AGES),
    _category("weight", "Weight in pounds", (*WEIGHTS, MISSING)),
    _category("admission_type_id", "Type of admission", ADMISSION_TYPES),
    _category("discharge_disposition_id", "Where the patient went", DISPOSITIONS),
    _category("admission_source_id", "Where the patient came from", ADMISSION_SOURCES),
    _count("time_in_hospital", "Days between admission and discharge", 14, (1, 11), least=1),
    _text("payer_code", "Who paid"),
    _text("medical_specialty", "Specialty of the admitting physician"),
    _count("num_lab_procedures", "Lab tests during the encounter", 500, (4, 73)),
    _count("num_procedures", "Other procedures during the encounter", 100, (0, 5)),
    _count("num_medications", "Different drugs given during the encounter", 500, (6, 31)),
    _count("number_outpatient", "Outpatient visits in the year before", 1000, (0, 2)),
    _count("number_emergency", "Emergency visits in the year before", 1000, (0, 1)),
    _count("number_inpatient", "Inpatient stays in the year before", 1000, (0, 3)),
    _text("diag_1", "Primary diagnosis, ICD-9"),
    _text("diag_2", "Second diagnosis, ICD-9"),
    _text("diag_3", "Third diagnosis, ICD-9"),
    _count("number_diagnoses", "Diagnoses on record", 100, (4, 9)),
    _category("max_glu_serum", "Glucose serum test", ("None", "Norm", ">200", ">300")),
    _category("A1Cresult", "A1c test", ("None", "Norm", ">7", ">8")),
    *(_category(drug, f"Whether {drug} was given, and how its dose changed", DOSES) for drug in DRUGS),
    _category("change", "Whether diabetes medication changed", ("No", "Ch")),
    _category("diabetesMed", "Whether any diabetes medication was given", ("No", "Yes")),
    _category("readmitted", "Days until the next inpatient stay", ("NO", "<30", ">30")),
)

# For the simulator: shares as in the real file, with the rare ones left out.
MIXES: Mapping[str, Mapping[str, float]] = {
    "race": {"Caucasian": 0.75, "AfricanAmerican": 0.19, "Hispanic": 0.02, "Asian": 0.01, "Other": 0.01, "?": 0.02},
    "gender": {"Female": 0.54, "Male": 0.46},
    "age": dict(zip(AGES, (0.002, 0.007, 0.016, 0.037, 0.095, 0.17, 0.221, 0.256, 0.169, 0.027), strict=True)),
    "weight": {MISSING: 0.97, "[75-100)": 0.02, "[50-75)": 0.01},
    "admission_type_id": {"1": 0.53, "2": 0.18, "3": 0.19, "5": 0.05, "6": 0.05},
    "discharge_disposition_id": {
        "1": 0.59, "2": 0.02, "3": 0.14, "5": 0.01, "6": 0.13, "11": 0.02, "18": 0.04, "22": 0.02, "25": 0.02,
        "13": 0.005, "14": 0.005,
    },
    "admission_source_id": {"1": 0.29, "2": 0.01, "4": 0.03, "5": 0.01, "6": 0.02, "7": 0.57, "17": 0.07},
    "payer_code": {MISSING: 0.4, "MC": 0.32, "HM": 0.06, "SP": 0.05, "BC": 0.05, "MD": 0.03, "CP": 0.03},
    "medical_specialty": {
        MISSING: 0.49, "InternalMedicine": 0.14, "Emergency/Trauma": 0.07, "Family/GeneralPractice": 0.07,
        "Cardiology": 0.05, "Surgery-General": 0.03, "Nephrology": 0.02, "Orthopedics": 0.01,
    },
    **{
        diagnosis: {
            "428": 0.2, "414": 0.15, "250.8": 0.1, "276": 0.1, "486": 0.1, "786": 0.1, "401": 0.1, "599": 0.05,
            "715": 0.04, "996": 0.03, "174": 0.01, "V57": 0.01, MISSING: 0.01,
        }
        for diagnosis in ("diag_1", "diag_2", "diag_3")
    },
    "max_glu_serum": {"None": 0.95, "Norm": 0.02, ">200": 0.02, ">300": 0.01},
    "A1Cresult": {"None": 0.83, "Norm": 0.05, ">7": 0.04, ">8": 0.08},
    **{
        drug: {"No": 1 - given, "Steady": 0.8 * given, "Up": 0.1 * given, "Down": 0.1 * given}
        for drug, given in DRUGS.items()
    },
    "change": {"No": 0.54, "Ch": 0.46},
    "diabetesMed": {"No": 0.23, "Yes": 0.77},
    "readmitted": {"NO": 0.54, ">30": 0.35, "<30": 0.11},
}  # fmt: skip
