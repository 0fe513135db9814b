"""The daily protocol: every request of a group on a day of the week gets the next batch, of designed drift.

Answers are of very different sizes, and take their time: up to `RESPONSE_SECONDS` more than they need.
"""

import random
import time
from functools import cached_property
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response
from relevo_problems.source import Batches

from relevo_datasource.protocols.protocol import Batch, Restarted, RunId, new_router
from relevo_datasource.protocols.sequential import TRAIN, Sequential
from relevo_datasource.state import Progress

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class Daily(Sequential):
    """Answers requests by the daily protocol: all batches on every day, counted from 0."""

    @cached_property
    def batches(self) -> Batches:
        return dict.fromkeys(DAYS, self.problem.source.divide(self.table)[TRAIN])

    def describe(self) -> dict[str, Any]:
        sizes = [len(batch) for batch in self.batches[DAYS[0]]]
        return {"protocol": self.problem.source.protocol, "days": DAYS, "rows_per_batch": sizes}

    def router(self) -> APIRouter:
        router = new_router()
        router.get("/data", response_model=Batch)(self.of_day)
        router.get("/batches")(self.counts)
        router.get("/restart_data_generation")(self.restart_day)
        return router

    def of_day(self, group_number: int, day: str, run_id: RunId = None) -> Response:
        """The group's next batch on a day of the week, such as `Tuesday`."""
        answer = self.deliver(group_number, run_id, day, self.wrong(day), day=day)
        # It only has to vary.
        time.sleep(random.uniform(0, self.settings.response_seconds))  # noqa: S311
        return answer

    def restart_day(self, group_number: int, day: str | None = None, run_id: RunId = None) -> Restarted:
        """Starts the group's data over, on one day or on all of them."""
        if day is None:
            return self.restart(group_number, run_id)
        return self.start_over(group_number, run_id, (day,), self.wrong(day))

    def batch_number(self, progress: Progress) -> int:
        return progress.part - 1
