"""What the audit table says, for Prometheus: `python -m relevo_pipeline.exporter`.

Read anew at every scrape, by a user who may only read. It runs beside the pipeline and not in it: a task's process
is gone before anybody could scrape it, and figures that it pushed would go on looking alive.
"""

import signal
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import structlog
from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from pydantic import Field, ValidationError
from relevo_contract import logs
from relevo_contract.assessment import ASSESSMENT, RULES, Assessment, RuleOutcome
from relevo_contract.database import DatabaseUrl, connect
from relevo_contract.settings import ServiceSettings, load
from relevo_contract.tables import runs
from sqlalchemy import Engine, Row, func, select

log = structlog.get_logger(__name__)

ROWS = ("received", "rejected", "new")


class Settings(ServiceSettings):
    """Where the audit table is, and where Prometheus asks."""

    clean_db_url: DatabaseUrl
    exporter_port: int = Field(default=9105, gt=0, lt=2**16)


class Audit(Collector):
    """Counts over all runs, and the newest run of each problem: series as many as problems, rules and columns."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def describe(self) -> Iterator[Metric]:
        """Nothing: a collector that is asked when it is registered would need its database then."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        columns = (runs.c.problem, runs.c.state, runs.c.decision, runs.c.decision_rule, runs.c.verdict)
        ended = runs.c.state != "running"
        last = select(func.max(runs.c.id)).where(ended).group_by(runs.c.problem)
        with self._engine.connect() as connection:
            counted = connection.execute(select(*columns, func.count()).where(ended).group_by(*columns)).all()
            newest = connection.execute(select(runs).where(runs.c.id.in_(last))).all()
        yield from _counts(counted)
        yield from _newest(newest)


def _counts(counted: Sequence[Row[Any]]) -> Iterator[Metric]:
    for name, words, labels in (
        ("relevo_runs", "Runs by how they ended", ("problem", "state")),
        ("relevo_decisions", "Decisions by rule", ("problem", "decision", "decision_rule")),
        ("relevo_verdicts", "Verdicts on challengers", ("problem", "verdict")),
    ):
        totals: Counter[tuple[str, ...]] = Counter()
        for row in counted:
            if getattr(row, labels[1]) is not None:
                totals[tuple(getattr(row, label) or "" for label in labels)] += row[-1]
        family = CounterMetricFamily(name, words, labels=labels)
        for key, total in totals.items():
            family.add_metric(key, total)
        yield family


def _newest(newest: Sequence[Row[Any]]) -> Iterator[Metric]:
    info = GaugeMetricFamily(
        "relevo_last_run_info", "How the newest run ended", labels=("problem", "state", "decision", "verdict")
    )
    finished = GaugeMetricFamily("relevo_last_run_finished_timestamp_seconds", "When it ended", labels=("problem",))
    took = GaugeMetricFamily("relevo_last_run_duration_seconds", "From its start to its end", labels=("problem",))
    rows = GaugeMetricFamily("relevo_last_run_rows", "Rows of its batch", labels=("problem", "kind"))
    fired = GaugeMetricFamily("relevo_last_run_rule_fired", "1: it asked to train", labels=("problem", "rule"))
    psi = GaugeMetricFamily(
        "relevo_last_run_column_psi", "Population stability index of the new rows", labels=("problem", "column")
    )
    for run in newest:
        info.add_metric((run.problem, run.state, run.decision or "", run.verdict or ""), 1)
        if run.finished_at is not None:
            finished.add_metric((run.problem,), _unix(run.finished_at))
            took.add_metric((run.problem,), (run.finished_at - run.started_at).total_seconds())
        for kind in ROWS:
            if (count := getattr(run, f"rows_{kind}")) is not None:
                rows.add_metric((run.problem, kind), count)
        rules, assessment = _evidence(run.evidence or {})
        for rule in rules:
            fired.add_metric((run.problem, rule.name), rule.fired)
        for column in assessment.columns if assessment else ():
            psi.add_metric((run.problem, column.column), column.psi)
    yield from (info, finished, took, rows, fired, psi)


def _evidence(evidence: dict[str, Any]) -> tuple[list[RuleOutcome], Assessment | None]:
    """What the run found out; nothing where another release wrote it in another way."""
    try:
        rules = [RuleOutcome.model_validate(rule) for rule in evidence.get(RULES) or []]
        found = evidence.get(ASSESSMENT)
        return rules, Assessment.model_validate(found) if found else None
    except ValidationError:
        return [], None


def _unix(stored: datetime) -> float:
    return stored.replace(tzinfo=UTC).timestamp()


def main() -> None:
    """Answer until a signal ends the process."""
    settings = load(Settings)
    logs.configure("runs-exporter")
    registry = CollectorRegistry()
    registry.register(Audit(connect(settings.clean_db_url.get_secret_value(), timeout_seconds=10)))
    server, thread = start_http_server(settings.exporter_port, registry=registry)
    log.info("answering", port=settings.exporter_port)
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    ended.wait()
    server.shutdown()
    thread.join()


if __name__ == "__main__":
    main()
