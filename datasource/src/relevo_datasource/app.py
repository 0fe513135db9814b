"""The external data API, for when the real one is out of reach: same routes, same answers.

Start it with `uvicorn --factory relevo_datasource.app:create_app`.
"""

import sqlite3
import time
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Annotated, Any

from fastapi import FastAPI, Query, Request, Response
from fastapi.exception_handlers import request_validation_exception_handler
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from relevo_contract.data_api import DATA_HEADER, RUN_ID_HEADER
from relevo_contract.settings import load
from relevo_problems import registry

from relevo_datasource.datasets import DatasetError, open_table
from relevo_datasource.protocols.rotating import Rotating
from relevo_datasource.settings import Settings
from relevo_datasource.state import GROUPS, Clock, State
from relevo_datasource.state import Request as LoggedRequest


class RequestLog(BaseModel):
    """`count` requests match; `requests` are the newest of them, oldest first."""

    count: int
    requests: list[LoggedRequest]


def create_app() -> FastAPI:
    """The app with settings from the environment; ends the process with a sentence when it cannot start."""
    settings = load(Settings)
    try:
        return build(settings)
    except (DatasetError, registry.UnknownProblemError) as error:
        raise SystemExit(str(error)) from None


def build(settings: Settings, clock: Clock = time.time) -> FastAPI:
    """The app. Raises `DatasetError` when there is data that must not or cannot be served."""
    problem = registry.load(settings.default_problem)
    table = open_table(problem, settings)
    try:
        state = State(settings.state_dir / f"{problem.name}.sqlite", source=table.kind)
    except sqlite3.Error as error:
        raise DatasetError(
            f"the data API does not start: it cannot use {settings.state_dir / problem.name}.sqlite ({error}); "
            "make STATE_DIR writable, or delete that file to start all groups over"
        ) from error
    protocol = Rotating(table, state, clock, settings.rotate_seconds, settings.seed)

    started_at = datetime.now(UTC).isoformat()
    app = FastAPI(title="Relevo data API", summary=f"{problem.title}, {table.kind} data")
    app.include_router(protocol.router())

    @app.exception_handler(RequestValidationError)
    async def malformed(request: Request, error: RequestValidationError) -> Response:
        if request.url.path != "/requests":
            run_id = request.headers.get(RUN_ID_HEADER)
            with state.transaction() as transaction:
                transaction.log(LoggedRequest(clock(), request.url.path, None, run_id, 422))
        answer = await request_validation_exception_handler(request, error)
        answer.headers[DATA_HEADER] = table.kind
        return answer

    @app.get("/")
    def describe() -> dict[str, Any]:
        """What is served here, and whether it is real."""
        return {
            "problem": problem.name,
            "title": problem.title,
            "data": f"{table.kind} data",
            "rows": len(table),
            **protocol.describe(),
            "docs": "/docs",
        }

    @app.get("/health")
    def health() -> dict[str, str]:
        return {
            "status": "ok",
            "data": table.kind,
            "version": version("relevo-datasource"),
            "started_at": started_at,
        }

    @app.get("/requests")
    def requests(
        group_number: Annotated[int | None, Query(ge=GROUPS[0], le=GROUPS[-1])] = None,
        run_id: str | None = None,
        limit: Annotated[int, Query(ge=1, le=10_000)] = 1000,
    ) -> RequestLog:
        """Every request for data or a restart, whatever its answer: proof of how often a run asked."""
        count, newest = state.requests(group_number, run_id, limit)
        return RequestLog(count=count, requests=newest)

    return app
