"""A promotion that waits for a person: the comparison as that person reads it, in Markdown."""

from relevo_pipeline.judgement.outcomes import Paired
from relevo_pipeline.judgement.verdict import Verdict, called, signed


def proposal(verdict: Verdict) -> str:
    """The sentence and a table of every score that was compared."""
    lines = [verdict.reason.removeprefix("promoted: "), ""]
    if verdict.primary is not None:
        lines += [
            f"| on {verdict.rows:,} test rows | challenger | version {verdict.champion_version} "
            "| difference | 95 % | may lose |",
            "|---|---|---|---|---|---|",
            _line(called(verdict.metric), verdict.primary, ""),
        ]
        lines += [
            _line(guard.subject, guard.paired, f"{guard.tolerance:g}") for guard in verdict.guards if guard.judged
        ]
        if few := [guard.subject for guard in verdict.guards if not guard.judged]:
            lines += ["", f"Too few rows to judge: {', '.join(few)}."]
    return "\n".join(lines)


def _line(subject: str, paired: Paired, tolerance: str) -> str:
    interval = f"{signed(paired.low)}…{signed(paired.high)}"
    scores = f"{paired.challenger:.4f} | {paired.champion:.4f} | {signed(paired.difference)} | {interval}"
    return f"| {subject} | {scores} | {tolerance} |"
