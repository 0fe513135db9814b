"""The tab *Pipeline*: where runs are started and watched."""

from relevo_ui import markup
from relevo_ui.pages.frame import Frame
from relevo_ui.theme import own_html
from relevo_ui.trouble import Advice


def build(frame: Frame) -> None:
    """Draw the tab into the page that is being built."""
    texts = frame.texts
    panel = own_html(elem_id="pipeline")

    def show(problem: str) -> str:
        return markup.notice(texts, Advice(texts.runs_in_airflow, frame.links.dag(problem), texts.open_airflow))

    frame.problem.change(
        show, inputs=frame.problem, outputs=panel, show_progress="hidden", api_visibility="private"
    )
