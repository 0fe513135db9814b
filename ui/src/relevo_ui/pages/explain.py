"""The tab *Explain*: what each column counts in the model in production, and what changed."""

from relevo_ui import markup
from relevo_ui.inference import Production
from relevo_ui.pages.frame import Frame
from relevo_ui.theme import own_html
from relevo_ui.trouble import Advice


def build(frame: Frame) -> None:
    """Draw the tab into the page that is being built."""
    texts = frame.texts
    panel = own_html(elem_id="explain")

    def show(production: Production | None) -> str:
        if production is None:
            return markup.hint(texts, texts.nothing_to_explain)
        run = frame.links.tracked_run(production.model.run_id)
        return markup.notice(texts, Advice(texts.explained_in_mlflow, run, "MLflow"))

    frame.production.change(
        show, inputs=frame.production, outputs=panel, show_progress="hidden", api_visibility="private"
    )
