"""Where everything of the chart of scores stands: numbers for an SVG, no words."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from relevo_ui.timeline import Batch, Promotion, Timeline
from relevo_ui.wording import figure, score

HEIGHT = 250
# Room for each batch; few batches make a small picture, and many one that is scrolled.
STEP, LEAST_WIDTH = 64, 380
LEFT, RIGHT, TOP, BOTTOM = 58, 16, 26, 34
TICKS = 4
# Scores that are all alike still get a scale around them.
LEAST_RANGE = 1e-3


@dataclass(frozen=True)
class Point:
    """A score at (x, y); `low` and `high` are the ends of its interval's line."""

    x: float
    y: float
    score: str
    batch: Batch
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Flag:
    """A promotion at `x`."""

    x: float
    promotion: Promotion


@dataclass(frozen=True)
class Chart:
    """`ticks` are heights with their scores, `labels` places along the axis with their batches."""

    width: int
    height: int
    left: int
    right: int
    top: int
    bottom: int
    ticks: tuple[tuple[float, str], ...]
    labels: tuple[tuple[float, str], ...]
    champions: tuple[Point, ...]
    challengers: tuple[Point, ...]
    on_new_rows: tuple[Point, ...]
    flags: tuple[Flag, ...]


def chart(timeline: Timeline) -> Chart | None:
    """The chart of a timeline; None while nothing was scored."""
    found = timeline.range
    if found is None:
        return None
    low, high = _padded(*found)
    width = max(LEAST_WIDTH, LEFT + RIGHT + STEP * len(timeline.batches))
    step = (width - LEFT - RIGHT) / len(timeline.batches)

    def x(position: float) -> float:
        return round(LEFT + (position + 0.5) * step, 1)

    def y(value: float) -> float:
        return round(TOP + (high - value) / (high - low) * (HEIGHT - TOP - BOTTOM), 1)

    def points(values: Sequence[tuple[int, float]]) -> tuple[Point, ...]:
        return tuple(Point(x(i), y(value), score(value), timeline.batches[i]) for i, value in values)

    batches = list(enumerate(timeline.batches))
    return Chart(
        width=width,
        height=HEIGHT,
        left=LEFT,
        right=width - RIGHT,
        top=TOP,
        bottom=HEIGHT - BOTTOM,
        ticks=tuple((y(tick), figure(tick)) for tick in _ticks(low, high)),
        labels=tuple((x(i), batch.label) for i, batch in batches),
        champions=points([(i, batch.champion) for i, batch in batches if batch.champion is not None]),
        challengers=points([(i, batch.challenger) for i, batch in batches if batch.challenger is not None]),
        on_new_rows=tuple(
            Point(
                x(i),
                y(new.value),
                score(new.value),
                batch,
                low=None if new.low is None else y(new.low),
                high=None if new.high is None else y(new.high),
            )
            for i, batch in batches
            if (new := batch.on_new_rows) is not None
        ),
        # One by hand came after its batch, and before the next one.
        flags=tuple(Flag(x(p.position + 0.5 * p.by_hand), p) for p in timeline.promotions),
    )


def _padded(low: float, high: float) -> tuple[float, float]:
    room = max(0.08 * (high - low), LEAST_RANGE * max(1.0, abs(high)))
    return low - room, high + room


def _ticks(low: float, high: float) -> list[float]:
    """Round numbers between the ends, about `TICKS` of them."""
    rough = (high - low) / TICKS
    magnitude = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * magnitude for factor in (1, 2, 2.5, 5, 10) if factor * magnitude >= rough)
    first = math.ceil(low / step)
    return [round(step * number, 12) for number in range(first, math.floor(high / step) + 1)]
