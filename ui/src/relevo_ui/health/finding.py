"""What one look at a service found."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import httpx

State = Literal["well", "ill", "down"]
# Why a service is not well; the page has a sentence for each.
Kind = Literal["unreachable", "refused", "unintelligible", "login", "degraded", "no_model", "heartbeat", "missing"]

# As long as somebody would wait for a page; a service that takes longer is not well.
SECONDS = 3


@dataclass(frozen=True)
class Trouble:
    """`detail` is the service's or the driver's own word."""

    kind: Kind
    detail: str = ""


@dataclass(frozen=True)
class Finding:
    """`since` is the start that the service names itself, `backlog` how many predictions wait for the database."""

    service: str
    state: State
    version: str | None = None
    since: datetime | None = None
    milliseconds: float | None = None
    trouble: Trouble | None = None
    backlog: int | None = None
    # Whether a data API's rows are real or simulated, where it says so.
    data: str | None = None


Check = Callable[[], list[Finding]]


class LookError(Exception):
    """The look at a service failed."""

    def __init__(self, kind: Kind, detail: str) -> None:
        super().__init__(detail)
        self.trouble = Trouble(kind, detail[:300])


class Stopwatch:
    """Milliseconds since it was made, or until it was stopped."""

    def __init__(self) -> None:
        self._started = time.perf_counter()
        self.milliseconds = 0.0

    def stop(self) -> None:
        self.milliseconds = 1000 * (time.perf_counter() - self._started)


@contextmanager
def timed() -> Iterator[Stopwatch]:
    """How long the first answer took."""
    watch = Stopwatch()
    yield watch
    watch.stop()


def client(url: str) -> httpx.Client:
    """A client that connects anew for each look, as somebody who comes to the service would."""
    limits = httpx.Limits(max_keepalive_connections=0)
    return httpx.Client(base_url=url.rstrip("/"), timeout=SECONDS, limits=limits)


def get(http: httpx.Client, path: str, **options: Any) -> httpx.Response:
    """An answer of any status below 500. Raises a `LookError` otherwise."""
    try:
        answer = http.get(path, **options)
    except httpx.TimeoutException as error:
        raise LookError("unreachable", f"no answer within {SECONDS} s") from error
    except httpx.TransportError as error:
        raise LookError("unreachable", str(error) or type(error).__name__) from error
    if answer.is_server_error:
        raise LookError("refused", f"{answer.status_code} {answer.reason_phrase}")
    return answer


def document(answer: httpx.Response) -> dict[str, Any]:
    """The JSON object in an answer. Raises a `LookError` when there is none: something else is at the address."""
    try:
        body = answer.json()
    except ValueError:
        body = None
    if answer.is_error or not isinstance(body, dict):
        raise LookError("unintelligible", f"{answer.request.url.path} answered {answer.status_code}")
    return body


def down(service: str, error: LookError) -> Finding:
    """Nothing is known but that it is not well."""
    return Finding(service, "down", trouble=error.trouble)
