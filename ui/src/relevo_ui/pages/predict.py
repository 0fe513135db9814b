"""The tab *Predict*: a form drawn from the card, the answer of the model in production, and why it is so."""

import secrets
from dataclasses import dataclass, field
from html import escape
from typing import Any

import gradio as gr
from relevo_contract.card import Card

from relevo_ui import markup, sample_request
from relevo_ui.answers import Prediction, Production
from relevo_ui.form import Field, Form
from relevo_ui.inference import InvalidRowError, ModelServerError
from relevo_ui.pages import lineage, many
from relevo_ui.pages.frame import Frame
from relevo_ui.theme import own_html
from relevo_ui.trouble import advise, advise_on_row, field_sentences

EXAMPLES = 3


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
class Asked:
    """A row that was answered, so that the answer can be explained; no id before the first, or after a refusal.

    The id alone tells one from another: Gradio asks for a hash to see whether a state has changed.
    """

    prediction_id: str = ""
    version: str = field(default="", compare=False)
    row: dict[str, Any] = field(default_factory=dict, compare=False)
    card: Card | None = field(default=None, compare=False)


NOTHING_ASKED = Asked()


@dataclass(frozen=True)
class Predictor:
    """Answers the button: one row in, what to show out."""

    frame: Frame

    def __call__(self, form: Form, production: Production, values: tuple[Any, ...]) -> tuple[Any, ...]:
        """The result panel, what was asked, then one update per field, in the form's order."""
        texts, server = self.frame.texts, self.frame.server
        row = {field.name: value for field, value in zip(form.fields, values, strict=True) if value is not None}
        try:
            prediction = server.predict(form.problem, row)
            shown = self._card_of(prediction, production)
        except InvalidRowError as error:
            wrong = field_sentences(error, row, production.card.inputs, texts)
            return self._notice(advise_on_row(error, form, texts)), NOTHING_ASKED, *_marked(form, wrong)
        except ModelServerError as error:
            advice = advise(error, server.url, form.problem, texts, self.frame.links)
            return self._notice(advice), NOTHING_ASKED, *_marked(form, {})
        requests = self._requests(form.problem, row)
        panel = markup.result(texts, self.frame.links, shown, prediction, requests)
        asked = Asked(prediction.prediction_id, prediction.model.version, row, shown.card)
        return panel, asked, *_marked(form, {})

    def explained(self, asked: Asked) -> str:
        """The panel that says why; empty where nothing was answered."""
        texts, server, card = self.frame.texts, self.frame.server, asked.card
        if card is None:
            return ""
        try:
            explanation = server.explain(card.problem, asked.row)
        except ModelServerError as error:
            return self._notice(advise(error, server.url, card.problem, texts, self.frame.links))
        return markup.why(texts, explanation, card, asked.version)

    def _card_of(self, prediction: Prediction, production: Production) -> Production:
        """The card of the version that answered: production may have changed since the form was drawn."""
        if prediction.model.version == production.model.version:
            return production
        return self.frame.server.production(production.card.problem)

    def _requests(self, problem: str, row: dict[str, Any]) -> dict[str, str]:
        url = f"{self.frame.links.inference}/models/{problem}/predict"
        key = self.frame.settings.inference_api_key is not None
        return {"curl": sample_request.curl(url, row, key=key), "Python": sample_request.python(url, row, key=key)}

    def _notice(self, advice: Any) -> str:
        return markup.notice(self.frame.texts, advice)


