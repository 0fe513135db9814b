"""The tab *Explain*: what each column counts in the version in production and in the last one, and what changed."""

import gradio as gr

from relevo_ui import markup
from relevo_ui.answers import Production
from relevo_ui.comparison import by_output, compared
from relevo_ui.pages.frame import Frame
from relevo_ui.theme import own_html
from relevo_ui.tracking import Tracking, TrackingError, TrackingUnreachableError
from relevo_ui.trouble import Advice


def build(frame: Frame) -> None:
    """Draw the tab into the page that is being built."""
    texts = frame.texts
    tracking = Tracking(frame.settings.mlflow_tracking_uri or frame.settings.mlflow_url)
    refresh = gr.Button(texts.refresh, size="sm", elem_classes="refresh", elem_id="explain-refresh")
    panel = own_html(markup.hint(texts, texts.waiting_for_model), elem_id="explain")

    def show(production: Production | None) -> str:
        if production is None:
            return markup.hint(texts, texts.nothing_to_explain)
        try:
            return _explained(frame, tracking, production)
        except TrackingUnreachableError:
            return markup.notice(texts, Advice(texts.tracking_unreachable.format(url=tracking.url)))
        except TrackingError as error:
            said = texts.tracking_unintelligible.format(url=tracking.url, detail=error)
            return markup.notice(texts, Advice(said))

    gr.on(
        [frame.production.change, refresh.click],
        show,
        inputs=frame.production,
        outputs=panel,
        show_progress="hidden",
        api_visibility="private",
    )


def _explained(frame: Frame, tracking: Tracking, production: Production) -> str:
    texts, model = frame.texts, production.model
    current = tracking.explained(model.version, model.run_id)
    run = frame.links.tracked_run(model.run_id)
    if current.importance is None:
        return markup.notice(texts, Advice(texts.not_explained.format(version=model.version), run, "MLflow"))
    previous = tracking.previous(model.name)
    if previous and previous.version == model.version:
        previous = None
    outputs, heat = by_output(current.importance, production.card)
    return markup.render(
        "explain",
        texts,
        current=current,
        previous=previous,
        importance=current.importance,
        changes=current.changes if previous and _is_of(current.changes, previous.version) else None,
        counted=compared(current, previous, production.card),
        outputs=outputs,
        heat=heat,
        run=run,
    )


def _is_of(changes: object, previous: str) -> bool:
    return getattr(changes, "previous", None) == previous
