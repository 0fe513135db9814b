"""CSV files as people have them: with good rows, with bad ones, and not CSV at all."""

import csv
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from relevo_contract.card import Card
from relevo_ui.csv_rows import Line, UnusableFileError, opened
from relevo_ui.texts import ENGLISH

HEADER = "Body_Width,Legs,Weight,Age,Colour"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "rows.csv"


def lines(file: Path, card: Card) -> list[Line]:
    table = opened(file, card.inputs, ENGLISH)
    read = list(table.lines(card.inputs, ENGLISH))
    assert len(read) == table.count
    return read


def test_good_rows_are_typed_and_bad_ones_say_line_and_column(file: Path, card: Card) -> None:
    file.write_text(f"{HEADER}\n1.5,4,10,2,Red\n\n11,4,10,2,g\n1,2\n1,-1,x,2,g\n")
    good, wide, short, twice = lines(file, card)
    assert good.row == {"Body_Width": 1.5, "Legs": 4, "Weight": 10.0, "Age": 2.0, "Colour": "r"}
    assert wide.row is None
    assert wide.error == "Line 4, column Body_Width: Body_Width must be a number from 0 to 10 (m), not 11."
    assert short.error == "Line 5 has 2 cells, and the first line names 5 columns."
    assert short.cells == ("1", "2")
    assert "Line 6, column Legs: " in twice.error
    assert "Line 6, column Weight: Weight must be a number of at most 1000000, not “x”." in twice.error


def test_any_order_further_columns_and_other_delimiters(file: Path, card: Card) -> None:
    file.write_bytes(
        '\ufeffname;Colour;Age;Weight;Legs;Body_Width\r\n"a;\nb";g;1;2;3;4\r\nc;g;1;2;3;44\r\n'.encode()
    )
    first, second = lines(file, card)
    assert first.row == {"Body_Width": 4.0, "Legs": 3, "Weight": 2.0, "Age": 1.0, "Colour": "g"}
    assert first.cells[0] == "a;\nb"
    assert "Line 4, column Body_Width" in second.error


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "must name every column of the model; missing: Body_Width, Legs, Weight, Age, Colour. It says: –."),
        (b"Body_Width,Legs\n1,2\n", "missing: Weight, Age, Colour. It says: Body_Width, Legs."),
        (f"{HEADER},Legs\n".encode(), "names these columns twice: Legs."),
        (f"{HEADER}\n\n".encode(), "but no rows below it"),
        (f"{HEADER}\n1,2,3,4,\xe9\n".encode("latin-1"), "Line 2 is not UTF-8 text."),
        (f'{HEADER}\n1,2,3,4,"g\n{"x" * 100_001}'.encode(), "cannot be read as CSV"),
        (b"\x00\x01\x02", "must name every column"),
    ],
)
def test_a_file_that_is_of_no_use_is_a_sentence(file: Path, card: Card, content: bytes, said: str) -> None:
    file.write_bytes(content)
    with pytest.raises(UnusableFileError) as error:
        opened(file, card.inputs, ENGLISH)
    assert said in str(error.value)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(content=st.binary(max_size=200) | st.text().map(str.encode))
def test_no_file_is_an_error_of_ours(file: Path, card: Card, content: bytes) -> None:
    file.write_bytes(HEADER.encode() + b"\n" + content)
    try:
        read = lines(file, card)
    except UnusableFileError:
        return
    assert all((line.row is None) == bool(line.error) for line in read)


CELL = st.text(st.characters(codec="utf-8", exclude_characters="\x00\r\n", exclude_categories=["Cs"]), max_size=20)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    rows=st.lists(st.tuples(st.integers(0, 10), CELL), min_size=1, max_size=5), delimiter=st.sampled_from(",;\t")
)
def test_what_came_in_is_there(file: Path, card: Card, rows: list[tuple[int, str]], delimiter: str) -> None:
    with file.open("w", encoding="utf-8", newline="") as opened_file:
        writer = csv.writer(opened_file, delimiter=delimiter)
        writer.writerow([*HEADER.split(","), "Note"])
        writer.writerows([str(width), "4", "1", "1", "g", note] for width, note in rows)
    read = lines(file, card)
    assert [line.cells[-1] for line in read] == [note for _, note in rows]
    assert [line.row and line.row["Body_Width"] for line in read] == [float(width) for width, _ in rows]
