"""The part of the tab *Predict* that says where an earlier prediction came from."""

from typing import Any

import gradio as gr

from relevo_ui import markup
from relevo_ui.inference import ModelServerError
from relevo_ui.pages.frame import Frame
from relevo_ui.theme import own_html
from relevo_ui.trouble import Advice, advise

# `?prediction=<id>` in the address shows this prediction.
PARAMETER = "prediction"


def build(frame: Frame, asked: gr.State) -> None:
    """Draw the part; the id of what was `asked` last stands in its field."""
    texts = frame.texts
    with gr.Accordion(texts.lineage, open=False, elem_id="lineage") as part:
        own_html(markup.hint(texts, texts.lineage_hint))
        with gr.Row():
            wanted = gr.Textbox(label=texts.prediction_id, scale=3, max_lines=1)
            button = gr.Button(texts.look_up, scale=0, min_width=120)
        found = own_html(elem_id="lineage-found")

    def look_up(prediction_id: str, problem: str) -> str:
        prediction_id = prediction_id.strip()
        if not prediction_id:
            return markup.notice(texts, Advice(texts.no_id))
        try:
            return markup.lineage(texts, frame.links, frame.server.lineage(prediction_id))
        except ModelServerError as error:
            return markup.notice(texts, advise(error, frame.server.url, problem, texts, frame.links))

    def arrive(problem: str, request: gr.Request) -> tuple[Any, ...]:
        prediction_id = request.query_params.get(PARAMETER)
        if not prediction_id:
            return gr.skip(), gr.skip(), gr.skip()
        return prediction_id, look_up(prediction_id, problem), gr.update(open=True)

    quietly = {"show_progress": "hidden", "api_visibility": "private"}
    gr.on([button.click, wanted.submit], look_up, inputs=[wanted, frame.problem], outputs=found, **quietly)
    frame.page.load(arrive, inputs=frame.problem, outputs=[wanted, found, part], **quietly)
    asked.change(
        lambda now: now.prediction_id or gr.skip(),
        inputs=asked,
        outputs=wanted,
        **quietly,
    )
