"""A column, described once. Contract, table, ONNX input, form and simulator are derived from it."""

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, model_validator

Kind = Literal["integer", "number", "category", "text"]

# The largest one that no other integer becomes when it is made a float64, in which models compute.
LARGEST_INTEGER = 2.0**53 - 1


class Column(BaseModel):
    """One column of a problem, as the user understands it.

    `minimum` and `maximum` are the hard limits of the contract, both inclusive, in `unit`.
    `typical` is the range of the central 90 % of the values: it draws the form's hint and the simulator's rows.
    `choices` are the codes of a category in their fixed order, `choice_names` what to show a person for them.
    A `text` has neither limits nor choices, and a `nullable` column may have no value: both are only for columns as
    they are delivered, never for what a model reads.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    kind: Kind
    description: str
    unit: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    typical: tuple[float, float] | None = None
    choices: tuple[str, ...] = ()
    choice_names: dict[str, str] = {}
    default: int | float | str | None = None
    nullable: bool = False

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        if self.kind == "category":
            self._check_choices()
        elif self.choices:
            raise ValueError(f"column {self.name}: only a category has choices, this is {self.kind}")
        elif self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            raise ValueError(f"column {self.name}: minimum {self.minimum} is above maximum {self.maximum}")
        return self

    def _check_choices(self) -> None:
        if not self.choices:
            raise ValueError(f"column {self.name}: a category needs choices")
        if len(set(self.choices)) != len(self.choices):
            raise ValueError(f"column {self.name}: a choice is listed twice")
        if unknown := sorted(set(self.choice_names) - set(self.choices)):
            raise ValueError(f"column {self.name}: names for choices that do not exist: {', '.join(unknown)}")
        if self.default is not None and self.default not in self.choices:
            raise ValueError(f"column {self.name}: the default {self.default!r} is not one of its choices")

    @property
    def is_category(self) -> bool:
        return self.kind == "category"

    def display(self, choice: str) -> str:
        """What to show a person for a choice."""
        return self.choice_names.get(choice, choice)

    def with_choices(self, seen: set[str]) -> "Column":
        """The same column with further choices behind the known ones, so that known codes keep their place."""
        new = tuple(sorted(seen - set(self.choices)))
        return self.model_copy(update={"choices": self.choices + new}) if new else self
