"""The tab *History*: what became of every batch, and why."""

from dataclasses import dataclass

import gradio as gr

from relevo_ui import markup
from relevo_ui.history import History, HistoryUnavailableError
from relevo_ui.links import Links
from relevo_ui.pages.frame import Frame
from relevo_ui.story import tell
from relevo_ui.texts import Texts
from relevo_ui.theme import own_html
from relevo_ui.trouble import Advice

SECONDS = 15


@dataclass(frozen=True)
class Historian:
    """Tells the story of a problem's runs as HTML."""

    history: History
    texts: Texts
    links: Links

    def __call__(self, problem: str) -> str:
        try:
            runs = self.history.runs(problem)
        except HistoryUnavailableError as error:
            return markup.notice(self.texts, Advice(self.texts.history_unreachable.format(reason=error)))
        if not runs:
            nothing = Advice(self.texts.no_runs, self.links.dag(problem), self.texts.open_airflow)
            return markup.notice(self.texts, nothing)
        return markup.history(self.texts, [tell(run, self.texts, self.links) for run in runs])


def build(frame: Frame) -> None:
    """Draw the tab into the page that is being built."""
    runs = History(frame.settings.clean_db_url.get_secret_value())
    historian = Historian(runs, frame.texts, frame.links)
    refresh = gr.Button(frame.texts.refresh, size="sm", elem_id="refresh")
    table = own_html(elem_id="history")
    clock = gr.Timer(SECONDS)
    gr.on(
        [frame.page.load, refresh.click, frame.problem.change, clock.tick],
        historian,
        inputs=frame.problem,
        outputs=table,
        show_progress="hidden",
        api_visibility="private",
    )
