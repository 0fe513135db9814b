"""The tabs, one module each.

A module draws its tab with `build(frame)` into the page that is being built (`pages/frame.py` says what it is
given). It takes every word from `frame.texts`, whose part in `texts/` has both languages, and listens to
`frame.problem.change` and `frame.production.change` for what the other parts of the page do. What it asks of other
services it asks through a client module of its own; a service that is down becomes a sentence (`markup.notice`).
HTML comes from `templates/`, which escape every value, in `theme.own_html`.
"""

from collections.abc import Callable
from dataclasses import dataclass

from relevo_ui.pages import explain, history, pipeline, predict, status
from relevo_ui.pages.frame import Frame
from relevo_ui.texts import Texts


@dataclass(frozen=True)
class Tab:
    """`id` is for links and tests, `title` for people."""

    id: str
    title: Callable[[Texts], str]
    build: Callable[[Frame], None]


TABS = (
    Tab("predict", lambda texts: texts.predict, predict.build),
    Tab("history", lambda texts: texts.history, history.build),
    Tab("explain", lambda texts: texts.explain, explain.build),
    Tab("pipeline", lambda texts: texts.pipeline, pipeline.build),
    Tab("status", lambda texts: texts.status, status.build),
)
