"""The model server: `uvicorn --factory relevo_inference.app:create_app --port 8000`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI
from prometheus_fastapi_instrumentator import Instrumentator
from starlette.responses import RedirectResponse

from relevo_inference import logs, openapi, problem_details
from relevo_inference.requests import RequestIdMiddleware
from relevo_inference.routes import models, predict, status
from relevo_inference.services import running
from relevo_inference.settings import Settings
from relevo_inference.telemetry import Telemetry

_DESCRIPTION = "Predicts with the model that is in production at the moment of the request."


def create_app(settings: Settings | None = None) -> FastAPI:
    """The app; settings come from the environment unless they are given."""
    settings = settings or Settings()
    logs.configure(settings.log_level)
    telemetry = Telemetry()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with running(settings, telemetry) as services:
            app.state.services = services
            yield

    app = FastAPI(
        title="Relevo model server",
        version=version("relevo-inference"),
        description=_DESCRIPTION,
        lifespan=lifespan,
    )
    problem_details.install(app)
    for family in (predict, models, status):
        app.include_router(family.router)
    Instrumentator(registry=telemetry.registry, excluded_handlers=["/metrics"]).instrument(app).expose(
        app, include_in_schema=False
    )
    app.add_middleware(RequestIdMiddleware)

    @app.get("/", include_in_schema=False)
    async def root() -> RedirectResponse:
        return RedirectResponse("/docs")

    def describe() -> dict[str, Any]:
        return openapi.describe(app, app.state.services)

    app.openapi = describe  # type: ignore[method-assign]  # FastAPI's documented way to replace it
    return app
