"""A promotion that waits for a person: the comparison as that person reads it, in Markdown."""

from relevo_contract.metrics import metric as described

from relevo_pipeline.judgement.outcomes import Paired
from relevo_pipeline.judgement.verdict import Verdict, called, tolerated


def proposal(verdict: Verdict) -> str:
    """The sentence and a table of every score that was compared."""
    lines = [verdict.reason.removeprefix("promoted: "), ""]
    if verdict.primary is not None:
        lines += [
            f"| on {verdict.rows:,} test rows | challenger | version {verdict.champion_version} "
            "| difference | 95 % | may lose |",
            "|---|---|---|---|---|---|",
            _line(called(verdict.metric), verdict.primary, "", verdict.unit),
        ]
        lines += [
            _line(guard.subject, guard.paired, tolerated(guard), verdict.unit)
            for guard in verdict.guards
            if guard.judged
        ]
        if few := [guard.subject for guard in verdict.guards if not guard.judged]:
            lines += ["", f"Too few rows to judge: {', '.join(few)}."]
    return "\n".join(lines)


def _line(subject: str, paired: Paired, tolerance: str, unit: str | None) -> str:
    metric = described(paired.metric)
    scores = f"{metric.shown(paired.challenger, unit)} | {metric.shown(paired.champion, unit)}"
    interval = f"{metric.change(paired.low)}…{metric.change(paired.high)}"
    return f"| {subject} | {scores} | {metric.change(paired.difference)} | {interval} | {tolerance} |"
