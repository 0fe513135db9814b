"""The form, described from a card: no column is named anywhere else."""

from dataclasses import dataclass

from relevo_contract.card import Card
from relevo_contract.columns import Column

from relevo_ui.texts import Texts
from relevo_ui.wording import capitalised, figure, label


@dataclass(frozen=True)
class Field:
    """One input as the page draws it. `choices` are pairs of what is shown and what is sent."""

    name: str
    label: str
    info: str
    default: int | float | str | None
    step: float = 1
    choices: tuple[tuple[str, str], ...] = ()


# As many as fit a laptop's screen in one section of the form.
SECTION = 12


@dataclass(frozen=True)
class Section:
    """Fields of one kind: those that are `shown`, and those that unfold, which few people change."""

    title: str
    shown: tuple[Field, ...]
    folded: tuple[Field, ...]


@dataclass(frozen=True)
class Form:
    """Two models with the same inputs have equal forms, so a promotion keeps what somebody has typed."""

    problem: str
    fields: tuple[Field, ...]

    def sections(self, texts: Texts) -> list[Section]:
        """Numbers first, then choices; a kind that has no field has no section."""
        kinds = (
            (texts.numbers, tuple(field for field in self.fields if not field.choices)),
            (texts.choices, tuple(field for field in self.fields if field.choices)),
        )
        return [Section(title, fields[:SECTION], fields[SECTION:]) for title, fields in kinds if fields]


def describe(card: Card, texts: Texts) -> Form:
    """The form of a card's inputs, in their order."""
    return Form(card.problem, tuple(_field(column, texts) for column in card.inputs))


def _field(column: Column, texts: Texts) -> Field:
    if not column.is_category:
        step = 1 if column.kind == "integer" else 0.01
        return Field(column.name, label(column), _number_info(column, texts), column.default, step)
    choices = tuple((column.display(choice), choice) for choice in column.choices)
    return Field(column.name, label(column), _sentence(column.description), column.default, choices=choices)


def _number_info(column: Column, texts: Texts) -> str:
    hints = []
    if column.typical:
        usual_low, usual_high = map(figure, column.typical)
        hints.append(texts.usually.format(low=usual_low, high=usual_high))
    low, high = column.minimum, column.maximum
    if low is not None and high is not None:
        hints.append(texts.allowed.format(low=figure(low), high=figure(high)))
    elif low is not None:
        hints.append(texts.at_least.format(low=figure(low)))
    elif high is not None:
        hints.append(texts.at_most.format(high=figure(high)))
    return f"{_sentence(column.description)} {_sentence(', '.join(hints))}".strip()


def _sentence(text: str) -> str:
    """With a capital first and a full stop last; nothing stays nothing."""
    ending = "" if not text or text.endswith((".", "?", "!")) else "."
    return capitalised(text) + ending
