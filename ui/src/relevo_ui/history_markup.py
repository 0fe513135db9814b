"""The history as HTML: its table, its charts, and one run in full."""

from collections.abc import Mapping, Sequence
from typing import Any

from relevo_ui.chart import chart
from relevo_ui.links import Links
from relevo_ui.markup import render
from relevo_ui.record import Record
from relevo_ui.story import Story
from relevo_ui.texts import Texts
from relevo_ui.timeline import Timeline
from relevo_ui.wording import called, capitalised, moment, score, signed

# From here on one speaks of hardly any, some, a moderate and a large shift.
_LEVELS = (0.05, 0.1, 0.25, 0.5)


def table(texts: Texts, stories: Sequence[Story]) -> str:
    """The table of runs."""
    return render("history", texts, stories=stories)


def scores(texts: Texts, told: Timeline) -> str:
    """The chart of scores."""
    return render("scores", texts, chart=chart(told), metric=capitalised(called(told.metric)), moment=moment)


def drift(texts: Texts, told: Timeline) -> str:
    """The heat map of drift, from the first batch that was compared."""
    compared = [position for position, batch in enumerate(told.batches) if batch.drift]
    batches = told.batches[compared[0] :] if compared else ()
    return render("drift", texts, columns=told.columns, batches=batches, level=_level, moment=moment)


def promotions(texts: Texts, links: Links, rows: Sequence[Mapping[str, Any]]) -> str:
    """Who moved production."""
    return render("promotions", texts, links=links, promotions=rows, moment=moment)


def record(
    texts: Texts, links: Links, story: Story, run: Mapping[str, Any], found: Record, report_link: str | None
) -> str:
    """Everything about one run, as a dialog."""
    return render(
        "record",
        texts,
        links=links,
        story=story,
        run=run,
        report_link=report_link,
        finished=moment(run["finished_at"]) if run["finished_at"] else None,
        score=score,
        signed=signed,
        called=called,
        capitalised=capitalised,
        **vars(found),
    )


def _level(psi: float) -> int:
    return sum(psi >= bound for bound in _LEVELS)
