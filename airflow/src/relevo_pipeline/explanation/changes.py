"""What a new model makes of the columns that the previous one did not."""

import numpy as np
from relevo_contract.explanation import Change, Changes
from relevo_contract.shapley import Matrix

from relevo_pipeline.explanation.explained import Explained

# The normal approximation of a mean's 95 % interval; there are at least twenty rows.
_Z = 1.96
# A sentence names this many columns; the table has them all.
_NAMED = 3


def compare(previous: str, before: Explained, after: Explained) -> Changes:
    """Compare two models by what each column moves in the same rows.

    Args:
        previous: the version of the model that was explained before.
    """
    rows = min(len(before.values), len(after.values))
    moved = [_by_column(explained.first(rows)) for explained in (before, after)]
    means = [{name: float(values.mean()) for name, values in side.items()} for side in moved]
    ranks = [{name: place for place, name in enumerate(sorted(side, key=lambda n: -side[n]), 1)} for side in means]
    columns = []
    for name in sorted({**moved[1], **moved[0]}, key=lambda name: (-means[1].get(name, -1.0), name)):
        differences = moved[1].get(name, np.zeros(rows)) - moved[0].get(name, np.zeros(rows))
        middle, margin = float(differences.mean()), _Z * float(differences.std(ddof=1)) / rows**0.5
        columns.append(
            Change(
                column=name,
                before=means[0].get(name),
                after=means[1].get(name),
                rank_before=ranks[0].get(name),
                rank_after=ranks[1].get(name),
                difference=middle,
                interval=(middle - margin, middle + margin),
            )
        )
    return Changes(
        previous=previous,
        unit=after.unit,
        rows=rows,
        sentence=_sentence(previous, rows, columns),
        columns=tuple(columns),
    )


def _by_column(explained: Explained) -> dict[str, Matrix]:
    moved = explained.moved()
    return {column.name: moved[:, position] for position, column in enumerate(explained.columns)}


def _sentence(previous: str, rows: int, columns: list[Change]) -> str:
    against = f"Compared with version {previous} on the same {rows:,} test rows,"
    changed = sorted((c for c in columns if c.is_distinguishable), key=lambda c: -abs(c.difference))
    if not changed:
        return f"{against} no column counts distinguishably more or less."
    told = "; ".join(_clause(change) for change in changed[:_NAMED])
    others = len(changed) - _NAMED
    rest = f"; {others} other column{'s' if others > 1 else ''} changed less" if others > 0 else ""
    return f"{against} {told}{rest}."


def _clause(change: Change) -> str:
    if change.before is None:
        return f"{change.column} is new ({amount(change.after)}, {ordinal(change.rank_after)})"
    if change.after is None:
        return f"{change.column} is no longer there (it was {amount(change.before)})"
    direction = "more" if change.difference > 0 else "less"
    text = f"{change.column} counts {direction} ({amount(change.before)} → {amount(change.after)})"
    if change.rank_before != change.rank_after:
        text += f" and moved from {ordinal(change.rank_before)} to {ordinal(change.rank_after)}"
    return text


def amount(value: float | None) -> str:
    """An importance for people: probabilities with three decimals, prices with thousands."""
    if value is None:
        return "–"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3f}" if abs(value) < 10 else f"{value:.1f}"


def ordinal(place: int | None) -> str:
    """A rank for people: 1st, 2nd, 11th."""
    if place is None:
        return "–"
    ending = "th" if place % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(place % 10, "th")
    return f"{place}{ending}"


def table(changes: Changes) -> str:
    """The changes as a Markdown table."""
    lines = [
        changes.sentence,
        "",
        f"| column | version {changes.previous} | now | difference ({changes.unit}) | 95 % interval | rank |",
        "|---|---|---|---|---|---|",
    ]
    for change in changes.columns:
        low, high = change.interval
        lines.append(
            f"| {change.column} | {amount(change.before)} | {amount(change.after)} | {change.difference:+.3g} "
            f"| {low:+.3g} … {high:+.3g} | {change.rank_before or '–'} → {change.rank_after or '–'} |"
        )
    return "\n".join(lines) + "\n"
