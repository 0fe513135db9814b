"""Runs and calls by hand as HTML."""

from collections.abc import Sequence

from relevo_ui.links import Links
from relevo_ui.markup import render
from relevo_ui.operation.airflow_answers import TaskInstance
from relevo_ui.operation.calls import Answer
from relevo_ui.operation.runs import Watched
from relevo_ui.texts import Texts
from relevo_ui.wording import size

_RUN_TONES = {"success": "good", "failed": "bad", "running": "busy"}
_TASK_TONES = {
    "success": "good",
    "failed": "bad",
    "upstream_failed": "quiet",
    "running": "busy",
    "queued": "busy",
    "up_for_retry": "busy",
    "awaiting_input": "busy",
}


def run(
    texts: Texts,
    links: Links,
    problem: str,
    seen: Watched,
    *,
    paused: bool,
    inside: bool,
    ending: Sequence[tuple[str, str]],
) -> str:
    """A run with its tasks; `inside`: its log may be read; `ending`: what is on record of it."""
    tasks = [
        {
            "name": _task(task),
            "tone": _TASK_TONES.get(task.state or "", "quiet"),
            "state": _task_state(texts, task),
            "took": f"{task.duration:.1f} s" if task.duration else "",
        }
        for task in seen.tasks
    ]
    return render(
        "run",
        texts,
        links=links,
        problem=problem,
        run=seen.run,
        seen=seen,
        state=getattr(texts, f"run_state_{seen.run.state}", seen.run.state),
        tone=_RUN_TONES.get(seen.run.state, "quiet"),
        tasks=tasks,
        talking=_task(seen.talking) if seen.talking else "",
        paused=paused,
        inside=inside,
        ending=ending,
    )


def call(texts: Texts, answer: Answer, outcome: str) -> str:
    """A call by hand with its answer."""
    return render("call", texts, answer=answer, outcome=outcome, size=size(answer.size))


def _task(task: TaskInstance) -> str:
    return task.task_id if task.map_index < 0 else f"{task.task_id} · {task.rendered_map_index or task.map_index}"


def _task_state(texts: Texts, task: TaskInstance) -> str:
    state = getattr(texts, f"task_{task.state or 'none'}", task.state)
    return f"{state} ({texts.task_try.format(number=task.try_number)})" if task.try_number > 1 else str(state)
