"""The tab *Predict*: a form drawn from the card, and the answer of the model in production."""

from dataclasses import dataclass
from html import escape
from typing import Any

import gradio as gr

from relevo_ui import markup
from relevo_ui.form import Field, Form
from relevo_ui.inference import InvalidRowError, ModelServer, ModelServerError, Prediction, Production
from relevo_ui.links import Links
from relevo_ui.pages.frame import Frame
from relevo_ui.texts import Texts
from relevo_ui.theme import own_html
from relevo_ui.trouble import Advice, advise, advise_on_row, field_sentences


@dataclass(frozen=True)
class Typed:
    """The values of a problem's form as they stand."""

    problem: str = ""
    values: tuple[tuple[str, Any], ...] = ()

    def value(self, form: Form, field: Field) -> Any:
        """What stands in a field, or its default where nothing does or where it is no choice any more."""
        found = dict(self.values).get(field.name, field.default) if self.problem == form.problem else field.default
        codes = [code for _, code in field.choices]
        return found if not codes or found in codes else field.default


@dataclass(frozen=True)
class Predictor:
    """Answers the button: one row in, what to show out."""

    server: ModelServer
    texts: Texts
    links: Links

    def __call__(self, form: Form, production: Production, values: tuple[Any, ...]) -> tuple[Any, ...]:
        """The result panel, then one update per field, in the form's order."""
        row = {field.name: value for field, value in zip(form.fields, values, strict=True) if value is not None}
        try:
            prediction = self.server.predict(form.problem, row)
            shown = self._card_of(prediction, production)
        except InvalidRowError as error:
            wrong = field_sentences(error)
            return self._notice(advise_on_row(error, form, self.texts)), *_marked(form, wrong)
        except ModelServerError as error:
            advice = advise(error, self.server.url, form.problem, self.texts, self.links)
            return self._notice(advice), *_marked(form, {})
        return markup.result(self.texts, self.links, shown, prediction), *_marked(form, {})

    def _card_of(self, prediction: Prediction, production: Production) -> Production:
        """The card of the version that answered: production may have changed since the form was drawn."""
        if prediction.model.version == production.model.version:
            return production
        return self.server.production(production.card.problem)

    def _notice(self, advice: Advice) -> str:
        return markup.notice(self.texts, advice)


def build(frame: Frame) -> None:
    """Draw the tab into the page that is being built."""
    texts, answered = frame.texts, frame.answered
    predictor = Predictor(frame.server, texts, frame.links)
    # What somebody has typed, so that a new version's form keeps it: `preserved_by_key` of Gradio 6 does not
    # (https://github.com/gradio-app/gradio/issues/12788).
    typed = gr.State(Typed())
    nothing_yet = markup.hint(texts, texts.no_prediction_yet)
    result = own_html(nothing_yet, render=False, elem_id="result")

    def draw(form: Form | None, kept: Typed) -> None:
        if form is None:
            return
        with gr.Row(elem_classes="fields"):
            fields = [_component(field, kept.value(form, field)) for field in form.fields]
        submit = gr.Button(texts.submit, variant="primary", elem_id="submit")

        def answer(known: Production, count: int, *values: Any) -> tuple[Any, ...]:
            return count + 1, *predictor(form, known, values)

        def keep(*values: Any) -> Typed:
            return Typed(form.problem, tuple(zip((field.name for field in form.fields), values, strict=True)))

        gr.on(
            [submit.click, *(field.submit for field in fields if isinstance(field, gr.Number))],
            answer,
            inputs=[frame.production, answered, *fields],
            outputs=[answered, result, *fields],
            show_progress="minimal",
            show_progress_on=result,
            api_visibility="private",
        )
        gr.on(
            [field.input for field in fields],
            keep,
            inputs=fields,
            outputs=typed,
            trigger_mode="always_last",
            show_progress="hidden",
            api_visibility="private",
        )

    frame.notice.render()
    with gr.Row(equal_height=False):
        with gr.Column(scale=3, min_width=320):
            gr.render(inputs=[frame.form, typed], triggers=[frame.form.change], show_progress="hidden")(draw)
        with gr.Column(scale=1, min_width=320):
            result.render()
    frame.problem.change(lambda: nothing_yet, outputs=result, show_progress="hidden", api_visibility="private")


def _component(field: Field, value: Any) -> gr.Number | gr.Dropdown:
    common = {"label": field.label, "info": escape(field.info), "interactive": True, "elem_classes": ["field"]}
    if field.choices:
        return gr.Dropdown(list(field.choices), value=value, **common)
    # The model server judges the limits and says so in words; Gradio would round, or refuse without a name.
    return gr.Number(value=value, step=field.step, **common)


def _marked(form: Form, wrong: dict[str, str]) -> list[dict[str, Any]]:
    """Every field as it should look: with its help, or with what is wrong about its value."""
    return [
        gr.update(info=escape(wrong[field.name]), elem_classes=["field", "wrong"])
        if field.name in wrong
        else gr.update(info=escape(field.info), elem_classes=["field"])
        for field in form.fields
    ]
