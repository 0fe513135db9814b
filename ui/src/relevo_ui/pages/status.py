"""The tab *Status*: whether the services are well."""

import gradio as gr

from relevo_ui import markup
from relevo_ui.inference import ModelServerError
from relevo_ui.pages.frame import Frame
from relevo_ui.theme import own_html
from relevo_ui.trouble import advise

SECONDS = 5


def build(frame: Frame) -> None:
    """Draw the tab into the page that is being built."""
    texts, server = frame.texts, frame.server
    panel = own_html(elem_id="status")

    def show(problem: str) -> str:
        try:
            server.models()
        except ModelServerError as error:
            return markup.notice(texts, advise(error, server.url, problem, texts, frame.links))
        return markup.hint(texts, texts.model_server_answers.format(url=server.url))

    gr.on(
        [frame.page.load, gr.Timer(SECONDS).tick],
        show,
        inputs=frame.problem,
        outputs=panel,
        show_progress="hidden",
        api_visibility="private",
    )
