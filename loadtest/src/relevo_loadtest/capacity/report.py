"""What the search found, for machines and for people."""

import json
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from relevo_loadtest.capacity import picture
from relevo_loadtest.capacity.step import Limits, Objective, Step
from relevo_loadtest.traffic import PAUSE_SECONDS, SHARES


@dataclass(frozen=True)
class Finding:
    """All steps in the order in which they were measured, and the most users that held (0: not even the fewest).

    `limit` is the number of users that the search would not exceed.
    """

    url: str
    steps: Sequence[Step]
    most: int
    limit: int
    objective: Objective
    limits: Limits

    @property
    def held(self) -> Step | None:
        """The measurement of the most users that held."""
        good = [step for step in self.steps if step.users == self.most and step.holds(self.objective)]
        return good[-1] if good else None

    @property
    def broke(self) -> Step | None:
        """The fewest users of which it is known that they are too many."""
        bad = [s for s in self.steps if s.users > self.most and not s.holds(self.objective)]
        return min(bad, key=lambda step: step.users, default=None)

    @property
    def client_is_full(self) -> bool:
        """Whether the search ended at the client, and says nothing about the server."""
        return self.broke is not None and self.broke.client_is_full

    @property
    def sentence(self) -> str:
        """The result in words."""
        held, broke = self.held, self.broke
        if broke is not None and self.client_is_full:
            return (
                f"No figure: at {broke.users:,} users the client was used up, not the server ({self.most:,} held). "
                "Say CLIENTS=… for more processes, or measure from another machine with URL=…"
            )
        if held is None:
            why = f"{_why(broke, self.objective)}; used up: {broke.saturated(self.limits)}" if broke else ""
            return f"Not even the fewest users hold the objective: {why}."
        found = (
            f"{held.users:,} users: p95 {held.p95_ms:.0f} ms, {held.rate:,.0f} answers/s, {_share(held)} errors."
        )
        if broke is None:
            return f"{found} More were not tried (MOST_USERS={self.limit})."
        return f"{found} At {broke.users:,} {_why(broke, self.objective)}; used up: {broke.saturated(self.limits)}."

    def record(self) -> dict[str, Any]:
        """As it stands in capacity.json. `max_users` is null where the client was the bottleneck."""
        held = self.held
        return {
            "max_users": None if self.client_is_full else self.most,
            "p95_ms": held.p95_ms if held else None,
            "sentence": self.sentence,
            "objective": asdict(self.objective),
            "pause_seconds": PAUSE_SECONDS,
            "shares": dict(SHARES),
            "url": self.url,
            "machine": {"cores": self.limits.machine_cores, "system": platform.platform()},
            "limits": asdict(self.limits),
            "steps": [step.record(self.objective, self.limits) for step in self.steps],
        }

    def markdown(self) -> str:
        """A page with the sentence, the picture and a row a step, fewest users first."""
        objective = f"p95 below {self.objective.p95_ms:g} ms, less than {self.objective.error_share:.1%} errors"
        kinds = ", ".join(f"{share:g} % {kind}" for kind, share in SHARES.items())
        low, high = PAUSE_SECONDS
        rows = [_row(step, self.objective) for step in sorted(self.steps, key=lambda step: step.users)]
        return "\n".join(
            [
                "# How many users it holds",
                "",
                self.sentence,
                "",
                f"Objective: {objective}. Users pause {low:g} to {high:g} s; of their questions: {kinds}.",
                "",
                "![Users against latency, rate, errors and CPU](capacity.png)",
                "",
                "| users | answers/s | p50 ms | p95 ms | p99 ms | errors | server cores | client cores "
                "| busiest client | machine cores | holds |",
                "|---|---|---|---|---|---|---|---|---|---|---|",
                *rows,
                "",
            ]
        )

    def write(self, folder: Path) -> None:
        """capacity.json, capacity.md and capacity.png."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "capacity.json").write_text(json.dumps(self.record(), indent=2, allow_nan=False) + "\n")
        (folder / "capacity.md").write_text(self.markdown())
        picture.draw(self.steps, self.objective, self.limits, folder / "capacity.png")


def _row(step: Step, objective: Objective) -> str:
    server = "?" if step.server_cores is None else f"{step.server_cores:.2f}"
    cells = [
        f"{step.users:,}",
        f"{step.rate:,.0f}",
        f"{step.p50_ms:.1f}",
        f"{step.p95_ms:.1f}",
        f"{step.p99_ms:.1f}",
        _share(step),
        server,
        f"{step.client_cores:.2f}",
        f"{step.client_core:.0%}",
        f"{step.machine_cores:.2f}",
        "yes" if step.holds(objective) else "no",
    ]
    return f"| {' | '.join(cells)} |"


def _share(step: Step) -> str:
    return f"{step.error_share:.2%}" if step.errors else "0"


def _why(step: Step, objective: Objective) -> str:
    if step.asked == 0:
        return "nobody got an answer"
    late = f"p95 was {step.p95_ms:.0f} ms" if step.p95_ms >= objective.p95_ms else ""
    wrong = ""
    if step.error_share >= objective.error_share:
        worst = max(step.errors, key=lambda why: step.errors[why], default="")
        wrong = f"{_share(step)} of the questions failed (most of them: {worst})"
    return " and ".join(filter(None, (late, wrong)))
