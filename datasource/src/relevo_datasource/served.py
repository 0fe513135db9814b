"""One problem's data behind its protocol, with the log of its requests."""

import sqlite3
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel
from relevo_problems.problem import Problem

from relevo_datasource.datasets import DatasetError, Table, open_table
from relevo_datasource.protocols import PROTOCOLS
from relevo_datasource.protocols.protocol import Protocol
from relevo_datasource.settings import Settings
from relevo_datasource.state import GROUPS, Clock, Request, State


class RequestLog(BaseModel):
    """`count` requests match; `requests` are the newest of them, oldest first."""

    count: int
    requests: list[Request]


@dataclass(frozen=True)
class Served:
    """What the app has of each problem."""

    problem: Problem
    table: Table
    state: State
    protocol: Protocol

    @classmethod
    def open(cls, problem: Problem, settings: Settings, clock: Clock) -> "Served":
        """Raises `DatasetError` when there is data that must not or cannot be served."""
        table = open_table(problem, settings)
        file = settings.state_dir / f"{problem.name}.sqlite"
        try:
            state = State(file, source=table.kind)
        except sqlite3.Error as error:
            raise DatasetError(
                f"the data API does not start: it cannot use {file} ({error}); "
                "make STATE_DIR writable, or delete that file to start all groups over"
            ) from error
        protocol = PROTOCOLS[problem.source.protocol](problem, table, state, clock, settings)
        # Now, and not at the first request: to divide millions of rows takes seconds.
        protocol.describe()
        return cls(problem, table, state, protocol)

    def describe(self) -> dict[str, Any]:
        """What is served here, and whether it is real."""
        return {
            "problem": self.problem.name,
            "title": self.problem.title,
            "data": f"{self.table.kind} data",
            "data_set": self.table.title,
            "rows": len(self.table),
            **self.protocol.describe(),
        }

    def router(self) -> APIRouter:
        """The routes of the protocol, and the log."""
        router = APIRouter()
        router.include_router(self.protocol.router())
        router.get("/requests")(self.requests)
        return router

    def requests(
        self,
        group_number: Annotated[int | None, Query(ge=GROUPS[0], le=GROUPS[-1])] = None,
        run_id: str | None = None,
        limit: Annotated[int, Query(ge=1, le=10_000)] = 1000,
    ) -> RequestLog:
        """Every request for data or a restart, whatever its answer: proof of how often a run asked."""
        count, newest = self.state.requests(group_number, run_id, limit)
        return RequestLog(count=count, requests=newest)
