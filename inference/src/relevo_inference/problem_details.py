"""Errors as problem documents (RFC 9457): what was wrong, and what to do."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from pydantic_core import to_json
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

MEDIA_TYPE = "application/problem+json"

log = structlog.get_logger(__name__)


class FieldError(BaseModel):
    """One thing that is wrong with one field; `row` is its position in `rows`, when there are rows."""

    field: str
    message: str
    allowed: str
    row: int | None = None


class ProblemDocument(BaseModel):
    """The body of every answer that is not a success."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    instance: str = Field(description="the path of the request")
    request_id: str | None = None
    errors: list[FieldError] | None = None


class ProblemError(Exception):
    """Ends a request with a problem document."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        errors: Sequence[FieldError] = (),
        retry_after: int | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.errors = list(errors)
        self.headers = {} if retry_after is None else {"Retry-After": str(retry_after)}


def _answer(request: Request, status: int, detail: str, errors: Sequence[FieldError], headers: Any) -> Response:
    document = ProblemDocument(
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        instance=request.url.path,
        request_id=request.scope.get("state", {}).get("request_id"),
        errors=list(errors) or None,
    )
    # A path may hold a lone surrogate, which UTF-8 cannot.
    body = to_json(document.model_dump(exclude_none=True), inf_nan_mode="null", fallback=str)
    return Response(body, status, headers=headers, media_type=MEDIA_TYPE)


def response_to(request: Request, error: ProblemError) -> Response:
    """The document as a response, for who answers before the app does."""
    return _answer(request, error.status, error.detail, error.errors, error.headers)


async def _on_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, ProblemError)  # noqa: S101 - for the type checker: registered for nothing else
    return response_to(request, error)


async def _on_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101
    detail = {
        404: f"there is no {request.url.path}; /docs lists what there is",
        405: f"{request.url.path} does not take {request.method}",
    }.get(error.status_code, str(error.detail))
    return _answer(request, error.status_code, detail, (), error.headers)


async def _on_validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    errors = [FieldError(field=".".join(map(str, e["loc"])), message=e["msg"], allowed="") for e in error.errors()]
    first = errors[0]
    return _answer(request, 422, f"{first.field}: {first.message}", errors, None)


def _mistake(request: Request, error: Exception) -> Response:
    request_id = request.scope.get("state", {}).get("request_id")
    log.error("request failed", path=request.url.path, error=type(error).__name__, request_id=request_id)
    return _answer(request, 500, "the server made a mistake; its log names it by the request id", (), None)


class MistakesMiddleware:
    """Answers with a problem document where the app has failed, and lets the error go on to the server's log.

    Starlette would answer outside of all other middleware, and so without the headers that protect an answer; this
    one is behind `RequestHeadersMiddleware`, which notes the status.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self.app(scope, receive, send)
        except Exception as error:
            if scope["type"] == "http" and "status" not in scope["state"]:
                await _mistake(Request(scope), error)(scope, receive, send)
            raise


def install(app: FastAPI) -> None:
    """Makes every error that `app` knows of a problem document; for the others there is `MistakesMiddleware`."""
    app.add_exception_handler(ProblemError, _on_problem)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(RequestValidationError, _on_validation)


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that may answer with these errors."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}}
    return {s: {"description": HTTPStatus(s).phrase, "content": content} for s in statuses}
