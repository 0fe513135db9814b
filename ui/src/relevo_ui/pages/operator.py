"""Signing in, on every tab on which the stack can be operated: one session, whichever tab it began on."""

from datetime import UTC, datetime, timedelta
from typing import Any

import gradio as gr

from relevo_ui import markup
from relevo_ui.operation.gate import (
    NamelessError,
    NoOperatorError,
    NotAllowedError,
    Operator,
    SignedOutError,
    TooManyTriesError,
)
from relevo_ui.operation.stack import stack
from relevo_ui.pages.frame import Frame
from relevo_ui.texts import Texts
from relevo_ui.theme import own_html
from relevo_ui.trouble import Advice
from relevo_ui.wording import clock


def refusal(error: NotAllowedError, texts: Texts) -> str:
    """Why somebody may not, in a sentence."""
    match error:
        case NoOperatorError():
            return texts.no_operator
        case NamelessError():
            return texts.nameless
        case TooManyTriesError(seconds=seconds):
            return texts.too_many_tries.format(seconds=seconds)
        case SignedOutError():
            return texts.signed_out
        case _:
            return texts.wrong_password


def build(frame: Frame, prefix: str) -> None:
    """Draw it; `prefix` keeps the ids of two tabs apart. The session's operator is in `frame.operator`."""
    texts, gate = frame.texts, stack(frame.settings).gate
    with gr.Column(elem_classes="sign-in", visible=not gate.closed) as form:
        own_html(markup.hint(texts, texts.sign_in_told))
        with gr.Row(equal_height=False):
            name = gr.Textbox(
                label=texts.your_name, placeholder=texts.your_name_hint, max_length=64, elem_id=f"{prefix}-name"
            )
            password = gr.Textbox(label=texts.password, type="password", elem_id=f"{prefix}-password")
            enter = gr.Button(texts.sign_in, elem_id=f"{prefix}-sign-in", scale=0, min_width=110)
    with gr.Row(visible=False, elem_classes="signed-in") as inside:
        who = own_html()
        leave = gr.Button(texts.sign_out, size="sm", scale=0, min_width=110, elem_id=f"{prefix}-sign-out")
    said = own_html(_notice(texts, texts.no_operator) if gate.closed else "", elem_classes="said")

    def signed_in(given_name: str, given: str, request: gr.Request) -> tuple[Any, ...]:
        address = request.client.host if request.client else ""
        try:
            operator = gate.enter(given_name or "", given or "", address)
        except NotAllowedError as error:
            return None, "", _notice(texts, refusal(error, texts))
        return operator, "", ""

    def shown(operator: Operator | None) -> tuple[Any, ...]:
        if operator is None:
            return gr.update(visible=not gate.closed), gr.update(visible=False), ""
        until = clock(datetime.now(UTC) + timedelta(seconds=gate.left(operator)))
        sentence = texts.signed_in.format(name=operator.name, until=until)
        return gr.update(visible=False), gr.update(visible=True), markup.hint(texts, sentence)

    quiet = {"show_progress": "hidden", "api_visibility": "private"}
    gr.on(
        [enter.click, password.submit],
        signed_in,
        inputs=[name, password],
        outputs=[frame.operator, password, said],
        **quiet,
    )
    leave.click(lambda: None, outputs=frame.operator, **quiet)
    frame.operator.change(shown, inputs=frame.operator, outputs=[form, inside, who], **quiet)


def _notice(texts: Texts, sentence: str) -> str:
    return markup.notice(texts, Advice(sentence))
