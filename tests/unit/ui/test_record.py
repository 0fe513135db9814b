"""The record of a run reads what the pipeline writes, and forgives what another release wrote."""

import json
from datetime import datetime
from typing import Any

from relevo_contract.assessment import RuleOutcome
from relevo_pipeline.judgement.outcomes import Paired
from relevo_pipeline.judgement.verdict import Examined, Guarded, Verdict
from relevo_ui.record import primary, record

PAIRED = Paired(champion=0.7, challenger=0.75, difference=0.05, low=0.01, high=0.09, rows=900)
VERDICT = Verdict(
    outcome="promoted",
    reason="promoted: better",
    rule="better",
    metric="macro_f1",
    algorithm="xgboost",
    challenger_score=0.75,
    champion_score=0.7,
    champion_version="1",
    rows=900,
    primary=PAIRED,
    guards=(Guarded("recall of Aspen", 0.05, judged=False, paired=PAIRED),),
    examined=(Examined("xgboost", "", 0, 1e-7, 0.03, 1.5), Examined("forest", "too large")),
)
RULE = RuleOutcome(name="drift", threshold=0.2, measured=0.5, fired=True, sentence="7 of 13 columns drifted")


def row(**values: Any) -> dict[str, Any]:
    started = datetime(2026, 11, 21, 7, 0)  # noqa: DTZ001 - the databases keep UTC without a zone
    base = {"problem": "animals", "started_at": started, "evidence": None, "judgement": None}
    return base | values


def test_it_reads_what_the_pipeline_writes() -> None:
    evidence = {"rules": [RULE.model_dump(mode="json")], "explanation": {"changes": "Legs count more"}}
    told = row(judgement=json.loads(json.dumps(VERDICT.document())), evidence=evidence)
    found = record(told)
    assert [(subject, judged) for subject, _, judged in found.paired] == [
        ("macro F1", True),
        ("recall of Aspen", False),
    ]
    shown = found.paired[0][1].model_dump()
    assert shown == {name: vars(PAIRED)[name] for name in shown}
    assert [(one.candidate, one.trouble) for one in found.examined] == [("xgboost", ""), ("forest", "too large")]
    assert found.rules == (RULE,)
    assert found.changes == "Legs count more"
    pair = primary(told)
    assert pair is not None
    assert (pair.difference, pair.low, pair.high) == (0.05, 0.01, 0.09)
    assert json.loads(found.document)["started_at"] == "2026-11-21T07:00:00"


def test_what_is_not_on_record_is_empty_and_what_is_odd_stays_readable() -> None:
    assert record(row()).paired == ()
    odd = row(evidence={"assessment": {"of": 1}, "rules": [{"of": 2}]}, judgement={"of": 3})
    found = record(odd)
    assert (found.found, found.rules, found.paired, found.examined, found.changes) == (None, (), (), (), "")
    assert '"of": 3' in found.document
    assert primary(odd) is None
