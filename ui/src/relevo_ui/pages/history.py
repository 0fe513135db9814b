"""The tab *History*: what became of every batch, and why; who moved production, and moving it."""

from dataclasses import dataclass
from typing import Any

import gradio as gr

from relevo_ui import history_markup, markup
from relevo_ui.history import EVERYTHING, MOST_SHOWN, Filter, History, HistoryUnavailableError, Promotions
from relevo_ui.links import Links
from relevo_ui.operation.registry import Registry, RegistryError
from relevo_ui.operation.stack import stack
from relevo_ui.pages import change, operator
from relevo_ui.pages.frame import Frame
from relevo_ui.record import record
from relevo_ui.story import tell
from relevo_ui.texts import Texts
from relevo_ui.theme import own_html
from relevo_ui.timeline import timeline
from relevo_ui.trouble import Advice

SECONDS = 15

# A click on a run asks for its record.
ASK = """
element.addEventListener('click', (event) => {
  const button = event.target.closest('button[data-run]');
  if (button) trigger('ask', {run: button.dataset.run});
});
"""
# The record opens above the page as soon as it is there.
OPEN = """
watch('value', () => {
  const dialog = element.querySelector('dialog');
  if (dialog && !dialog.open) dialog.showModal();
});
"""


@dataclass(frozen=True)
class Historian:
    """Tells the story of a problem's runs as HTML."""

    history: History
    past: Promotions
    registry: Registry
    texts: Texts
    links: Links

    def table(self, problem: str, *wanted: str) -> str:
        """The runs that match; `wanted` are the fields of a `Filter`, in their order."""
        only = Filter(*(value or "" for value in wanted))
        try:
            runs = self.history.runs(problem, limit=MOST_SHOWN, only=only)
        except HistoryUnavailableError as error:
            return self._unreachable(error)
        if not runs and only != EVERYTHING:
            return markup.hint(self.texts, self.texts.nothing_matches)
        if not runs:
            nothing = Advice(self.texts.no_runs, self.links.dag(problem), self.texts.open_airflow)
            return markup.notice(self.texts, nothing)
        return history_markup.table(self.texts, [tell(run, self.texts, self.links) for run in runs])

    def pictures(self, problem: str) -> tuple[str, str]:
        """The chart of scores and the heat map of drift; nothing while there is no history."""
        try:
            runs = self.history.runs(problem, limit=MOST_SHOWN)
        except HistoryUnavailableError:
            return "", ""  # the table says so
        if not runs:
            return "", ""
        try:
            promotions = self.past.latest(problem)
        except HistoryUnavailableError as error:
            return self._unreachable(error), ""
        told = timeline(runs, promotions)
        return history_markup.scores(self.texts, told), history_markup.drift(self.texts, told)

    def record(self, problem: str, dag_run_id: str) -> str:
        """Everything that is on record about one run."""
        try:
            run = self.history.run(problem, dag_run_id)
        except HistoryUnavailableError as error:
            return self._unreachable(error)
        if run is None:
            return markup.notice(self.texts, Advice(self.texts.run_is_gone))
        found = record(run)
        report = None
        if found.found and found.found.columns and run["mlflow_run_id"]:
            report = self._report(run["mlflow_run_id"])
        return history_markup.record(self.texts, self.links, tell(run, self.texts, self.links), run, found, report)

    def promotions(self, problem: str) -> str:
        """Who moved production, newest first."""
        try:
            promotions = self.past.latest(problem, limit=20)
        except HistoryUnavailableError as error:
            return self._unreachable(error)
        return history_markup.promotions(self.texts, self.links, promotions)

    def _report(self, run_id: str) -> str | None:
        try:
            return self.links.drift_report(self.registry.experiment_of(run_id), run_id)
        except RegistryError:
            return None  # MLflow is down, and the report with it

    def _unreachable(self, error: HistoryUnavailableError) -> str:
        return markup.notice(self.texts, Advice(self.texts.history_unreachable.format(reason=error)))


def build(frame: Frame) -> None:
    """Draw the tab into the page that is being built."""
    texts = frame.texts
    behind = stack(frame.settings)
    historian = Historian(behind.history, behind.promotions, behind.registry, texts, frame.links)
    scores = own_html(elem_id="scores")
    with gr.Row(elem_classes="filters"):
        filters = [
            _choice(texts.state, texts, "state", ("succeeded", "failed", "running", "exhausted")),
            _choice(texts.decision, texts, "decision", ("train", "skip")),
            _choice(texts.verdict, texts, "verdict", ("promoted", "rejected")),
            gr.Textbox(label=texts.search, placeholder=texts.search_hint, elem_id="filter-text", min_width=140),
        ]
        refresh = gr.Button(texts.refresh, size="sm", elem_id="refresh", scale=0, min_width=110)
    table = own_html(elem_id="history", js_on_load=ASK)
    record_shown = own_html(elem_id="record", js_on_load=OPEN)
    drift = own_html(elem_id="drift")
    with gr.Accordion(texts.promotions, open=False, elem_id="promotions-fold"):
        promotions = own_html(elem_id="promotions")
    with gr.Accordion(texts.change_production, open=False, elem_id="change-fold"):
        operator.build(frame, "history")
        changed = change.build(frame, behind)

    quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
    looks = [frame.page.load, refresh.click, frame.problem.change, gr.Timer(SECONDS).tick, changed]
    looks.append(frame.production.change)
    gr.on(
        [*looks, *(one.change for one in filters)],
        historian.table,
        inputs=[frame.problem, *filters],
        outputs=table,
        trigger_mode="always_last",
        **quiet,
    )
    gr.on(looks, historian.pictures, inputs=frame.problem, outputs=[scores, drift], **quiet)
    gr.on(looks, historian.promotions, inputs=frame.problem, outputs=promotions, **quiet)

    def ask(problem: str, event: gr.EventData) -> str:
        return historian.record(problem, str(event.run))

    table.ask(ask, inputs=frame.problem, outputs=record_shown, **quiet)


def _choice(label: str, texts: Texts, field: str, values: tuple[str, ...]) -> gr.Dropdown:
    choices = [(texts.anything, ""), *((getattr(texts, f"{field}_{value}"), value) for value in values)]
    return gr.Dropdown(choices, value="", label=label, elem_id=f"filter-{field}", min_width=120, filterable=False)
