"""The audit table as Prometheus reads it."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families
from relevo_contract.assessment import ASSESSMENT, RULES, Assessment, ColumnDrift, RuleOutcome, Volume
from relevo_contract.database import connect
from relevo_contract.tables import runs
from relevo_pipeline.exporter import Audit
from relevo_pipeline.migrate import upgrade
from sqlalchemy import Engine, insert

BEGAN = datetime(2026, 11, 26, 12, 0, 0)  # noqa: DTZ001 - as it is stored: UTC without a zone
NOON = 1795694400.0


@pytest.fixture
def clean(tmp_path: Path) -> Iterator[Engine]:
    engine = connect(f"sqlite:///{tmp_path}/clean.db")
    upgrade(engine, "clean")
    yield engine
    engine.dispose()


def ran(engine: Engine, problem: str, name: str, **values: object) -> None:
    known = {"problem": problem, "dag_run_id": name, "started_at": BEGAN, "state": "succeeded"}
    with engine.begin() as connection:
        connection.execute(insert(runs).values(**{**known, **values}))


def scraped(engine: Engine) -> dict[tuple[str, ...], float]:
    """By name and label values, in the order of the labels' names."""
    registry = CollectorRegistry()
    registry.register(Audit(engine))
    families = text_string_to_metric_families(generate_latest(registry).decode())
    samples = [sample for family in families for sample in family.samples]
    return {(s.name, *(value for _, value in sorted(s.labels.items()))): s.value for s in samples}


def test_no_run_yet_is_no_series(clean: Engine) -> None:
    assert scraped(clean) == {}


def test_runs_decisions_and_verdicts_are_counted(clean: Engine) -> None:
    ran(clean, "p", "1", decision="train", decision_rule="drift", verdict="promoted")
    ran(clean, "p", "2", decision="train", decision_rule="drift", verdict="rejected")
    ran(clean, "p", "3", decision="skip")
    ran(clean, "p", "4", state="running")
    ran(clean, "q", "1", state="failed")
    found = scraped(clean)
    assert found["relevo_runs_total", "p", "succeeded"] == 3
    assert found["relevo_runs_total", "q", "failed"] == 1
    # Its end is not known yet, and a counter does not go down.
    assert ("relevo_runs_total", "p", "running") not in found
    assert found["relevo_decisions_total", "train", "drift", "p"] == 2
    assert found["relevo_decisions_total", "skip", "", "p"] == 1
    assert found["relevo_verdicts_total", "p", "rejected"] == 1


def test_the_newest_ended_run_of_each_problem_is_told(clean: Engine) -> None:
    drift = ColumnDrift(column="Width", test="ks", statistic=0.5, p=0.0, q=0.0, psi=0.31, drifted=True)
    found = Assessment(
        version="1",
        columns=(drift,),
        volume=Volume(received=10, new=9, batches=0, usual_received=None, usual_new=None),
    )
    fired = RuleOutcome(name="drift", threshold=0.2, measured=1.0, fired=True, sentence="it drifted")
    evidence = {ASSESSMENT: found.model_dump(mode="json"), RULES: [fired.model_dump(mode="json")]}
    ran(clean, "p", "1", verdict="promoted", finished_at=BEGAN)
    ran(
        clean,
        "p",
        "2",
        decision="train",
        verdict="rejected",
        finished_at=BEGAN + timedelta(seconds=30),
        rows_received=10,
        rows_rejected=0,
        rows_new=9,
        evidence=evidence,
    )
    ran(clean, "p", "3", state="running")
    told = scraped(clean)
    assert {key for key in told if key[0] == "relevo_last_run_info"} == {
        ("relevo_last_run_info", "train", "p", "succeeded", "rejected")
    }
    assert told["relevo_last_run_finished_timestamp_seconds", "p"] == NOON + 30
    assert told["relevo_last_run_duration_seconds", "p"] == 30
    assert told["relevo_last_run_rows", "rejected", "p"] == 0
    assert told["relevo_last_run_rows", "new", "p"] == 9
    assert told["relevo_last_run_rule_fired", "p", "drift"] == 1
    assert told["relevo_last_run_column_psi", "Width", "p"] == 0.31


def test_evidence_of_another_release_hides_no_run(clean: Engine) -> None:
    ran(clean, "p", "1", evidence={RULES: [{"unheard": "of"}], ASSESSMENT: {"version": 3}}, finished_at=BEGAN)
    told = scraped(clean)
    assert told["relevo_last_run_finished_timestamp_seconds", "p"] == NOON
    assert not [key for key in told if key[0] == "relevo_last_run_rule_fired"]
