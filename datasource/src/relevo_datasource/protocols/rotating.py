"""The rotating protocol: ten parts of consecutive rows; a call gets a random tenth of its group's part.

A part is current from its first request until the first request later than the rotation time after that.
"""

import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from relevo_datasource.protocols.protocol import Asked, Batch, Protocol, Restarted, RunId, new_router
from relevo_datasource.state import Progress

PARTS = 10
PORTION = 10


def advance(progress: Progress, now: float, rotate_seconds: float) -> Progress:
    """The group's progress once its request at `now` (Unix time) is counted; part 11 means the end.

    At most one part further a request, however late it comes: a part that nobody asked for is not skipped.
    """
    begun = progress.part > 0
    due = begun and now - progress.part_began > rotate_seconds
    if progress.part <= PARTS and (due or not begun):
        progress = replace(progress, part=progress.part + 1, part_began=now)
    return replace(progress, calls=progress.calls + 1)


def part_rows(part: int, total_rows: int) -> range:
    """Positions of the rows of a part (from 1); the few rows beyond ten equal parts belong to none."""
    size = total_rows // PARTS
    return range((part - 1) * size, part * size)


def sample(rows: range, draw: str) -> Sequence[int]:
    """A tenth of a part's positions: distinct, in random order, fixed by `draw`."""
    # It only has to look random and be repeatable.
    return random.Random(draw).sample(rows, len(rows) // PORTION)  # noqa: S311


class Rotating(Protocol):
    """Answers requests by the rotating protocol."""

    def describe(self) -> dict[str, Any]:
        rows = part_rows(1, len(self.table))
        return {
            "protocol": "rotating",
            "parts": PARTS,
            "rows_per_part": len(rows),
            "rows_per_request": len(rows) // PORTION,
            "rotate_seconds": self.settings.rotate_seconds,
        }

    def router(self) -> APIRouter:
        router = new_router()
        router.get("/data", response_model=Batch)(self.data)
        router.get("/restart_data_generation")(self.restart)
        return router

    def data(self, group_number: int, run_id: RunId = None) -> Response:
        """A random tenth of the group's current part."""
        return self.deliver(group_number, run_id)

    def restart(self, group_number: int, run_id: RunId = None) -> Restarted:
        """Starts the group's data over, from the first part."""
        return self.start_over(group_number, run_id)

    def next(self, asked: Asked) -> tuple[Progress, Sequence[int] | None]:
        progress = advance(asked.so_far, asked.at, self.settings.rotate_seconds)
        if progress.part > PARTS:
            return progress, None
        draw = f"{self.settings.seed}/{asked.group_number}/{progress.calls}"
        return progress, sample(part_rows(progress.part, len(self.table)), draw)
