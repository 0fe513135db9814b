"""The part of the tab *Predict* for the rows of a CSV file."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr

from relevo_ui import csv_rows, markup
from relevo_ui.answers import Production
from relevo_ui.inference import ModelServerError
from relevo_ui.many import ManyPredictor, template
from relevo_ui.pages.frame import Frame
from relevo_ui.theme import own_html
from relevo_ui.trouble import Advice, advise


def build(frame: Frame) -> None:
    """Draw the part into the page that is being built."""
    texts = frame.texts
    with gr.Accordion(texts.many_rows, open=False, elem_id="many"):
        own_html(markup.hint(texts, texts.many_hint))
        with gr.Row(equal_height=False):
            chosen = gr.File(label=texts.csv_file, file_types=[".csv", ".txt", ".tsv"], height=110, scale=3)
            with gr.Column(scale=1, min_width=240):
                submit = gr.Button(texts.predict_all, variant="primary", elem_id="predict-all")
                sample = gr.DownloadButton(texts.template, size="sm")
        said = own_html(elem_id="many-said")
        result = gr.DownloadButton(texts.download, variant="primary", visible=False, elem_id="many-result")

    def answer(path: str | None, problem: str) -> Iterator[tuple[str, Any]]:
        """What is said, and the file to download once there is one."""
        hidden = gr.update(visible=False)
        if path is None:
            yield markup.notice(texts, Advice(texts.no_file)), hidden
            return
        try:
            # As it is now: the page may have been open for long.
            card = frame.server.production(problem).card
            table = csv_rows.opened(Path(path), card.inputs, texts)
        except ModelServerError as error:
            yield markup.notice(texts, advise(error, frame.server.url, problem, texts, frame.links)), hidden
            return
        except csv_rows.UnusableFileError as error:
            yield markup.notice(texts, Advice(str(error))), hidden
            return
        for now in ManyPredictor(frame.server, texts)(table, card):
            yield markup.progress(texts, now), hidden
        trouble = ""
        if now.trouble is not None:
            trouble = advise(now.trouble, frame.server.url, problem, texts, frame.links).sentence
        yield markup.progress(texts, now, trouble, ended=True), gr.update(value=str(now.result), visible=True)

    def written(production: Production | None) -> str | None:
        if production is None:
            return None
        path = Path(tempfile.mkdtemp(prefix="relevo-")) / f"{production.card.problem}.csv"
        path.write_text(template(production.card), encoding="utf-8-sig", newline="")
        return str(path)

    quietly = {"show_progress": "hidden", "api_visibility": "private"}
    submit.click(answer, inputs=[chosen, frame.problem], outputs=[said, result], **quietly)
    frame.production.change(written, inputs=frame.production, outputs=sample, **quietly)
    frame.problem.change(lambda: ("", gr.update(visible=False)), outputs=[said, result], **quietly)
