"""Scores and drift over the batches, from audit rows and promotions: what the charts of the history show."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from relevo_ui.record import assessment

# As many batches as a laptop's screen has room for.
MOST = 30


@dataclass(frozen=True)
class Measured:
    """A score with its 95 % interval, where there is one."""

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Batch:
    """What a run found. `champion` and `challenger` are scores on the same rows, `on_new_rows` is production's.

    `drift` holds the PSI of each column that was compared, and whether it counts as drifted.
    """

    label: str
    dag_run_id: str
    started_at: datetime
    champion_version: str | None
    challenger_version: str | None
    champion: float | None
    challenger: float | None
    on_new_rows: Measured | None
    drift: Mapping[str, tuple[float, bool]]

    @property
    def scores(self) -> list[float]:
        """Every value that a chart has to have room for."""
        new = self.on_new_rows
        measured = (self.champion, self.challenger, *((new.value, new.low, new.high) if new else ()))
        return [value for value in measured if value is not None]


@dataclass(frozen=True)
class Promotion:
    """A change of what is in production, after the batch at `position`; `by_hand`: no run of the DAG made it."""

    position: int
    from_version: str | None
    to_version: str
    by: str
    reason: str
    at: datetime
    by_hand: bool


@dataclass(frozen=True)
class Timeline:
    """Batches oldest first, and the promotions that fall between the first and now."""

    metric: str
    batches: tuple[Batch, ...]
    promotions: tuple[Promotion, ...]

    @property
    def columns(self) -> list[str]:
        """Every column that was ever compared, in the order of the newest comparison."""
        names: dict[str, None] = {}
        for batch in reversed(self.batches):
            names |= dict.fromkeys(batch.drift)
        return list(names)

    @property
    def range(self) -> tuple[float, float] | None:
        """The lowest and the highest score; None while there is none."""
        scores = [score for batch in self.batches for score in batch.scores]
        return (min(scores), max(scores)) if scores else None


def timeline(runs: Sequence[Mapping[str, Any]], promotions: Sequence[Mapping[str, Any]]) -> Timeline:
    """From rows as the databases have them, newest first."""
    batches = tuple(_batch(run) for run in reversed(runs[:MOST]))
    by_run = {batch.dag_run_id: position for position, batch in enumerate(batches)}
    told = (_promotion(row, batches, by_run) for row in reversed(promotions))
    metric = next((run["metric"] for run in runs if run["metric"]), "")
    return Timeline(metric, batches, tuple(promotion for promotion in told if promotion is not None))


def _batch(run: Mapping[str, Any]) -> Batch:
    found = assessment(run["evidence"])
    new = found.score if found and found.score and found.score.metric == run["metric"] else None
    return Batch(
        label=run["batch"] or "–",
        dag_run_id=run["dag_run_id"],
        started_at=run["started_at"],
        champion_version=run["champion_version"],
        challenger_version=run["challenger_version"],
        champion=run["champion_score"],
        challenger=run["challenger_score"],
        on_new_rows=Measured(new.value, new.low, new.high) if new else None,
        drift={column.column: (column.psi, column.drifted) for column in found.columns} if found else {},
    )


def _promotion(row: Mapping[str, Any], batches: Sequence[Batch], by_run: Mapping[str, int]) -> Promotion | None:
    at = row["promoted_at"]
    if row["dag_run_id"] is not None:
        position = by_run.get(row["dag_run_id"], -1)
    else:
        position = sum(batch.started_at <= at for batch in batches) - 1
    if position < 0:
        return None
    return Promotion(
        position=position,
        from_version=row["from_version"],
        to_version=row["to_version"],
        by=row["promoted_by"],
        reason=row["reason"],
        at=at,
        by_hand=row["dag_run_id"] is None,
    )
