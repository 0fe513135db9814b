"""How much each column counts, in this version and in the previous one, laid out side by side."""

from collections.abc import Mapping
from dataclasses import dataclass

from relevo_contract.card import Card
from relevo_contract.explanation import Importance
from relevo_contract.metrics import in_unit

from relevo_ui.tracking import Explained
from relevo_ui.wording import change_in_unit, label, percent


@dataclass(frozen=True)
class Bar:
    """A column's importance in one version: what is written, and the width in per cent of the largest."""

    figure: str
    width: float


@dataclass(frozen=True)
class Counted:
    """A column in both versions, None where one has no such column; `change` is the difference, if it is known.

    `is_sure` when the difference is more than chance among the rows explains.
    """

    column: str
    now: Bar | None
    before: Bar | None
    change: str
    is_sure: bool


@dataclass(frozen=True)
class Cell:
    """Of the heat map: what is written, and how strong the colour is, from 0 to 1."""

    figure: str
    strength: float


def compared(current: Explained, previous: Explained | None, card: Card) -> list[Counted]:
    """Every column, the one that counts most now first."""
    names = {column.name: label(column) for column in card.inputs}
    now, before = _overall(current), _overall(previous)
    unit = current.importance.unit if current.importance else ""
    most = max([*now.values(), *before.values()], default=0) or 1.0
    changes = {}
    # The differences are of this version from one other: they say nothing about a third.
    if current.changes and previous and current.changes.previous == previous.version:
        changes = {change.column: change for change in current.changes.columns}
    ordered = [*now, *(column for column in before if column not in now)]
    return [
        Counted(
            names.get(column, column),
            _bar(now.get(column), most, unit),
            _bar(before.get(column), most, unit),
            _added(changes[column].difference, unit) if column in changes else "",
            column in changes and changes[column].is_distinguishable,
        )
        for column in ordered
    ]


def by_output(importance: Importance, card: Card) -> tuple[list[str], list[tuple[str, list[Cell]]]]:
    """The classes' names, and for each column its importance for each of them; nothing for a regression."""
    if len(importance.by_output) < 2:
        return [], []
    names = {column.name: label(column) for column in card.inputs}
    most = max(value for columns in importance.by_output.values() for value in columns.values()) or 1.0
    outputs = [card.target.display(output) for output in importance.by_output]
    rows = []
    for column in importance.overall:
        values = [columns.get(column, 0.0) for columns in importance.by_output.values()]
        cells = [Cell(_written(value, importance.unit), value / most) for value in values]
        rows.append((names.get(column, column), cells))
    return outputs, rows


def _overall(explained: Explained | None) -> Mapping[str, float]:
    return explained.importance.overall if explained and explained.importance else {}


def _bar(value: float | None, most: float, unit: str) -> Bar | None:
    return None if value is None else Bar(_written(value, unit), 100 * value / most)


def _written(value: float, unit: str) -> str:
    return percent(value) if unit == "probability" else in_unit(value, unit)


def _added(value: float, unit: str) -> str:
    return f"{100 * value:+.1f}" if unit == "probability" else change_in_unit(value, unit)
