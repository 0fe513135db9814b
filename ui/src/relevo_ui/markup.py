"""The page's own HTML, from templates that escape every value."""

from collections.abc import Mapping, Sequence
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from relevo_contract.card import Card

from relevo_ui.answers import Explanation, Lineage, Prediction, Production
from relevo_ui.chart import chart
from relevo_ui.links import Links
from relevo_ui.many import Progress
from relevo_ui.operation.airflow import TaskInstance
from relevo_ui.operation.calls import Answer
from relevo_ui.operation.runs import Watched
from relevo_ui.record import Record
from relevo_ui.story import Story
from relevo_ui.texts import LANGUAGES, Texts
from relevo_ui.timeline import Timeline
from relevo_ui.trouble import Advice
from relevo_ui.why import variations, waterfall
from relevo_ui.wording import called, capitalised, figure, moment, percent, score, signed, size

_templates = Environment(
    loader=PackageLoader("relevo_ui"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def header(texts: Texts, links: Links, production: Production | None, status: str) -> str:
    """The title and what is in production; `status` stands in when nothing is known to be."""
    return render("header", texts, links=links, production=production, status=status, since=_since(production))


def switches(texts: Texts) -> str:
    """The other languages, and the switch between light and dark; `browser.js` makes it work."""
    return render("switches", texts, languages=[Texts(language) for language in LANGUAGES])


def notice(texts: Texts, advice: Advice | None) -> str:
    """A sentence that something is wrong, or nothing."""
    return render("notice", texts, advice=advice) if advice else ""


def hint(texts: Texts, sentence: str) -> str:
    """A sentence where nothing is to be shown yet."""
    return render("hint", texts, sentence=sentence)


def result(
    texts: Texts, links: Links, production: Production, prediction: Prediction, requests: Mapping[str, str]
) -> str:
    """A prediction with all that is known about where it comes from; `requests` by the name of their language."""
    card = production.card
    target = card.target
    shares = sorted((prediction.probabilities or {}).items(), key=lambda share: share[1], reverse=True)
    if prediction.value is not None:
        answer = figure(prediction.value)
    else:
        answer = prediction.label_name or target.display(prediction.label or "")
    return render(
        "result",
        texts,
        links=links,
        prediction=prediction,
        target=target,
        answer=answer,
        interval=_interval(texts, prediction),
        threshold=_threshold(texts, card),
        shares=[
            (target.display(label), percent(share), share, label == prediction.label) for label, share in shares
        ],
        simulated=card.data == "simulated",
        since=_since(production),
        requests=requests,
    )


def why(texts: Texts, explanation: Explanation, card: Card, answered: str) -> str:
    """Why the version in production answers as it does; `answered` is the version that did."""
    return render(
        "why",
        texts,
        explanation=explanation,
        steps=waterfall(explanation, card, texts),
        variations=variations(explanation, card, texts),
        other_version=explanation.model.version if explanation.model.version != answered else None,
    )


def lineage(texts: Texts, links: Links, found: Lineage) -> str:
    """Where an earlier prediction came from."""
    return render("lineage", texts, links=links, found=found, predicted_at=moment(found.predicted_at))


def progress(texts: Texts, now: Progress, trouble: str = "", *, ended: bool = False) -> str:
    """How far the predictions of a file are."""
    return render("progress", texts, now=now, ended=ended, trouble=trouble)


def history(texts: Texts, stories: Sequence[Story]) -> str:
    """The table of runs."""
    return render("history", texts, stories=stories)


def scores(texts: Texts, told: Timeline) -> str:
    """The chart of scores."""
    return render("scores", texts, chart=chart(told), metric=capitalised(called(told.metric)), moment=moment)


def drift(texts: Texts, told: Timeline) -> str:
    """The heat map of drift, from the first batch that was compared."""
    compared = [position for position, batch in enumerate(told.batches) if batch.drift]
    batches = told.batches[compared[0] :] if compared else ()
    return render("drift", texts, columns=told.columns, batches=batches, level=_level, moment=moment)


def promotions(texts: Texts, links: Links, rows: Sequence[Mapping[str, Any]]) -> str:
    """Who moved production."""
    return render("promotions", texts, links=links, promotions=rows, moment=moment)


def record(
    texts: Texts, links: Links, story: Story, run: Mapping[str, Any], found: Record, report_link: str | None
) -> str:
    """Everything about one run, as a dialog."""
    return render(
        "record",
        texts,
        links=links,
        story=story,
        run=run,
        report_link=report_link,
        finished=moment(run["finished_at"]) if run["finished_at"] else None,
        score=score,
        signed=signed,
        called=called,
        capitalised=capitalised,
        **vars(found),
    )


def done(texts: Texts, sentence: str) -> str:
    """A sentence that something has been done."""
    return render("done", texts, sentence=sentence)


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


def login(texts: Texts, said: str) -> str:
    """A whole page that asks for the password; `said` is what was wrong with the last one."""
    return render("login", texts, said=said)


def status(texts: Texts, **found: Any) -> str:
    """Every service, and what else one wants to know."""
    return render("status", texts, **found)


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
# From here on one speaks of hardly any, some, a moderate and a large shift.
_LEVELS = (0.05, 0.1, 0.25, 0.5)


def _level(psi: float) -> int:
    return sum(psi >= bound for bound in _LEVELS)


def _task(task: TaskInstance) -> str:
    return task.task_id if task.map_index < 0 else f"{task.task_id} · {task.rendered_map_index or task.map_index}"


def _task_state(texts: Texts, task: TaskInstance) -> str:
    state = getattr(texts, f"task_{task.state or 'none'}", task.state)
    return f"{state} ({texts.task_try.format(number=task.try_number)})" if task.try_number > 1 else str(state)


def render(template: str, texts: Texts, **values: Any) -> str:
    """A template of `templates/`, with the texts as `t`. Every value is escaped."""
    return _templates.get_template(f"{template}.html").render(t=texts, **values)


def _interval(texts: Texts, prediction: Prediction) -> str:
    interval = prediction.interval
    if interval is None:
        return ""
    low, high = figure(interval.low), figure(interval.high)
    return texts.interval.format(low=low, high=high, coverage=figure(100 * interval.coverage))


def _threshold(texts: Texts, card: Card) -> str:
    """From which probability on the positive class, the second, is answered; nothing where the likeliest wins."""
    threshold: float | None = getattr(card, "threshold", None)
    if threshold is None or len(card.labels) < 2:
        return ""
    return texts.threshold.format(name=card.target.display(card.labels[1]), threshold=figure(100 * threshold))


def _since(production: Production | None) -> str | None:
    return moment(production.model.since) if production else None
