"""How right the versions are, by all that has been labelled."""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from relevo_contract.tables import feedback
from sqlalchemy import Engine, func, select

# Other servers may write to the same table.
_RECOUNT_SECONDS = 3600.0
_MEASURES = (feedback.c.correct, feedback.c.absolute_error, feedback.c.covered)


@dataclass(frozen=True, slots=True)
class Score:
    """What has been labelled of one version: how much, the share of right labels, the mean absolute error, and the
    share of truths that lay in the interval of their prediction; None for what its predictions do not have."""

    problem: str
    version: str
    count: int
    accuracy: float | None
    absolute_error: float | None
    coverage: float | None


@dataclass(slots=True)
class _Mean:
    count: int = 0
    total: float = 0.0

    def add(self, value: float | None) -> None:
        if value is not None:
            self.count += 1
            self.total += value

    @property
    def value(self) -> float | None:
        return self.total / self.count if self.count else None


@dataclass(slots=True)
class _Sums:
    count: int = 0
    means: tuple[_Mean, ...] = field(default_factory=lambda: tuple(_Mean() for _ in _MEASURES))


class Scores:
    """Counted once in the database, then added up as truths arrive there: the table may grow to any size."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._sums: dict[tuple[str, str], _Sums] = {}
        self._count_at = clock()

    @property
    def due(self) -> bool:
        """Whether it is time to count."""
        return self._clock() >= self._count_at

    def count(self, engine: Engine) -> None:
        """One pass over the table."""
        columns = feedback.c
        measured = [of(column) for column in _MEASURES for of in (func.count, func.sum)]
        query = select(columns.problem, columns.version, func.count(), *measured)
        with engine.connect() as connection:
            rows = connection.execute(query.group_by(columns.problem, columns.version)).all()
        self._sums = {
            (problem, version): _Sums(
                count, tuple(_Mean(n, float(total or 0)) for n, total in zip(sums[::2], sums[1::2], strict=True))
            )
            for problem, version, count, *sums in rows
        }
        self._count_at = self._clock() + _RECOUNT_SECONDS

    def add(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Rows that are new in the table since it was counted."""
        for row in rows:
            sums = self._sums.setdefault((row["problem"], row["version"]), _Sums())
            sums.count += 1
            for column, mean in zip(_MEASURES, sums.means, strict=True):
                mean.add(row.get(column.name))

    def newest(self, versions: int) -> list[Score]:
        """The `versions` newest versions of each problem that anything is known about."""
        shown: dict[str, list[Score]] = {}
        for (problem, version), sums in sorted(self._sums.items(), key=lambda item: (item[0][0], -int(item[0][1]))):
            scores = shown.setdefault(problem, [])
            if len(scores) < versions:
                scores.append(Score(problem, version, sums.count, *(mean.value for mean in sums.means)))
        return [score for scores in shown.values() for score in scores]
