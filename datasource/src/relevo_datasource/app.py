"""The external data API, for when the real one is out of reach: same routes, same answers.

Start it with `uvicorn --factory relevo_datasource.app:create_app`. Every problem has its routes below its name, the
default problem also at the root.
"""

import time
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exception_handlers import request_validation_exception_handler
from fastapi.exceptions import RequestValidationError
from relevo_contract import logs, tracing
from relevo_contract.data_api import DATA_HEADER, RUN_ID_HEADER
from relevo_contract.settings import load
from relevo_problems import registry
from relevo_problems.definition import DefinitionError

from relevo_datasource.datasets import DatasetError
from relevo_datasource.served import Served
from relevo_datasource.settings import Settings
from relevo_datasource.state import Clock
from relevo_datasource.state import Request as LoggedRequest


def create_app() -> FastAPI:
    """The app with settings from the environment; ends the process with a sentence when it cannot start."""
    settings = load(Settings)
    logs.configure("data-api")
    tracing.configure("data-api")
    try:
        return build(settings)
    except (DatasetError, DefinitionError, registry.UnknownProblemError) as error:
        raise SystemExit(str(error)) from None


def build(settings: Settings, clock: Clock = time.time) -> FastAPI:
    """The app. Raises `DatasetError` when there is data that must not or cannot be served."""
    served = {name: Served.open(registry.load(name), settings, clock) for name in settings.served}
    default = served[settings.default_problem]
    kinds = ", ".join(f"{one.problem.title} ({one.table.kind} data)" for one in served.values())
    started_at = datetime.now(UTC).isoformat()
    app = FastAPI(title="Relevo data API", summary=kinds)
    if tracing.wanted():
        app.add_middleware(tracing.TracingMiddleware)

    @app.exception_handler(RequestValidationError)
    async def malformed(request: Request, error: RequestValidationError) -> Response:
        first, _, rest = request.url.path.lstrip("/").partition("/")
        asked, path = (served[first], f"/{rest}") if first in served and rest else (default, request.url.path)
        if path != "/requests":
            run_id = request.headers.get(RUN_ID_HEADER)
            with asked.state.transaction() as transaction:
                transaction.log(LoggedRequest(clock(), path, None, run_id, 422))
        answer = await request_validation_exception_handler(request, error)
        answer.headers[DATA_HEADER] = asked.table.kind
        return answer

    @app.get("/health")
    def health() -> dict[str, Any]:
        return {
            "status": "ok",
            "data": default.table.kind,
            "version": version("relevo-datasource"),
            "started_at": started_at,
            "problems": {name: one.table.kind for name, one in served.items()},
        }

    @app.get("/")
    def describe() -> dict[str, Any]:
        """What is served here, and whether it is real."""
        return {**default.describe(), "problems": [f"/{name}" for name in served], "docs": "/docs"}

    for name, one in served.items():
        app.include_router(one.router(), prefix=f"/{name}", tags=[name])
        app.get(f"/{name}", tags=[name])(one.describe)
    # Behind the others, or a problem with the name of a route would hide it.
    app.include_router(default.router(), tags=["default problem"])
    return app
