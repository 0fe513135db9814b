"""What the rows looked like on which a model was trained: small enough to travel with the model, in its card.

New rows are compared with it, so that watching for drift never reads old rows again.
"""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from relevo_contract.record import Record


class NumberCounts(Record):
    """A histogram of a number, in the column's unit.

    `counts[i]` rows lie in (`edges[i-1]`, `edges[i]`]; the first ones are at `edges[0]`, the smallest value, and
    the last edge is the largest. Where a column has few values, each of them is an edge.
    """

    kind: Literal["number"] = "number"
    edges: tuple[float, ...] = Field(min_length=1)
    counts: tuple[int, ...]

    @model_validator(mode="after")
    def _is_a_histogram(self) -> Self:
        if len(self.edges) != len(self.counts):
            raise ValueError(f"{len(self.counts)} counts do not fit {len(self.edges)} edges")
        if any(left >= right for left, right in zip(self.edges, self.edges[1:], strict=False)):
            raise ValueError("the edges are not in ascending order")
        return self


class CategoryCounts(Record):
    """How many rows had each choice; a choice that no row had is not in it."""

    kind: Literal["category"] = "category"
    counts: dict[str, int]


Counts = Annotated[NumberCounts | CategoryCounts, Field(discriminator="kind")]


class Reference(Record):
    """`rows` training rows, column by column: the inputs in their order, then the target."""

    rows: int = Field(ge=1)
    columns: dict[str, Counts]

    @model_validator(mode="after")
    def _counts_every_row(self) -> Self:
        for name, column in self.columns.items():
            counts = column.counts.values() if isinstance(column, CategoryCounts) else column.counts
            if sum(counts) != self.rows or min(counts) < 0:
                raise ValueError(f"column {name}: the counts are not those of {self.rows} rows")
        return self
