"""The verdict: every number that led to it, and one sentence."""

from dataclasses import dataclass
from typing import Any, Literal

from pydantic import TypeAdapter
from relevo_contract.metrics import metric as described

from relevo_pipeline.judgement.outcomes import Paired

Outcome = Literal["promoted", "rejected"]
NOT_ELIGIBLE = "not_eligible"
Rule = Literal["first_model", "better", "not_distinguishable", "worse", "guard", "not_eligible", "overruled"]


@dataclass(frozen=True)
class Examined:
    """A candidate's served form. `trouble` says why it may not go into production; empty when it may."""

    candidate: str
    trouble: str
    parity_different_labels: int | None = None
    parity_max_difference: float | None = None
    latency_ms: float | None = None
    size_mb: float | None = None


@dataclass(frozen=True)
class Guarded:
    """A guard or a slice. `subject` is as people read it: `recall of Aspen`, `macro F1 where Area is Neota`.

    With `judged` false there are too few rows to say anything.
    """

    subject: str
    tolerance: float
    judged: bool
    paired: Paired

    @property
    def violated(self) -> bool:
        """Worse by more than the tolerance, and not by chance: the whole interval is on the wrong side."""
        gain = self.paired.gain
        return self.judged and gain.point < -self.allowed and gain.high < 0

    @property
    def allowed(self) -> float:
        """The loss that is tolerated: of a metric in the target's unit, a share of the champion's score."""
        in_unit = described(self.paired.metric).scale == "target"
        return self.tolerance * self.paired.champion if in_unit else self.tolerance


@dataclass(frozen=True)
class Answer:
    """What a person said to a proposed promotion."""

    approved: bool
    by: str
    why: str


@dataclass(frozen=True)
class Verdict:
    """`reason` is the sentence for people. Scores are of the primary metric on the same test rows."""

    outcome: Outcome
    reason: str
    rule: Rule
    metric: str
    algorithm: str | None
    challenger_score: float | None
    champion_score: float | None
    champion_version: str | None
    rows: int
    primary: Paired | None = None
    guards: tuple[Guarded, ...] = ()
    examined: tuple[Examined, ...] = ()
    answer: Answer | None = None
    # The target's, for metrics that are in it.
    unit: str | None = None

    def document(self) -> dict[str, Any]:
        """As JSON knows it: what the audit row and `verdict.json` hold."""
        return dict(_DOCUMENT.dump_python(self, mode="json"))

    @classmethod
    def of(cls, document: dict[str, Any]) -> "Verdict":
        """The verdict that `document` was made of."""
        return _DOCUMENT.validate_python(document)


_DOCUMENT = TypeAdapter(Verdict)


def called(metric: str) -> str:
    """A metric as people write it."""
    return described(metric).title


def tolerated(guard: Guarded) -> str:
    """`0.05`, or `5 %` where the tolerance is a share of the champion's score."""
    if described(guard.paired.metric).scale == "target":
        return f"{100 * guard.tolerance:g} %"
    return f"{guard.tolerance:g}"


def difference(paired: Paired, unit: str | None) -> str:
    """`macro F1 0.8123 vs 0.8119 (+0.0004, 95 % −0.0011…+0.0019)`, the challenger first."""
    metric = described(paired.metric)
    interval = f"{metric.change(paired.low)}…{metric.change(paired.high)}"
    return (
        f"{metric.title} {metric.shown(paired.challenger, unit)} vs {metric.shown(paired.champion, unit)} "
        f"({metric.change(paired.difference)}, 95 % {interval})"
    )
