"""The sequential protocol: every request of a group for a part of the data gets the part's next batch.

What is delivered to train on comes in batches; so do the parts to validate and to test with, by a parameter of
their own. A problem that divides its data into one part only has just that one.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

from fastapi import APIRouter, HTTPException
from fastapi.responses import Response
from pydantic import BaseModel
from relevo_problems.source import Batches

from relevo_datasource.protocols.protocol import WRONG_GROUP, Asked, Batch, Protocol, Restarted, RunId, new_router
from relevo_datasource.state import GROUPS, Progress

TRAIN = "train"


class BatchCounts(BaseModel):
    """How many batches each part has."""

    group_number: int
    batches: dict[str, int]


class Sequential(Protocol):
    """Answers requests by the sequential protocol; batches are counted from 1."""

    @cached_property
    def batches(self) -> Batches:
        """The positions of the rows of each batch, by part."""
        return self.problem.source.divide(self.table)

    def describe(self) -> dict[str, Any]:
        sizes = {part: [len(batch) for batch in batches] for part, batches in self.batches.items()}
        return {"protocol": self.problem.source.protocol, "rows_per_batch": sizes}

    def router(self) -> APIRouter:
        router = new_router()
        router.get("/data", response_model=Batch)(self.data)
        router.get("/batches")(self.counts)
        router.get("/restart_data_generation")(self.restart)
        return router

    def data(self, group_number: int, part: str = TRAIN, run_id: RunId = None) -> Response:
        """The group's next batch of a part: `train`, or `validation` or `test` where the data has them."""
        return self.deliver(group_number, run_id, part, self.wrong(part))

    def wrong(self, series: str) -> str:
        """What to say of a part that there is not; nothing of one that there is."""
        return "" if series in self.batches else f"No existe {series[:40]!r}; hay: {', '.join(self.batches)}"

    def counts(self, group_number: int) -> BatchCounts:
        """How many batches each part has."""
        if group_number not in GROUPS:
            raise HTTPException(400, WRONG_GROUP)
        counts = {part: len(batches) for part, batches in self.batches.items()}
        return BatchCounts(group_number=group_number, batches=counts)

    def restart(self, group_number: int, run_id: RunId = None) -> Restarted:
        """Starts all parts of the group's data over."""
        return self.start_over(group_number, run_id, tuple(self.batches))

    def next(self, asked: Asked) -> tuple[Progress, Sequence[int] | None]:
        """One batch further, up to one behind the last."""
        batches = self.batches[asked.series]
        number = min(asked.so_far.part, len(batches))
        progress = replace(asked.so_far, part=number + 1, calls=asked.so_far.calls + 1)
        return progress, batches[number] if number < len(batches) else None
