"""A CSV file of anybody's as the rows of a problem."""

import csv
from collections.abc import Callable, Iterator, Sequence
from io import StringIO, TextIOWrapper
from itertools import chain
from pathlib import Path

from relevo_problems.published import WrongContentError, opened


def csv_with(*names: str) -> Callable[[Path], Iterator[str]]:
    """What a `Dataset` converts by: any CSV file that has the columns `names`, in whatever order, as it is."""

    def convert(published: Path) -> Iterator[str]:
        line = StringIO()
        writer = csv.writer(line, lineterminator="\n")
        for cells in chain([names], cells_of(published, names)):
            if any("\n" in cell or "\r" in cell for cell in cells):
                raise WrongContentError(f"{published} has a cell of more than one line: {cells}")
            writer.writerow(cells)
            yield line.getvalue()
            line.seek(0)
            line.truncate()

    return convert


def cells_of(published: Path, names: Sequence[str]) -> Iterator[list[str]]:
    """The cells of the columns `names` of each line of a CSV file with a header, in the order of `names`.

    Raises:
        WrongContentError: a column is missing, or a line has too many cells or too few.
    """
    with opened(published) as file:
        lines = csv.reader(TextIOWrapper(file, encoding="utf-8-sig", newline=""))
        header = next(lines, [])
        if missing := [name for name in names if name not in header]:
            raise WrongContentError(f"{published} has no column {', '.join(missing)}; it has: {', '.join(header)}")
        places = [header.index(name) for name in names]
        for number, cells in enumerate(lines, start=2):
            if len(cells) != len(header):
                raise WrongContentError(f"{published} has {len(cells)} cells in line {number}, not {len(header)}")
            yield [cells[place] for place in places]
