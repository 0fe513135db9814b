"""Calling each API by hand: the request, the answer, and in words whether it succeeded."""

import json
from dataclasses import dataclass
from typing import Any

import gradio as gr

from relevo_ui import markup
from relevo_ui.form import Form
from relevo_ui.operation import markup as run_markup
from relevo_ui.operation.calls import CALLS, BodyError, Call
from relevo_ui.operation.gate import NotAllowedError, Operator
from relevo_ui.operation.stack import Stack
from relevo_ui.pages.frame import Frame
from relevo_ui.pages.operator import refusal
from relevo_ui.texts import Texts
from relevo_ui.theme import own_html
from relevo_ui.trouble import Advice
from relevo_ui.wording import size


@dataclass(frozen=True)
class ByHand:
    """Makes a call, once for each press of the button."""

    stack: Stack
    texts: Texts

    def __call__(self, position: int, operator: Operator | None, problem: str, query: str, body: str) -> str:
        call = CALLS[position]
        try:
            if call.needs_operator:
                self.stack.gate.check(operator)
            answer = self.stack.caller(call, problem, query or "", body or "")
        except NotAllowedError as error:
            return self._notice(refusal(error, self.texts))
        except BodyError as error:
            return self._notice(self.texts.call_bad_body.format(reason=error))
        if answer.status is None:
            url = self.stack.caller.url(call, problem, query or "")
            outcome = self.texts.call_no_answer.format(url=url, reason=answer.trouble)
        else:
            sentence = self.texts.call_ok if answer.succeeded else self.texts.call_error
            outcome = sentence.format(
                status=answer.status,
                phrase=answer.phrase,
                ms=f"{answer.milliseconds:.0f}",
                size=size(answer.size),
            )
        return run_markup.call(self.texts, answer, outcome)

    def _notice(self, sentence: str) -> str:
        return markup.notice(self.texts, Advice(sentence))


def build(frame: Frame, behind: Stack) -> None:
    """Draw it into the tab that is being built."""
    texts = frame.texts
    by_hand = ByHand(behind, texts)
    with gr.Accordion(texts.call_by_hand, open=False, elem_id="by-hand"):
        with gr.Row():
            chosen = gr.Dropdown(
                [(_called(call, texts), position) for position, call in enumerate(CALLS)],
                value=0,
                label=texts.call,
                elem_id="call",
                scale=2,
            )
            query = gr.Textbox(
                behind.caller.query(frame.settings.default_problem),
                label=texts.call_query,
                visible=CALLS[0].query,
                elem_id="call-query",
            )
        body = gr.Textbox(
            "{}", label=texts.call_body, visible=CALLS[0].body, elem_id="call-body", lines=4, max_lines=14
        )
        warning = own_html(_warning(CALLS[0], texts), elem_id="call-warning")
        send = gr.Button(texts.call_send, elem_id="call-send", scale=0)
        shown = own_html(elem_id="call-answer")

    quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}

    def choose(position: int) -> tuple[Any, ...]:
        call = CALLS[position]
        return gr.update(visible=call.query), gr.update(visible=call.body), _warning(call, texts), ""

    chosen.change(choose, inputs=chosen, outputs=[query, body, warning, shown], **quiet)
    frame.problem.change(behind.caller.query, inputs=frame.problem, outputs=query, **quiet)
    frame.form.change(_row, inputs=frame.form, outputs=body, **quiet)
    send.click(
        by_hand,
        inputs=[chosen, frame.operator, frame.problem, query, body],
        outputs=shown,
        show_progress="minimal",
        show_progress_on=shown,
        api_visibility="private",
    )


def _row(form: Form | None) -> Any:
    """The defaults of the card, as the body of a request."""
    if form is None:
        return gr.skip()
    row = {field.name: field.default for field in form.fields if field.default is not None}
    return json.dumps(row, indent=2, ensure_ascii=False)


def _called(call: Call, texts: Texts) -> str:
    return f"{getattr(texts, f'service_{call.service}')}: {call.name}"


def _warning(call: Call, texts: Texts) -> str:
    return markup.notice(texts, Advice(getattr(texts, f"call_{call.warned}"))) if call.warned else ""
