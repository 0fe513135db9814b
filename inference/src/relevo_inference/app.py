"""The model server: `uvicorn --factory relevo_inference.app:create_app --port 8000`."""

import gc
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI
from prometheus_client import CONTENT_TYPE_LATEST
from relevo_contract import logs, tracing
from relevo_contract.settings import load
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import RedirectResponse, Response

from relevo_inference import documentation, openapi, problem_details
from relevo_inference.api_keys import ApiKeyMiddleware
from relevo_inference.exposition import exposition
from relevo_inference.http_metrics import MetricsMiddleware
from relevo_inference.requests import RequestHeadersMiddleware
from relevo_inference.routes import explain, models, past, predict, status
from relevo_inference.routes.direct import DirectMiddleware
from relevo_inference.services import running
from relevo_inference.settings import Settings
from relevo_inference.telemetry import Telemetry

_DESCRIPTION = "Predicts with the model that is in production at the moment of the request."

# Seconds until a thread that computes lets another one go on; Python's own 0.005 are ten predictions.
_SWITCH_SECONDS = 0.0005


def create_process_app() -> FastAPI:
    """The app of a process that does nothing else, with Python set up for short answers."""
    sys.setswitchinterval(_SWITCH_SECONDS)
    app = create_app()
    # What has been imported stays for good: to look through it for garbage would hold up requests.
    gc.collect()
    gc.freeze()
    return app


def create_app(settings: Settings | None = None) -> FastAPI:
    """The app; settings come from the environment unless they are given."""
    settings = settings or load(Settings)
    logs.configure("model-server", settings.log_level)
    tracing.configure("model-server")
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
        docs_url=None,
        redoc_url=None,
    )
    problem_details.install(app)
    for family in (predict, explain, past, models, status, documentation):
        app.include_router(family.router)
    app.add_middleware(DirectMiddleware, routes=predict.router.routes)
    if settings.api_keys:
        app.add_middleware(ApiKeyMiddleware, keys=settings.api_keys, rate=settings.api_key_requests_per_second)
    app.add_middleware(MetricsMiddleware, telemetry=telemetry.http)
    app.add_middleware(problem_details.MistakesMiddleware)
    if tracing.wanted():
        app.add_middleware(tracing.TracingMiddleware)
    if settings.cors_origins:
        origins, methods = list(settings.cors_origins), ["GET", "POST"]
        app.add_middleware(CORSMiddleware, allow_origins=origins, allow_methods=methods, allow_headers=["*"])
    app.add_middleware(RequestHeadersMiddleware, policies={documentation.PAGE: documentation.POLICY})

    @app.get("/metrics", include_in_schema=False)
    def metrics() -> Response:
        return Response(exposition(telemetry.registry), media_type=CONTENT_TYPE_LATEST)

    @app.get("/", include_in_schema=False)
    async def root() -> RedirectResponse:
        return RedirectResponse(documentation.PAGE)

    def describe() -> dict[str, Any]:
        return openapi.describe(app, app.state.services)

    app.openapi = describe  # type: ignore[method-assign]  # FastAPI's documented way to replace it
    return app
