"""Promotion and rollback by hand, behind the operator's password."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import gradio as gr

from relevo_ui import markup
from relevo_ui.operation.airflow import AirflowError
from relevo_ui.operation.changes import Action, Change
from relevo_ui.operation.gate import NotAllowedError, Operator
from relevo_ui.operation.registry import RegisteredVersion, RegistryError
from relevo_ui.operation.stack import Stack
from relevo_ui.pages.frame import Frame
from relevo_ui.pages.operator import refusal
from relevo_ui.texts import Texts
from relevo_ui.theme import own_html
from relevo_ui.trouble import Advice, advise_on_airflow

LOOK_SECONDS = 0.7
# A worker that is busy training may take long; after this the page says where to look.
PATIENCE_SECONDS = 180


@dataclass(frozen=True)
class Changer:
    """Asks the pipeline for a change and says what became of it."""

    stack: Stack
    texts: Texts

    def __call__(
        self, action: Action, operator: Operator | None, problem: str, version: str | None, reason: str
    ) -> Iterator[str]:
        """What to show, one state after another until the change has been made or refused."""
        try:
            somebody = self.stack.gate.check(operator)
        except NotAllowedError as error:
            yield self._notice(refusal(error, self.texts))
            return
        if not reason.strip():
            yield self._notice(self.texts.give_a_reason)
            return
        if action == "promote" and not version:
            yield self._notice(self.texts.choose_a_version)
            return
        try:
            asked = self.stack.changes.ask(action, problem, version, somebody, reason)
            yield from self._watch(asked)
        except AirflowError as error:
            yield markup.notice(self.texts, advise_on_airflow(error, self.stack.airflow.url, self.texts))

    def _watch(self, asked: Change) -> Iterator[str]:
        end = time.monotonic() + PATIENCE_SECONDS
        shown = ""
        while time.monotonic() < end:
            now = self.stack.changes.progress(asked)
            if now.state == "success":
                yield markup.done(self.texts, self.texts.change_done.format(sentence=now.sentence))
                return
            if now.state == "failed":
                sentence = now.sentence or self.texts.change_silent
                yield self._notice(self.texts.change_not_done.format(sentence=sentence))
                return
            if now.state != shown:
                shown = now.state
                state = getattr(self.texts, f"run_state_{shown}", shown)
                yield markup.hint(self.texts, self.texts.change_asked.format(state=state))
            time.sleep(LOOK_SECONDS)
        yield self._notice(self.texts.change_waits)

    def _notice(self, sentence: str) -> str:
        return markup.notice(self.texts, Advice(sentence))

    def versions(self, problem: str) -> tuple[Any, str]:
        """The versions to choose from, and what is wrong if they are not known."""
        try:
            found = self.stack.registry.versions(problem) if problem else []
        except RegistryError as error:
            return gr.skip(), self._notice(self.texts.versions_unknown.format(reason=error))
        return gr.update(choices=[(self._called(version), version.number) for version in found]), ""

    def _called(self, version: RegisteredVersion) -> str:
        words = [self.texts.version.format(version=version.number)]
        if version.verdict:
            words.append(getattr(self.texts, f"verdict_{version.verdict}", version.verdict))
        words += [f"@{alias}" for alias in version.aliases]
        return " · ".join(words)


def build(frame: Frame, behind: Stack) -> Any:
    """Draw it into the tab that is being built.

    Returns:
        The trigger that fires after each change.
    """
    texts = frame.texts
    changer = Changer(behind, texts)
    count = gr.State(0)
    with gr.Column(visible=False) as tools:
        own_html(markup.hint(texts, texts.change_told))
        unknown = own_html()
        with gr.Row():
            version = gr.Dropdown([], label=texts.version_to_promote, elem_id="change-version")
            reason = gr.Textbox(label=texts.reason, info=texts.reason_hint, elem_id="change-reason", scale=2)
        with gr.Row():
            promote = gr.Button(texts.promote, variant="primary", elem_id="promote")
            back = gr.Button(texts.roll_back, elem_id="roll-back")
    said = own_html(elem_id="changed", elem_classes="said")

    quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
    actions: tuple[tuple[gr.Button, Action], ...] = ((promote, "promote"), (back, "rollback"))
    for button, action in actions:
        made = button.click(
            _bound(changer, action),
            inputs=[frame.operator, frame.problem, version, reason],
            outputs=said,
            concurrency_id="change",
            **quiet,
        )
        # The page looks at once what is in production now.
        made.then(
            lambda n, answered: (n + 1, answered + 1), [count, frame.answered], [count, frame.answered], **quiet
        )
    frame.operator.change(lambda operator: gr.update(visible=operator is not None), frame.operator, tools, **quiet)
    gr.on(
        [frame.page.load, frame.problem.change, frame.operator.change, count.change],
        changer.versions,
        inputs=frame.problem,
        outputs=[version, unknown],
        **quiet,
    )
    return count.change


def _bound(changer: Changer, action: Action) -> Any:
    def asked(operator: Operator | None, problem: str, version: str | None, reason: str | None) -> Iterator[str]:
        yield from changer(action, operator, problem, version, reason or "")

    return asked
