"""What may stand in a column, and what to say, in the reader's language, about a value that may not."""

import math
from typing import Any

from relevo_contract.columns import Column

from relevo_ui.answers import Cell
from relevo_ui.texts import Texts
from relevo_ui.wording import figure

SHOWN = 40


class CellError(ValueError):
    """The message says what is wrong with the value and what is allowed."""


def allowed(column: Column, texts: Texts) -> str:
    """What may stand in the column, as a phrase: "an integer from 0 to 360 (degrees)"."""
    if column.is_category:
        return texts.one_of.format(choices=", ".join(column.choices))
    phrase = texts.an_integer if column.kind == "integer" else texts.a_number
    low, high = column.minimum, column.maximum
    if low is not None and high is not None:
        phrase += f" {texts.from_to.format(low=figure(low), high=figure(high))}"
    elif low is not None:
        phrase += f" {texts.not_below.format(low=figure(low))}"
    elif high is not None:
        phrase += f" {texts.not_above.format(high=figure(high))}"
    return f"{phrase} ({column.unit})" if column.unit else phrase


def refusal(column: Column, value: Any, texts: Texts) -> str | None:
    """A sentence when the contract of the column does not allow the value, else None. `value` is as it is sent."""
    if value is None:
        return texts.cell_missing.format(column=column.name, allowed=allowed(column, texts))
    if column.is_category:
        fits = value in column.choices
    else:
        fits = (
            isinstance(value, int | float)
            and math.isfinite(value)
            and (column.kind != "integer" or float(value).is_integer())
            and (column.minimum is None or value >= column.minimum)
            and (column.maximum is None or value <= column.maximum)
        )
    if fits:
        return None
    shown = f"“{value[:SHOWN]}”" if isinstance(value, str) else figure(value)
    return texts.cell_wrong.format(column=column.name, allowed=allowed(column, texts), value=shown)


def parsed(column: Column, written: str, texts: Texts) -> Cell:
    """The value that was written as text, a choice by its code or its name. `CellError` when it is not allowed."""
    text = written.strip()
    value: Cell | None = _read(column, text) if text else None
    if sentence := refusal(column, value, texts):
        raise CellError(sentence)
    assert value is not None  # noqa: S101 - a missing value has been refused
    return value


def _read(column: Column, text: str) -> Cell:
    if column.is_category:
        codes = {column.display(choice): choice for choice in column.choices}
        return text if text in column.choices else codes.get(text, text)
    try:
        number = float(text)
    except ValueError:
        return text
    return int(number) if column.kind == "integer" and number.is_integer() else number
