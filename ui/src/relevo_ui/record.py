"""The full record of a run, from its audit row: what was found, held against what, and what came of it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ValidationError
from relevo_contract.assessment import ASSESSMENT, RULES, Assessment, RuleOutcome

from relevo_ui.wording import called


class Pair(BaseModel):
    """A score of both models on the same rows; the difference has a 95 % interval."""

    champion: float
    challenger: float
    difference: float
    low: float
    high: float
    rows: int


class Examined(BaseModel):
    """A candidate's served form beside the trained one."""

    candidate: str
    trouble: str = ""
    parity_max_difference: float | None = None
    latency_ms: float | None = None
    size_mb: float | None = None


class _Guarded(BaseModel):
    subject: str
    judged: bool
    paired: Pair


class _Judgement(BaseModel):
    metric: str
    primary: Pair | None = None
    guards: tuple[_Guarded, ...] = ()
    examined: tuple[Examined, ...] = ()


@dataclass(frozen=True)
class Record:
    """`paired` are subject, scores, and whether there were enough rows to judge by. What is not known is empty."""

    found: Assessment | None
    rules: tuple[RuleOutcome, ...]
    paired: tuple[tuple[str, Pair, bool], ...]
    examined: tuple[Examined, ...]
    changes: str
    document: str


def record(run: Mapping[str, Any]) -> Record:
    """What an audit row holds. Parts that another release wrote in another shape are in `document` only."""
    evidence = run["evidence"] or {}
    judgement = _judgement(run["judgement"])
    paired: list[tuple[str, Pair, bool]] = []
    if judgement and judgement.primary:
        paired.append((called(judgement.metric), judgement.primary, True))
    if judgement:
        paired += [(guard.subject, guard.paired, guard.judged) for guard in judgement.guards]
    return Record(
        found=assessment(evidence),
        rules=_rules(evidence.get(RULES)),
        paired=tuple(paired),
        examined=judgement.examined if judgement else (),
        changes=(evidence.get("explanation") or {}).get("changes") or "",
        document=json.dumps(dict(run), indent=2, ensure_ascii=False, default=_text),
    )


def primary(run: Mapping[str, Any]) -> Pair | None:
    """Champion and challenger on the same rows, with the interval of their difference."""
    judgement = _judgement(run["judgement"])
    return judgement.primary if judgement else None


def assessment(evidence: Mapping[str, Any] | None) -> Assessment | None:
    """What `assess` found; None when it found nothing, or another release wrote it."""
    noted = (evidence or {}).get(ASSESSMENT)
    try:
        return Assessment.model_validate(noted) if noted else None
    except ValidationError:
        return None


def _rules(noted: Any) -> tuple[RuleOutcome, ...]:
    try:
        return tuple(RuleOutcome.model_validate(rule) for rule in noted or ())
    except ValidationError:
        return ()


def _judgement(noted: Any) -> _Judgement | None:
    try:
        return _Judgement.model_validate(noted) if noted else None
    except ValidationError:
        return None


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
