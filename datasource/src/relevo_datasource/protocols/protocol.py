"""What every protocol does alike: groups, the log, the end of the data, starting over."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any

from fastapi import APIRouter, Header, HTTPException
from fastapi.responses import Response
from pydantic import BaseModel
from relevo_contract.data_api import DATA_HEADER, END_OF_DATA, RUN_ID_HEADER
from relevo_problems.problem import Problem

from relevo_datasource.answer import body
from relevo_datasource.datasets import Table
from relevo_datasource.settings import Settings
from relevo_datasource.state import GROUPS, Clock, Progress, Request, State

WRONG_GROUP = "Número de grupo inválido"

RunId = Annotated[str | None, Header(alias=RUN_ID_HEADER, description="noted in the request log")]


class Batch(BaseModel):
    """`data` holds a list of strings a row, in the order of the problem's columns, or an object a row, by name."""

    group_number: int
    batch_number: int
    data: list[list[str]] | list[dict[str, str | float | None]]


class Restarted(BaseModel):
    ok: bool
    group_number: int


class Refusal(BaseModel):
    detail: str


@dataclass(frozen=True)
class Asked:
    """One request for data, at a Unix time; `so_far` is how far the group has come in that `series`."""

    at: float
    group_number: int
    series: str
    so_far: Progress


@dataclass(frozen=True)
class Protocol(ABC):
    """Answers the requests for one problem's data."""

    problem: Problem
    table: Table
    state: State
    clock: Clock
    settings: Settings

    @abstractmethod
    def describe(self) -> dict[str, Any]:
        """What the root page says about the protocol."""

    @abstractmethod
    def router(self) -> APIRouter:
        """The protocol's routes."""

    @abstractmethod
    def next(self, asked: Asked) -> tuple[Progress, Sequence[int] | None]:
        """The progress once the request is counted, and where its rows are; None behind the end of the data."""

    def batch_number(self, progress: Progress) -> int:
        """What the answer calls its batch."""
        return progress.part

    def deliver(
        self, group_number: int, run_id: str | None, series: str = "", wrong: str = "", **named: str
    ) -> Response:
        """The next answer for a group, or its refusal; each `series` of a group has a progress of its own."""
        rows: Sequence[int] | None = None
        refusal = wrong if group_number in GROUPS else WRONG_GROUP
        with self.state.transaction() as transaction:
            request = Request(self.clock(), "/data", group_number, run_id, 200)
            if not refusal:
                so_far = transaction.progress(group_number, series)
                progress, rows = self.next(Asked(request.at, group_number, series, so_far))
                transaction.keep(group_number, progress, series)
            if rows is None:
                transaction.log(replace(request, status=400))
            else:
                number = self.batch_number(progress)
                transaction.log(replace(request, batch_number=number, row_count=len(rows)))
        headers = {DATA_HEADER: self.table.kind}
        if rows is None:
            raise HTTPException(400, refusal or END_OF_DATA, headers)
        answer = body(
            {"group_number": group_number, **named, "batch_number": number}, self.table.rows(rows), self.problem
        )
        return Response(answer, media_type="application/json", headers=headers)

    def start_over(
        self, group_number: int, run_id: str | None, series: Sequence[str] = ("",), wrong: str = ""
    ) -> Restarted:
        """Starts the group's data over. Calls stay counted, so that later draws are new ones."""
        refusal = wrong if group_number in GROUPS else WRONG_GROUP
        with self.state.transaction() as transaction:
            request = Request(self.clock(), "/restart_data_generation", group_number, run_id, 200)
            for one in () if refusal else series:
                transaction.keep(group_number, restart(transaction.progress(group_number, one)), one)
            transaction.log(replace(request, status=400) if refusal else request)
        if refusal:
            raise HTTPException(400, refusal)
        return Restarted(ok=True, group_number=group_number)


def new_router() -> APIRouter:
    return APIRouter(responses={400: {"model": Refusal}})


def restart(progress: Progress) -> Progress:
    """Before the first part again. The calls stay counted, so that the next draws are new ones."""
    return Progress(calls=progress.calls)
