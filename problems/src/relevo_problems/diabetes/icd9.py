"""ICD-9-CM codes to the nine groups of diagnoses that Strack et al. (2014, table 2) found in this data."""

from functools import cache

NONE, OTHER = "None", "Other"
# First and last three-digit code of what makes up a group.
_RANGES = {
    "Circulatory": ((390, 459), (785, 785)),
    "Respiratory": ((460, 519), (786, 786)),
    "Digestive": ((520, 579), (787, 787)),
    "Diabetes": ((250, 250),),
    "Injury": ((800, 999),),
    "Musculoskeletal": ((710, 739),),
    "Genitourinary": ((580, 629), (788, 788)),
    "Neoplasms": ((140, 239),),
}
GROUPS = (*_RANGES, OTHER, NONE)
_GROUP_OF = {
    code: group for group, ranges in _RANGES.items() for low, high in ranges for code in range(low, high + 1)
}


@cache
def group(code: str) -> str:
    """The group of a code such as `428`, `250.83` or `V27`; `?` is none. What is no code at all is other."""
    if code == "?":
        return NONE
    digits = code.partition(".")[0]
    # Codes that begin with V or E (external causes, services) are other, too.
    return _GROUP_OF.get(int(digits), OTHER) if digits.isdecimal() else OTHER
