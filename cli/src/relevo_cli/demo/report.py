"""What the demo shows at its end: a table, and the same figures as JSON."""

from dataclasses import asdict, dataclass
from typing import Any

import httpx
from relevo_contract.database import connect
from relevo_contract.metrics import metric
from relevo_contract.tables import runs
from relevo_problems.problem import Problem
from rich import box
from rich.table import Table
from sqlalchemy import select

from relevo_cli.demo.environment import Environment


@dataclass(frozen=True)
class RunReport:
    """One DAG run as the audit row and the data API's own log tell it."""

    dag_run_id: str
    state: str
    batch: str | None
    rows: int | None
    api_requests: int
    decision: str | None
    verdict: str | None
    reason: str | None
    score: float | None
    seconds: float


def read(environment: Environment, problem: str, dag_run_id: str, seconds: float) -> RunReport:
    """The report of a run that has ended."""
    engine = connect(environment.variables["CLEAN_DB_URL"])
    with engine.connect() as connection:
        entry = connection.execute(
            select(runs).where(runs.c.problem == problem, runs.c.dag_run_id == dag_run_id)
        ).one_or_none()
    engine.dispose()
    log = httpx.get(f"{environment.urls['data_api']}/{problem}/requests", params={"run_id": dag_run_id})
    log.raise_for_status()
    return RunReport(
        dag_run_id=dag_run_id,
        state=entry.state if entry else "failed",
        batch=entry.batch if entry else None,
        rows=entry.rows_received if entry else None,
        api_requests=log.json()["count"],
        decision=entry.decision if entry else None,
        verdict=entry.verdict if entry else None,
        reason=(entry.error or entry.verdict_reason or entry.decision_reason) if entry else None,
        score=entry.challenger_score if entry else None,
        seconds=round(seconds, 1),
    )


def figures(environment: Environment, problem: str, reports: list[RunReport]) -> dict[str, Any]:
    """What `var/demo.json` says of one problem."""
    served = production(environment, problem)
    return {
        "problem": problem,
        "data": served.pop("data") if served else None,
        "runs": [asdict(item) for item in reports],
        "production": served,
    }


def production(environment: Environment, problem: str) -> dict[str, Any] | None:
    """Version and score of what the model server serves; None while nothing is in production."""
    answer = httpx.get(
        f"{environment.urls['inference']}/models/{problem}", headers={"Cache-Control": "no-cache"}, timeout=30
    )
    if answer.status_code != httpx.codes.OK:
        return None
    body = answer.json()
    card = body["card"]
    return {
        "version": body["model"]["version"],
        "score": card["metrics"][card["primary_metric"]],
        "data": card["data"],
    }


def table(problem: Problem, reports: list[RunReport]) -> Table:
    """The runs as a table for people."""
    shown = Table(title=f"Runs of {problem.name}", title_justify="left", box=box.SIMPLE_HEAD)
    primary = metric(problem.primary_metric)
    words = {"decision", "verdict"}
    for name in ("batch", "rows", "requests", "decision", "verdict", primary.title, "seconds"):
        shown.add_column(name, justify="left" if name in words else "right")
    for report in reports:
        shown.add_row(
            report.batch or "–",
            f"{report.rows:,}" if report.rows is not None else "–",
            str(report.api_requests),
            report.decision or report.state,
            report.verdict or "–",
            primary.shown(report.score, problem.target.unit) if report.score is not None else "–",
            f"{report.seconds:.0f}",
        )
    return shown
