"""Why an answer is as it is, laid out: the steps of the waterfall and the curves of what would change it."""

from dataclasses import dataclass

from relevo_contract.card import Card
from relevo_contract.columns import Column
from relevo_contract.metrics import in_unit

from relevo_ui.answers import Cell, Explanation, Variation
from relevo_ui.texts import Texts
from relevo_ui.wording import change_in_unit, figure, label, percent

# As many columns as somebody reads; the others are one step together.
STEPS = 9
CHOICES = 8


@dataclass(frozen=True)
class Step:
    """A line of the waterfall. The bar begins at `left` and is `width` wide, in per cent of the room there is."""

    column: str
    value: str
    adds: str
    left: float
    width: float
    tone: str


@dataclass(frozen=True)
class Curve:
    """The answer along one number. `points` lie in a box of 100 by 100, y downwards; `here` is the row itself."""

    column: str
    sentence: str
    points: tuple[tuple[float, float], ...]
    here: tuple[float, float]
    low: str
    high: str
    least: str
    most: str

    @property
    def path(self) -> str:
        return " ".join(f"{x:.1f},{y:.1f}" for x, y in self.points)


@dataclass(frozen=True)
class Bars:
    """The answer for each choice of a category: name, figure, width in per cent, and if it is the row's own."""

    column: str
    choices: tuple[tuple[str, str, float, bool], ...]


class Scale:
    """Answers as people read them: a probability in per cent, a value in its unit."""

    def __init__(self, explanation: Explanation) -> None:
        self._probability = explanation.is_probability
        self._unit = explanation.unit

    def answer(self, value: float) -> str:
        return percent(value) if self._probability else in_unit(value, self._unit)

    def added(self, value: float) -> str:
        return f"{100 * value:+.1f}" if self._probability else change_in_unit(value, self._unit)


def waterfall(explanation: Explanation, card: Card, texts: Texts) -> list[Step]:
    """From the base, column by column in the order of importance, to the answer."""
    columns = {column.name: column for column in card.inputs}
    scale = Scale(explanation)
    shown, rest = explanation.contributions[:STEPS], explanation.contributions[STEPS:]
    moves = [(_name(c.column, columns), _value(c.column, c.value, columns), c.contribution) for c in shown]
    if rest:
        others = sum(contribution.contribution for contribution in rest)
        moves.append((texts.other_columns.format(count=len(rest)), "", others))
    stands = [explanation.base]
    for *_, move in moves:
        stands.append(stands[-1] + move)
    low, high = min(stands), max(stands)
    room = (high - low) or 1.0

    def place(one: float, other: float) -> tuple[float, float]:
        return 100 * (min(one, other) - low) / room, 100 * abs(one - other) / room

    steps = [Step(texts.base, "", scale.answer(explanation.base), *place(stands[0], stands[0]), "stand")]
    for (name, value, move), before, after in zip(moves, stands, stands[1:], strict=False):
        tone = "up" if move >= 0 else "down"
        steps.append(Step(name, value, scale.added(move), *place(before, after), tone))
    end = scale.answer(explanation.answer)
    return [*steps, Step(texts.answer_here, "", end, *place(stands[-1], stands[-1]), "stand")]


def variations(explanation: Explanation, card: Card, texts: Texts) -> list[Curve | Bars]:
    """A picture for each column that was varied, in the order of their importance."""
    columns = {column.name: column for column in card.inputs}
    own = {contribution.column: contribution.value for contribution in explanation.contributions}
    drawn: list[Curve | Bars] = []
    for variation in explanation.variations:
        column = columns.get(variation.column)
        if column is None or len(variation.values) < 2:
            continue
        here = own[variation.column]
        if column.is_category:
            drawn.append(_bars(variation, column, str(here), explanation))
        else:
            drawn.append(_curve(variation, column, float(here), explanation, texts))
    return drawn


def _curve(variation: Variation, column: Column, here: float, explanation: Explanation, texts: Texts) -> Curve:
    scale = Scale(explanation)
    points = sorted(zip(map(float, variation.values), variation.answers, strict=True))
    places, answers = [x for x, _ in points], [y for _, y in points]
    left, right = min(*places, here), max(*places, here)
    least, most = min(*answers, explanation.answer), max(*answers, explanation.answer)
    width, height = (right - left) or 1.0, (most - least) or 1.0

    def at(x: float, y: float) -> tuple[float, float]:
        return 100 * (x - left) / width, 100 * (most - y) / height

    low, high, bottom, top = figure(left), figure(right), scale.answer(least), scale.answer(most)
    sentence = texts.varied_range.format(
        low=low, high=high, least=bottom, most=top, here=scale.answer(explanation.answer)
    )
    drawn = tuple(at(x, y) for x, y in points)
    return Curve(label(column), sentence, drawn, at(here, explanation.answer), low, high, bottom, top)


def _bars(variation: Variation, column: Column, here: str, explanation: Explanation) -> Bars:
    scale = Scale(explanation)
    best = sorted(zip(map(str, variation.values), variation.answers, strict=True), key=lambda one: -one[1])
    shown = best[:CHOICES]
    if here not in dict(shown):
        shown = [*shown[: CHOICES - 1], *(one for one in best if one[0] == here)]
    most = max(abs(answer) for _, answer in shown) or 1.0
    return Bars(
        label(column),
        tuple(
            (column.display(choice), scale.answer(answer), 100 * abs(answer) / most, choice == here)
            for choice, answer in shown
        ),
    )


def _name(name: str, columns: dict[str, Column]) -> str:
    return label(columns[name]) if name in columns else name


def _value(name: str, value: Cell, columns: dict[str, Column]) -> str:
    if isinstance(value, str):
        return columns[name].display(value) if name in columns else value
    return figure(value)
