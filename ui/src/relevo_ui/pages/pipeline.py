"""The tab *Pipeline*: start a run and watch it go through; call each API by hand."""

from dataclasses import dataclass
from typing import Any

import gradio as gr

from relevo_ui import markup
from relevo_ui.history import HistoryUnavailableError
from relevo_ui.links import Links
from relevo_ui.operation import markup as run_markup
from relevo_ui.operation.airflow import AirflowError, AirflowRefusedError
from relevo_ui.operation.airflow_answers import DagRun
from relevo_ui.operation.gate import NotAllowedError, Operator
from relevo_ui.operation.runs import Watched, watched
from relevo_ui.operation.stack import Stack, stack
from relevo_ui.pages import by_hand, operator
from relevo_ui.pages.frame import Frame
from relevo_ui.pages.operator import refusal
from relevo_ui.texts import Texts
from relevo_ui.theme import own_html
from relevo_ui.trouble import Advice, advise_on_airflow

# While a run goes on, and while nothing does.
BUSY_SECONDS, IDLE_SECONDS = 2.0, 10.0


@dataclass(frozen=True)
class Controls:
    """Starts runs, unpauses, and says what it sees, as HTML."""

    stack: Stack
    texts: Texts
    links: Links

    def start(self, operator: Operator | None, problem: str) -> str:
        return self._done(operator, problem, self._start)

    def unpause(self, operator: Operator | None, problem: str) -> str:
        return self._done(operator, problem, self._unpause)

    def look(self, problem: str, operator: Operator | None) -> tuple[str, str, dict[str, Any], float]:
        """The state of the pipeline, its latest run, whether to offer unpausing, and when to look again."""
        if not problem:
            return "", "", gr.update(visible=False), IDLE_SECONDS
        try:
            dag = self.stack.airflow.dag(problem)
            run = self.stack.airflow.latest(problem)
            seen = watched(self.stack.airflow, problem, run, with_log=self._inside(operator)) if run else None
        except AirflowRefusedError as error:
            if error.status != 404:
                return self._airflow(error), "", gr.update(visible=False), IDLE_SECONDS
            unknown = self._notice(self.texts.dag_unknown.format(problem=problem))
            return unknown, "", gr.update(visible=False), IDLE_SECONDS
        except AirflowError as error:
            return self._airflow(error), "", gr.update(visible=False), IDLE_SECONDS
        told = self._run(problem, seen, dag.is_paused, self._inside(operator)) if seen else self._no_run()
        pause = BUSY_SECONDS if run and not run.ended else IDLE_SECONDS
        state = self._paused(problem, dag.timetable_summary) if dag.is_paused else self._ready(problem, dag)
        return state, told, gr.update(visible=dag.is_paused), pause

    def _run(self, problem: str, seen: Watched, paused: bool, inside: bool) -> str:
        ending = self._ending(problem, seen.run) if seen.run.ended else ()
        return run_markup.run(self.texts, self.links, problem, seen, paused=paused, inside=inside, ending=ending)

    def _ending(self, problem: str, run: DagRun) -> tuple[tuple[str, str], ...]:
        """The pipeline's own sentences about a run that has ended, or why they are not known."""
        texts = self.texts
        try:
            row = self.stack.history.run(problem, run.dag_run_id)
        except HistoryUnavailableError as error:
            return ((texts.run_on_record, texts.history_unreachable.format(reason=error)),)
        if row is None:
            return ((texts.run_on_record, texts.run_not_recorded),)
        wrong = " ".join(filter(None, (row["failed_task"] and f"{row['failed_task']}:", row["error"])))
        told = (
            (texts.run_ended_decision, row["decision_reason"]),
            (texts.run_ended_verdict, row["verdict_reason"]),
            (texts.run_ended_error, wrong),
        )
        return tuple((name, sentence) for name, sentence in told if sentence)

    def _done(self, operator: Operator | None, problem: str, do: Any) -> str:
        try:
            self.stack.gate.check(operator)
            return markup.done(self.texts, do(problem))
        except NotAllowedError as error:
            return self._notice(refusal(error, self.texts))
        except AirflowError as error:
            return self._airflow(error)

    def _start(self, problem: str) -> str:
        return self.texts.run_started.format(run=self.stack.airflow.start(problem))

    def _unpause(self, problem: str) -> str:
        self.stack.airflow.unpause(problem)
        return self.texts.dag_unpaused

    def _inside(self, operator: Operator | None) -> bool:
        try:
            return bool(self.stack.gate.check(operator))
        except NotAllowedError:
            return False

    def _paused(self, problem: str, schedule: str | None) -> str:
        said = [self.texts.dag_paused.format(problem=problem)]
        if schedule:
            said.append(self.texts.dag_schedule_too.format(schedule=schedule))
        return self._notice(" ".join(said))

    def _ready(self, problem: str, dag: Any) -> str:
        scheduled, manual = self.texts.dag_scheduled, self.texts.dag_manual
        when = scheduled.format(schedule=dag.timetable_summary) if dag.timetable_summary else manual
        return markup.hint(self.texts, self.texts.dag_ready.format(problem=problem, schedule=when))

    def _no_run(self) -> str:
        return markup.hint(self.texts, self.texts.no_run_yet)

    def _airflow(self, error: AirflowError) -> str:
        return markup.notice(self.texts, advise_on_airflow(error, self.stack.airflow.url, self.texts))

    def _notice(self, sentence: str) -> str:
        return markup.notice(self.texts, Advice(sentence))


def build(frame: Frame) -> None:
    """Draw the tab into the page that is being built."""
    texts, behind = frame.texts, stack(frame.settings)
    controls = Controls(behind, texts, frame.links)
    state = own_html(elem_id="dag")
    operator.build(frame, "pipeline")
    with gr.Row():
        start = gr.Button(texts.start_run, variant="primary", elem_id="start-run", scale=0, min_width=220)
        unpause = gr.Button(texts.unpause, visible=False, elem_id="unpause", scale=0, min_width=140)
    said = own_html(elem_id="started", elem_classes="said")
    run = own_html(elem_id="run")
    clock = gr.Timer(IDLE_SECONDS)

    quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}

    def look(problem: str, somebody: Operator | None) -> tuple[Any, ...]:
        *shown, pause = controls.look(problem, somebody)
        return *shown, gr.update(value=pause)

    def looked(trigger: Any) -> None:
        trigger(look, inputs=[frame.problem, frame.operator], outputs=[state, run, unpause, clock], **quiet)

    for trigger in (frame.page.load, frame.problem.change, frame.operator.change, clock.tick):
        looked(trigger)
    for button, action in ((start, controls.start), (unpause, controls.unpause)):
        looked(button.click(action, inputs=[frame.operator, frame.problem], outputs=said, **quiet).then)
    by_hand.build(frame, behind)
