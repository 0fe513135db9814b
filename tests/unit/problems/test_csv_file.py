"""Whatever CSV file somebody has becomes rows in the order of the problem's columns."""

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from relevo_problems.csv_file import csv_with
from relevo_problems.published import WrongContentError

CELL = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\x00"), max_size=6)


@given(rows=st.lists(st.tuples(CELL, CELL, CELL), max_size=5), bom=st.booleans())
def test_cells_come_back_in_the_order_asked_for(
    rows: list[tuple[str, str, str]], bom: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.mktemp("csv") / "rows.csv"
    with file.open("w", newline="", encoding="utf-8-sig" if bom else "utf-8") as written:
        csv.writer(written).writerows([("a", "b", "c"), *rows])
    lines = list(csv_with("c", "a")(file))
    assert list(csv.reader(lines)) == [["c", "a"], *([c, a] for a, _, c in rows)]
    assert len(lines) == 1 + len(rows)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("a,b\n1,2\n", "has no column c; it has: a, b"),
        ("", "has no column a, c; it has: "),
        ("a,b,c\n1,2,3\n1,2\n", "has 2 cells in line 3, not 3"),
        ('a,b,c\n1,2,"3\n4"\n', "has a cell of more than one line: .*4"),
    ],
)
def test_a_file_that_does_not_fit_says_how(tmp_path: Path, content: str, sentence: str) -> None:
    file = tmp_path / "rows.csv"
    file.write_text(content)
    with pytest.raises(WrongContentError, match=sentence):
        list(csv_with("a", "c")(file))
