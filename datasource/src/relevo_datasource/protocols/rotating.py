"""The rotating protocol: ten parts of consecutive rows; a call gets a random tenth of its group's part.

A part is current from its first request until the first request later than the rotation time after that.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any

from fastapi import APIRouter, Header, HTTPException
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel
from relevo_contract.data_api import DATA_HEADER, END_OF_DATA, RUN_ID_HEADER

from relevo_datasource.datasets import Table
from relevo_datasource.state import GROUPS, Clock, Progress, Request, State

PARTS = 10
PORTION = 10

WRONG_GROUP = "Número de grupo inválido"

RunId = Annotated[str | None, Header(alias=RUN_ID_HEADER, description="noted in the request log")]


class Batch(BaseModel):
    """`data` holds one list of strings a row, in the order of the problem's columns."""

    group_number: int
    batch_number: int
    data: list[list[str]]


class Restarted(BaseModel):
    ok: bool
    group_number: int


class Refusal(BaseModel):
    detail: str


def advance(progress: Progress, now: float, rotate_seconds: float) -> Progress:
    """The group's progress once its request at `now` (Unix time) is counted; part 11 means the end.

    At most one part further a request, however late it comes: a part that nobody asked for is not skipped.
    """
    begun = progress.part > 0
    due = begun and now - progress.part_began > rotate_seconds
    if progress.part <= PARTS and (due or not begun):
        progress = replace(progress, part=progress.part + 1, part_began=now)
    return replace(progress, calls=progress.calls + 1)


def restart(progress: Progress) -> Progress:
    """Before the first part again. The calls stay counted, so that the next draws are new ones."""
    return Progress(calls=progress.calls)


def part_rows(part: int, total_rows: int) -> range:
    """Positions of the rows of a part (from 1); the few rows beyond ten equal parts belong to none."""
    size = total_rows // PARTS
    return range((part - 1) * size, part * size)


def sample(rows: range, draw: str) -> Sequence[int]:
    """A tenth of a part's positions: distinct, in random order, fixed by `draw`."""
    # It only has to look random and be repeatable.
    return random.Random(draw).sample(rows, len(rows) // PORTION)  # noqa: S311


@dataclass(frozen=True)
class Rotating:
    """Answers requests by the rotating protocol."""

    table: Table
    state: State
    clock: Clock
    rotate_seconds: float
    seed: int

    def describe(self) -> dict[str, Any]:
        """What the root page says about the protocol."""
        rows = part_rows(1, len(self.table))
        return {
            "protocol": "rotating",
            "parts": PARTS,
            "rows_per_part": len(rows),
            "rows_per_request": len(rows) // PORTION,
            "rotate_seconds": self.rotate_seconds,
        }

    def router(self) -> APIRouter:
        router = APIRouter(responses={400: {"model": Refusal}})
        router.get("/data", response_model=Batch)(self.data)
        router.get("/restart_data_generation", response_model=Restarted)(self.restart)
        return router

    def data(self, group_number: int, run_id: RunId = None) -> Response:
        """A random tenth of the group's current part."""
        with self.state.transaction() as transaction:
            request = Request(self.clock(), "/data", group_number, run_id, 200)
            refusal = WRONG_GROUP
            if group_number in GROUPS:
                progress = advance(transaction.progress(group_number), request.at, self.rotate_seconds)
                transaction.keep(group_number, progress)
                refusal = END_OF_DATA if progress.part > PARTS else ""
            if refusal:
                transaction.log(replace(request, status=400))
            else:
                rows = sample(
                    part_rows(progress.part, len(self.table)), f"{self.seed}/{group_number}/{progress.calls}"
                )
                transaction.log(replace(request, batch_number=progress.part, row_count=len(rows)))
        headers = {DATA_HEADER: self.table.kind}
        if refusal:
            raise HTTPException(400, refusal, headers)
        batch = {
            "group_number": group_number,
            "batch_number": progress.part,
            "data": self.table.rows(rows),
        }
        # Straight to JSON: thousands of rows need no second check of their types.
        return JSONResponse(batch, headers=headers)

    def restart(self, group_number: int, run_id: RunId = None) -> Restarted:
        """Starts the group's data over, from the first part."""
        with self.state.transaction() as transaction:
            request = Request(self.clock(), "/restart_data_generation", group_number, run_id, 200)
            known = group_number in GROUPS
            if known:
                transaction.keep(group_number, restart(transaction.progress(group_number)))
            transaction.log(request if known else replace(request, status=400))
        if not known:
            raise HTTPException(400, WRONG_GROUP)
        return Restarted(ok=True, group_number=group_number)
