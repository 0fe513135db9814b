import pytest
from pydantic import ValidationError
from relevo_contract.reference import CategoryCounts, NumberCounts, Reference

COLUMNS = {
    "height": NumberCounts(edges=(1.0, 2.5), counts=(1, 2)),
    "colour": CategoryCounts(counts={"red": 2, "blue": 1}),
}


def test_a_reference_survives_its_file() -> None:
    reference = Reference(rows=3, columns=COLUMNS)
    assert Reference.model_validate_json(reference.model_dump_json()) == reference


@pytest.mark.parametrize(
    "broken",
    [
        {"rows": 4, "columns": COLUMNS},
        {"rows": 0, "columns": {}},
        {"rows": 1, "columns": {"height": {"kind": "number", "edges": [1, 2], "counts": [1]}}},
        {"rows": 2, "columns": {"height": {"kind": "number", "edges": [2, 1], "counts": [1, 1]}}},
        {"rows": 1, "columns": {"height": {"kind": "number", "edges": [1, 2], "counts": [2, -1]}}},
        {"rows": 0, "columns": {"height": {"kind": "number", "edges": [], "counts": []}}},
    ],
)
def test_counts_that_do_not_fit_are_refused(broken: object) -> None:
    with pytest.raises(ValidationError):
        Reference.model_validate(broken)
