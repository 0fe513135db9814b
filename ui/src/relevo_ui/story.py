"""One audit row as people read it: what happened to the batch and why."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from relevo_ui.links import Links
from relevo_ui.record import primary
from relevo_ui.remarks import remarks
from relevo_ui.texts import Texts
from relevo_ui.wording import called, capitalised, moment, score, signed

Tone = Literal["good", "bad", "quiet", "busy"]


@dataclass(frozen=True)
class Badge:
    text: str
    tone: Tone


@dataclass(frozen=True)
class Answer:
    """Yes or no, and why."""

    badge: Badge | None
    reason: str


@dataclass(frozen=True)
class Story:
    """A line of the history; `None` where nothing is known. `note` is what ended the run early."""

    batch: str
    simulated: bool
    started: str
    state: Badge | None
    note: str
    received: int | None
    rejected: int | None
    new: int | None
    remarks: tuple[str, ...]
    trained: Answer
    promoted: Answer
    metric: str
    dag_run_id: str
    difference: str
    champion_version: str | None
    champion_score: str | None
    challenger_version: str | None
    challenger_score: str | None
    algorithm: str
    airflow_link: str
    mlflow_link: str | None


def tell(run: Mapping[str, Any], texts: Texts, links: Links) -> Story:
    """The line of one row of `runs`."""
    return Story(
        batch=run["batch"] or "–",
        simulated=run["data"] == "simulated",
        started=moment(run["started_at"]),
        state=_state(run["state"], texts),
        note=_note(run, texts),
        received=run["rows_received"],
        rejected=run["rows_rejected"],
        new=run["rows_new"],
        remarks=remarks(run["evidence"] or {}, texts),
        trained=_answer(run, "decision", "train", texts),
        promoted=_promotion(run, texts),
        metric=called(run["metric"] or ""),
        dag_run_id=run["dag_run_id"],
        difference=_difference(run),
        champion_version=run["champion_version"],
        champion_score=_score(run["champion_score"]),
        challenger_version=run["challenger_version"],
        challenger_score=_score(run["challenger_score"]),
        algorithm=(run["challenger_algorithm"] or "").replace("_", " "),
        airflow_link=links.dag_run(run["problem"], run["dag_run_id"]),
        mlflow_link=links.tracked_run(run["mlflow_run_id"]) if run["mlflow_run_id"] else None,
    )


def _state(state: str, texts: Texts) -> Badge | None:
    """Said only when it is not the usual: a run that went through speaks by its answers."""
    match state:
        case "running":
            return Badge(texts.running, "busy")
        case "failed":
            return Badge(texts.failed, "bad")
        case "exhausted":
            return Badge(texts.exhausted, "quiet")
        case _:
            return None


def _note(run: Mapping[str, Any], texts: Texts) -> str:
    if run["state"] == "exhausted":
        return run["decision_reason"] or ""
    where = texts.failed_in.format(task=run["failed_task"]) if run["failed_task"] else ""
    return f"{where} {run['error'] or ''}".strip()


def _promotion(run: Mapping[str, Any], texts: Texts) -> Answer:
    verdict = _answer(run, "verdict", "promoted", texts)
    if run["verdict"] != "promoted" or run["state"] == "succeeded":
        return verdict
    # Judged worthy is not yet handed over: the pointer is moved last.
    badge = Badge(texts.running, "busy") if run["state"] == "running" else Badge(texts.not_carried_out, "bad")
    return Answer(badge, verdict.reason)


def _answer(run: Mapping[str, Any], question: str, yes: str, texts: Texts) -> Answer:
    given, reason = run[question], run[f"{question}_reason"] or ""
    if given is None:
        return Answer(None, reason)
    badge = Badge(texts.yes, "good") if given == yes else Badge(texts.no, "quiet")
    # The badge has said it already.
    why = reason.removeprefix(f"{given}: ")
    return Answer(badge, capitalised(why, run["challenger_algorithm"], run["metric"]))


def _difference(run: Mapping[str, Any]) -> str:
    """`+0.0452 (+0.0078…+0.0798)`: challenger minus champion with its 95 % interval."""
    pair = primary(run)
    return f"{signed(pair.difference)} ({signed(pair.low)}…{signed(pair.high)})" if pair else ""


def _score(value: float | None) -> str | None:
    return None if value is None else score(value)
