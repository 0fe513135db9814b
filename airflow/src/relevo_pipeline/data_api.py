"""The one request to the data API: a whole answer within the time and the size allowed, or a sentence."""

import asyncio
import os
import re
import zlib

import httpx
from relevo_contract import tracing
from relevo_contract.data_api import DATA_HEADER, RUN_ID_HEADER
from relevo_problems.problem import Problem

from relevo_pipeline.delivery import DeliveryError
from relevo_pipeline.settings import Settings

_KEPT_HEADERS = (DATA_HEADER, "Content-Type", "Location")
_NOT_COMPRESSED = ("", "identity")


def request(settings: Settings, problem: Problem, run_id: str) -> httpx.Response:
    """Send the one request, as the problem's source says.

    Redirects are not followed: following one would be a second request.

    Returns:
        The answer, unpacked, with the headers that say something about its content.

    Raises:
        DeliveryError: no whole answer within the time and the size that the settings allow.
    """
    with tracing.asking("ask the data API") as trace:
        return asyncio.run(_request(settings, problem, {**trace, RUN_ID_HEADER: run_id}))


async def _request(settings: Settings, problem: Problem, headers: dict[str, str]) -> httpx.Response:
    asked, patience = settings.data_api(problem.name), settings.data_api_timeout_seconds
    api = f"the data API at {_without_password(asked.url)}"
    status: int | None = None
    try:
        # httpx's own timeout is for each wait: an answer that trickles would outlive it, headers and all.
        async with (
            asyncio.timeout(patience),
            httpx.AsyncClient(timeout=patience) as client,
            client.stream(
                "GET",
                f"{asked.url}{problem.source.path}",
                params={"group_number": asked.group_number, **problem.source.parameters, **asked.parameters},
                headers={**headers, "Accept-Encoding": "gzip"},
                follow_redirects=False,
            ) as answer,
        ):
            status = answer.status_code
            body = await _body(api, answer, settings.data_api_max_bytes)
    except (TimeoutError, httpx.TimeoutException) as error:
        unfinished = "answer" if status is None else "finish its answer"
        raise DeliveryError(f"{api} did not {unfinished} within {patience:g} s", status) from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise DeliveryError(f"{api} {_failure(error, answered=status is not None)}", status) from error
    kept = {name: answer.headers[name] for name in _KEPT_HEADERS if name in answer.headers}
    return httpx.Response(status, headers=kept, content=body)


async def _body(api: str, answer: httpx.Response, limit: int) -> bytes:
    """The body, unpacked by no more than `limit` bytes: a few KiB may hold gigabytes."""
    status = answer.status_code
    coding = answer.headers.get("Content-Encoding", "").strip().lower()
    if coding not in (*_NOT_COMPRESSED, "gzip"):
        raise DeliveryError(f"{api} compressed its answer as {coding[:40]!r}, not as gzip", status)
    gunzip = None if coding in _NOT_COMPRESSED else zlib.decompressobj(zlib.MAX_WBITS | 16)
    body = bytearray()
    try:
        async for piece in answer.aiter_raw():
            body += piece if gunzip is None else gunzip.decompress(piece, limit + 1 - len(body))
            if len(body) > limit:
                raise DeliveryError(
                    f"{api} sent more than {limit:,} bytes; raise DATA_API_MAX_BYTES if that is right", status
                )
    except zlib.error as error:
        raise DeliveryError(f"{api} says that its answer is gzip and it is not", status) from error
    if gunzip is not None and (not gunzip.eof or gunzip.unused_data):
        raise DeliveryError(f"{api} sent a gzip stream that is not one whole stream", status)
    return bytes(body)


def _failure(error: Exception, *, answered: bool) -> str:
    if answered:
        return "broke off in the middle of its answer"
    if isinstance(error, httpx.ReadError) or "disconnected without sending" in str(error):
        return "closed the connection without an answer"
    if isinstance(error, httpx.RemoteProtocolError):
        return f"does not speak HTTP: {error}"
    return f"could not be reached: {_cause(error)}"


def _cause(error: BaseException) -> str:
    """What the system said, if it did: the libraries on the way only say that all attempts failed."""
    said, deeper = str(error), error.__cause__ or error.__context__
    while deeper is not None:
        if isinstance(deeper, OSError) and deeper.errno is not None:
            # A name that is not found has a number of its own kind.
            said = os.strerror(deeper.errno) if deeper.errno > 0 else str(deeper.strerror)
        deeper = deeper.__cause__ or deeper.__context__
    return said


def _without_password(url: str) -> str:
    return re.sub(r"//[^/]*@", "//", url)
