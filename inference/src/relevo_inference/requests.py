"""What every request brings: its id, its body within limits, how fresh an answer it wants."""

import os
import re
import time
from collections.abc import Mapping
from typing import Any

import structlog
from pydantic_core import from_json
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from relevo_inference.problem_details import ProblemError
from relevo_inference.time_limit import TimeLimit

log = structlog.get_logger(__name__)

_NAME = b"x-request-id"
# Goes into logs, the journal (64 characters wide) and back into a header.
_SANE_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")


# Answers are data for one client: not to be kept, framed, run or guessed at.
_PROTECTION = (
    (b"cache-control", b"no-store"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
)
_POLICY = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")


class RequestHeadersMiddleware:
    """Takes a sane `X-Request-Id` or makes one, and sends it back with the headers that protect an answer.

    What is behind it finds the request's id and the answer's status in `scope["state"]`.

    Who names a request wants to find it again: only those have a line in the log. It costs as much as a prediction.

    `policies` say for pages, by path, what a browser may load for them; for all else it is nothing.
    """

    def __init__(self, app: ASGIApp, policies: Mapping[str, bytes]) -> None:
        self.app = app
        self._policies = {path: (b"content-security-policy", policy) for path, policy in policies.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = next((value for name, value in scope["headers"] if name == _NAME), b"").decode("latin-1")
        named = _SANE_ID.fullmatch(given) is not None
        request_id = given if named else os.urandom(16).hex()
        state = scope.setdefault("state", {})
        state["request_id"] = request_id
        own = [(_NAME, request_id.encode()), *_PROTECTION]
        own.append(self._policies.get(scope["path"], _POLICY))

        began = time.perf_counter()

        async def send_with_own(message: Message) -> None:
            if message["type"] == "http.response.start":
                state["status"] = message["status"]
                message["headers"] = [*message["headers"], *own]
            await send(message)

        try:
            await self.app(scope, receive, send_with_own)
        finally:
            if named:
                milliseconds = round((time.perf_counter() - began) * 1000, 3)
                asked = {"method": scope["method"], "path": scope["path"], "request_id": request_id}
                log.info("answered", **asked, status=state.get("status", 0), duration_ms=milliseconds)


def wants_fresh(request: Request) -> bool:
    """Whether the caller refuses an alias that was looked up before its request (`Cache-Control: no-cache`)."""
    return any(
        name == b"cache-control" and b"no-cache" in value.lower() for name, value in request.scope["headers"]
    )


async def body_of(request: Request, limit: int, time_limit: TimeLimit) -> bytes:
    """The body. 413 above `limit` bytes, 408 when it does not come, 400 when there is none."""
    try:
        body = await time_limit.on(_read(request, limit))
    except TimeoutError:
        raise ProblemError(408, f"the body did not come within {time_limit.seconds:g} s") from None
    if not body:
        raise ProblemError(400, 'the body is empty; send one row as a JSON object, or {"rows": [...]}')
    return body


def parsed(body: bytes) -> Any:
    """What the JSON says; 400 when it is none (NaN is not)."""
    try:
        return from_json(body, allow_inf_nan=False)
    except ValueError as error:
        raise ProblemError(400, f"the body is not JSON: {error}") from None


async def _read(request: Request, limit: int) -> bytes:
    too_large = f"the body is larger than {limit} bytes; send the rows in several requests"
    declared = next((value for name, value in request.scope["headers"] if name == b"content-length"), b"")
    if declared.isdigit() and int(declared[:20]) > limit:
        raise ProblemError(413, too_large)
    chunks: list[bytes] = []
    size = 0
    more = True
    while more:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ProblemError(400, "the connection ended before the body did")
        chunk = message.get("body", b"")
        more = message.get("more_body", False)
        size += len(chunk)
        if size > limit:
            raise ProblemError(413, too_large)
        chunks.append(chunk)
    return b"".join(chunks)