def build(frame: Frame) -> None:
    """Draw the tab into the page that is being built."""
    texts, predictor = frame.texts, Predictor(frame)
    # What somebody has typed, so that a new version's form keeps it: `preserved_by_key` of Gradio 6 does not
    # (https://github.com/gradio-app/gradio/issues/12788).
    typed, asked = gr.State(Typed()), gr.State(NOTHING_ASKED)
    nothing_yet = markup.hint(texts, texts.no_prediction_yet)
    result = own_html(nothing_yet, render=False, elem_id="result")

    def draw(form: Form | None, kept: Typed, production: Production | None) -> None:
        if form is None:
            return
        submit, fills = _buttons(frame, production)
        fields = _fields(form, kept, frame)

        def answer(known: Production, count: int, *values: Any) -> tuple[Any, ...]:
            return count + 1, *predictor(form, known, values)

        def keep(*values: Any) -> Typed:
            return Typed(form.problem, tuple(zip((field.name for field in form.fields), values, strict=True)))

        gr.on(
            [submit.click, *(field.submit for field in fields if isinstance(field, gr.Number))],
            answer,
            inputs=[frame.production, frame.answered, *fields],
            outputs=[frame.answered, result, asked, *fields],
            show_progress="minimal",
            show_progress_on=result,
            api_visibility="private",
        )
        quietly = {"show_progress": "hidden", "api_visibility": "private"}
        gr.on(
            [field.input for field in fields],
            keep,
            inputs=fields,
            outputs=typed,
            trigger_mode="always_last",
            **quietly,
        )
        for button, number in fills:
            # Bound now: the loop goes on.
            def fill(known: Production | None, number: int | None = number) -> list[Any]:
                values = row_of(form, known, number)
                return [keep(*values), *values]

            button.click(fill, inputs=frame.production, outputs=[typed, *fields], **quietly)

    frame.notice.render()
    with gr.Row(equal_height=False):
        with gr.Column(scale=3, min_width=320):
            inputs = [frame.form, typed, frame.production]
            gr.render(inputs=inputs, triggers=[frame.form.change], show_progress="hidden")(draw)
            source = own_html(elem_id="rows-source")
        with gr.Column(scale=1, min_width=320):
            result.render()
    why = own_html(elem_id="why")
    many.build(frame)
    lineage.build(frame, asked)
    quietly = {"show_progress": "hidden", "api_visibility": "private"}
    frame.production.change(lambda known: _source(frame, known), inputs=frame.production, outputs=source, **quietly)
    frame.problem.change(lambda: (nothing_yet, NOTHING_ASKED), outputs=[result, asked], **quietly)
    asked.change(predictor.explained, inputs=asked, outputs=why, show_progress="minimal", api_visibility="private")


def row_of(form: Form, production: Production | None, number: int | None) -> list[Any]:
    """Values for the form: of example `number`, of a random row for -1, the defaults for None or without rows."""
    background = production.card.background if production else ()
    if production is None or number is None or not background:
        return [field.default for field in form.fields]
    # The first ones have a button each: a random row that is one of them looks like a button that does nothing.
    others = background[EXAMPLES:] or background
    row = secrets.choice(others) if number < 0 else background[number % len(background)]
    values = dict(zip((column.name for column in production.card.inputs), row, strict=True))
    return [values.get(field.name, field.default) for field in form.fields]


def _buttons(frame: Frame, production: Production | None) -> tuple[gr.Button, list[tuple[gr.Button, int | None]]]:
    """The button that predicts, and those that fill in the form, each with the row it fills in."""
    texts = frame.texts
    rows = len(production.card.background) if production else 0
    fills: list[tuple[str, int | None]] = [(texts.typical_values, None)]
    if rows:
        fills += [(texts.example.format(number=number + 1), number) for number in range(min(EXAMPLES, rows))]
        fills.append((texts.random_row, -1))
    with gr.Row(elem_id="actions"):
        submit = gr.Button(texts.submit, variant="primary", elem_id="submit", size="md", scale=0)
        buttons = [(gr.Button(name, size="sm", scale=0, elem_classes="fill"), number) for name, number in fills]
    return submit, buttons


def _fields(form: Form, kept: Typed, frame: Frame) -> list[gr.Number | gr.Dropdown]:
    """The form's fields in its order, drawn section by section."""
    drawn: dict[str, gr.Number | gr.Dropdown] = {}
    sections = form.sections(frame.texts)
    for section in sections:
        with gr.Row(elem_classes="fields"):
            for one in section.shown:
                drawn[one.name] = _component(one, kept.value(form, one))
        if section.folded:
            title = frame.texts.more_fields.format(count=len(section.folded))
            with gr.Accordion(f"{section.title}: {title}", open=False), gr.Row(elem_classes="fields"):
                for one in section.folded:
                    drawn[one.name] = _component(one, kept.value(form, one))
    return [drawn[field.name] for field in form.fields]


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


def _source(frame: Frame, production: Production | None) -> str:
    """Where the example rows come from, so that nobody takes them for new ones."""
    if production is None:
        return ""
    texts, card = frame.texts, production.card
    if not card.background:
        return markup.hint(texts, texts.no_rows)
    said = texts.rows_are_simulated if card.data == "simulated" else texts.rows_are_real
    return markup.hint(texts, said.format(version=production.model.version))
