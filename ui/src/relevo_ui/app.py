"""One page in one language: header, tabs, and the clock that looks what is in production."""

from dataclasses import dataclass
from typing import Any

import gradio as gr

from relevo_ui import markup, situation
from relevo_ui.form import Form, describe
from relevo_ui.inference import ModelServer, NothingInProductionError
from relevo_ui.links import Links
from relevo_ui.pages import TABS
from relevo_ui.pages.frame import Frame
from relevo_ui.settings import Settings
from relevo_ui.texts import ENGLISH, Texts
from relevo_ui.theme import own_html
from relevo_ui.trouble import advise

SECONDS = 5
# Predictions of many people at once; each waits for the model server in a thread of its own.
CONCURRENCY = 20


@dataclass(frozen=True)
class Watch:
    """Looks what is in production and says what of the page follows from it."""

    server: ModelServer
    texts: Texts
    links: Links

    def again(self, wanted: str, shown: Form | None) -> tuple[Any, ...]:
        """The same for the problem that is chosen. That one stays: while this looks, another may be chosen."""
        problem, *rest = self(wanted, shown)
        return gr.skip() if problem == wanted else problem, *rest

    def __call__(self, wanted: str, shown: Form | None) -> tuple[Any, ...]:
        """Problem, listed problems, form, production, header, notice; `shown` is the form as it is drawn."""
        now = situation.look(self.server, wanted)
        texts = self.texts
        if now.production is not None:
            drawn = describe(now.production.card, texts)
            header = markup.header(texts, self.links, now.production, "")
            return now.problem, _choices(now), drawn, now.production, header, ""
        assert now.trouble is not None  # noqa: S101 - a situation has one or the other
        nothing = isinstance(now.trouble, NothingInProductionError)
        status = texts.none_in_production if nothing else texts.no_answer
        advice = advise(now.trouble, self.server.url, now.problem, texts, self.links)
        # What somebody has typed outlives an outage: a form goes only with its problem.
        form = shown if shown and shown.problem == now.problem else None
        return (
            now.problem,
            _choices(now) if now.listed else gr.skip(),
            form,
            None if nothing else gr.skip(),
            markup.header(texts, self.links, None, status),
            markup.notice(texts, advice),
        )


def _choices(now: situation.Situation) -> tuple[tuple[str, str], ...]:
    return tuple((model.title, model.name) for model in now.listed)


def build(settings: Settings, texts: Texts = ENGLISH) -> gr.Blocks:
    """The page for these settings. It starts without any of the services it talks to."""
    links = Links.of(settings)
    key = settings.inference_api_key
    server = ModelServer(settings.inference_url, api_key=key.get_secret_value() if key else None)
    watch = Watch(server, texts, links)
    # Files that people uploaded or downloaded go after a day.
    with gr.Blocks(title=texts.title, analytics_enabled=False, delete_cache=(3600, 86400)) as page:
        listed = gr.State(())
        with gr.Row(elem_id="top"):
            header = own_html(markup.header(texts, links, None, texts.waiting_for_model), elem_id="header")
            # By itself, since a header that is drawn anew would take the focus, or a click, away from it.
            own_html(markup.switches(texts), elem_id="switches")
        picker = gr.Dropdown(label=texts.problem, visible=False, interactive=True, elem_id="problem")
        frame = Frame(
            settings=settings,
            texts=texts,
            links=links,
            server=server,
            page=page,
            problem=gr.State(settings.default_problem),
            form=gr.State(None),
            production=gr.State(None),
            answered=gr.State(0),
            operator=gr.State(None),
            notice=own_html(render=False, elem_id="trouble"),
        )
        with gr.Tabs(overflow_behavior="wrap"):
            for tab in TABS:
                with gr.Tab(tab.title(texts), id=tab.id):
                    tab.build(frame)

        outputs = [frame.problem, listed, frame.form, frame.production, header, frame.notice]
        quietly = {"outputs": outputs, "show_progress": "hidden", "api_visibility": "private"}
        looks = [page.load, gr.Timer(SECONDS).tick, frame.answered.change]
        gr.on(looks, watch.again, inputs=[frame.problem, frame.form], **quietly)
        picker.input(watch, inputs=[picker, frame.form], **quietly)
        listed.change(
            lambda choices, chosen: gr.update(choices=list(choices), value=chosen, visible=len(choices) > 1),
            inputs=[listed, frame.problem],
            outputs=picker,
            show_progress="hidden",
            api_visibility="private",
        )
    return page.queue(default_concurrency_limit=CONCURRENCY)
