"""Where a problem's rows come from: the data API's protocol, and how the stand-in divides the data into batches."""

from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

Protocol = Literal["rotating", "sequential", "daily"]
Shape = Literal["lists", "objects"]
# A row as the data API's file has it: texts in the order of the delivered columns.
Row = Sequence[str]
# By part, its batches in their order; a batch is the positions of its rows (0 is the first row of the file).
Batches = Mapping[str, Sequence[Sequence[int]]]
# Eight bytes a row, where a list of numbers takes forty.
_POSITIONS = "Q"
Divide = Callable[[Iterable[Row]], Batches]


def in_order(rows_a_batch: int, part: Callable[[Row], str] = lambda _: "train") -> Divide:
    """Batches of so many rows, the last one of what is left, in the file's order; `part` names a row's part."""

    def divide(rows: Iterable[Row]) -> Batches:
        positions: dict[str, array[int]] = {}
        for position, row in enumerate(rows):
            positions.setdefault(part(row), array(_POSITIONS)).append(position)
        return {
            name: [found[begin : begin + rows_a_batch] for begin in range(0, len(found), rows_a_batch)]
            for name, found in sorted(positions.items())
        }

    return divide


def by_rule(batch: Callable[[Row], int | None], batches: int, part: str = "train") -> Divide:
    """So many batches, each in the order of the file; `batch` says which one a row is in, None: it is in none."""

    def divide(rows: Iterable[Row]) -> Batches:
        found = [array(_POSITIONS) for _ in range(batches)]
        for position, row in enumerate(rows):
            if (number := batch(row)) is not None:
                found[number].append(position)
        return {part: found}

    return divide


_TEN_THOUSAND = in_order(10_000)


@dataclass(frozen=True)
class Source:
    """How the data API is asked, and what the stand-in for it does.

    `rotating`: a random portion of a part that changes with time. `sequential`: the next batch at every request, of
    the part that is asked for. `daily`: the next batch at every request for a group on a day of the week.
    A run asks for `path` with its group number and the `parameters`. `rows` are delivered as lists of texts in the
    order of the delivered columns, or as objects by name, with numbers and nulls as such.
    `divide` says which rows a batch of the stand-in has; the rotating protocol divides by itself.
    """

    protocol: Protocol = "rotating"
    path: str = "/data"
    parameters: Mapping[str, str] = field(default_factory=dict)
    rows: Shape = "lists"
    divide: Divide = _TEN_THOUSAND


ROTATING = Source()
