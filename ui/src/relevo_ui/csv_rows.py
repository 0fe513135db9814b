"""Rows from a CSV file: what is good is typed, what is not stays beside it with the reason."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from relevo_contract.columns import Column

from relevo_ui.answers import Cell
from relevo_ui.cells import CellError, parsed
from relevo_ui.texts import Texts

DELIMITERS = ",;\t"
# A cell of more is no value of ours; without a limit a lost quotation mark makes one cell of the whole file.
csv.field_size_limit(100_000)


class UnusableFileError(Exception):
    """No row of the file can be used; the message says why and what to do."""


@dataclass(frozen=True)
class Line:
    """A row of the file: its cells as they stand there, and either the typed `row` or the `error`.

    `number` is that of the line on which it begins, counted from 1, the header's.
    """

    number: int
    cells: tuple[str, ...]
    row: dict[str, Cell] | None
    error: str


@dataclass(frozen=True)
class Table:
    """A CSV file with a header that has every input of the model, in any order, and whatever else."""

    path: Path
    delimiter: str
    header: tuple[str, ...]
    count: int

    def lines(self, columns: tuple[Column, ...], texts: Texts) -> Iterator[Line]:
        """Every row, typed by the columns; empty lines are none."""
        places = [(column, self.header.index(column.name)) for column in columns]
        with self.path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, delimiter=self.delimiter)
            next(reader)
            begins = reader.line_num + 1
            for cells in reader:
                if any(cell.strip() for cell in cells):
                    yield self._line(begins, cells, places, texts)
                begins = reader.line_num + 1

    def _line(self, number: int, cells: list[str], places: list[tuple[Column, int]], texts: Texts) -> Line:
        kept = tuple(cells)
        if len(cells) != len(self.header):
            counted = texts.csv_cells.format(line=number, found=len(cells), expected=len(self.header))
            return Line(number, kept, None, counted)
        row, wrong = {}, []
        for column, place in places:
            try:
                row[column.name] = parsed(column, cells[place], texts)
            except CellError as error:
                wrong.append(texts.csv_cell.format(line=number, column=column.name, problem=error))
        return Line(number, kept, None, " ".join(wrong)) if wrong else Line(number, kept, row, "")


def opened(path: Path, columns: tuple[Column, ...], texts: Texts) -> Table:
    """The file as a table of the model's inputs. `UnusableFileError` when it is none."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            # The header tells the delimiter: names of columns have none of them.
            first = file.readline()
            delimiter = max(DELIMITERS, key=first.count)
            file.seek(0)
            reader = csv.reader(file, delimiter=delimiter)
            header = tuple(name.strip() for name in next(reader, []))
            count = sum(any(cell.strip() for cell in cells) for cells in reader)
    except UnicodeDecodeError as error:
        raise UnusableFileError(texts.csv_encoding.format(line=_line_of(path, error))) from error
    except csv.Error as error:
        raise UnusableFileError(texts.csv_broken.format(line=reader.line_num, problem=error)) from error
    if missing := [column.name for column in columns if column.name not in header]:
        found = ", ".join(header)[:200]
        raise UnusableFileError(texts.csv_columns.format(missing=", ".join(missing), found=found or "–"))
    if twice := sorted({name for name in header if name and header.count(name) > 1}):
        raise UnusableFileError(texts.csv_twice.format(columns=", ".join(twice)))
    if not count:
        raise UnusableFileError(texts.csv_empty)
    return Table(path, delimiter, header, count)


def _line_of(path: Path, _error: UnicodeDecodeError) -> int:
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                line.decode()
            except UnicodeDecodeError:
                return number
    return 1
