"""Calls of the services' APIs by hand: a fixed list, so that nobody asks the page for an address of their own."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote, urlencode

import httpx
from relevo_contract.data_api import RUN_ID_HEADER, Address

# As the data API's log of requests names the page's.
BY_HAND = "by hand, from the page"
# An answer of the data API may have tens of MB; nobody reads more than this.
SHOWN_CHARACTERS = 20_000
SECONDS = 60

Service = Literal["inference", "data_api", "mlflow", "airflow"]
# What the page warns of before the call is made.
Warned = Literal["", "takes_a_batch", "restarts", "is_recorded"]


@dataclass(frozen=True)
class Call:
    """`path` may hold `{problem}`. A call of the data API's data is the operator's."""

    service: Service
    method: Literal["GET", "POST"]
    path: str
    warned: Warned = ""
    # Whether it takes a row of the problem as its body, and a group as its query.
    body: bool = False
    query: bool = False

    @property
    def needs_operator(self) -> bool:
        return self.warned in ("takes_a_batch", "restarts")

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"


CALLS = (
    Call("inference", "POST", "/models/{problem}/predict", "is_recorded", body=True),
    Call("inference", "POST", "/models/{problem}/explain", body=True),
    Call("inference", "GET", "/models/{problem}"),
    Call("inference", "GET", "/models"),
    Call("inference", "GET", "/model-info"),
    Call("inference", "GET", "/health"),
    Call("inference", "GET", "/readyz"),
    Call("inference", "GET", "/livez"),
    Call("inference", "GET", "/metrics"),
    Call("data_api", "GET", "/data", "takes_a_batch", query=True),
    Call("data_api", "GET", "/restart_data_generation", "restarts", query=True),
    Call("data_api", "GET", "/health"),
    Call("data_api", "GET", "/requests", query=True),
    Call("mlflow", "GET", "/health"),
    Call("mlflow", "GET", "/version"),
    Call("airflow", "GET", "/api/v2/monitor/health"),
    Call("airflow", "GET", "/api/v2/version"),
)


@dataclass(frozen=True)
class Answer:
    """`status` is None when there was no answer; `trouble` then says why. `text` is cut, `size` is not."""

    request: str
    status: int | None
    phrase: str
    milliseconds: float
    size: int
    content_type: str
    text: str
    cut: bool
    trouble: str = ""

    @property
    def succeeded(self) -> bool:
        return self.status is not None and self.status < 400


class BodyError(ValueError):
    """What was typed is no JSON."""


class Caller:
    """Makes the calls. `addresses` are those that this process reaches; `headers` go along and are not shown.

    `data_api` says for each problem where its data is asked for.
    """

    def __init__(
        self,
        addresses: dict[Service, str],
        data_api: Callable[[str], Address],
        headers: dict[Service, dict[str, str]],
    ) -> None:
        self._addresses = addresses
        self._data_api = data_api
        self._headers = headers

    def query(self, problem: str) -> str:
        """What a run of the problem asks the data API with."""
        at = self._data_api(problem)
        return urlencode({"group_number": at.group_number, **at.parameters})

    def url(self, call: Call, problem: str, query: str = "") -> str:
        part = quote(problem, safe="")
        at = self._data_api(problem).url if call.service == "data_api" else self._addresses[call.service]
        base = at.rstrip("/")
        asked = f"?{query.strip().lstrip('?')}" if call.query and query.strip() else ""
        return f"{base}{call.path.replace('{problem}', part)}{asked}"

    def __call__(self, call: Call, problem: str, query: str = "", body: str = "") -> Answer:
        """Make a call once. Raises `BodyError` before anything is sent."""
        url = self.url(call, problem, query)
        content = _json(body) if call.body else None
        shown = f"{call.method} {url}" + (f"\nContent-Type: application/json\n\n{content}" if content else "")
        headers = {**self._headers.get(call.service, {})}
        if content:
            headers["Content-Type"] = "application/json"
        if call.service == "data_api":
            headers[RUN_ID_HEADER] = BY_HAND
        try:
            answer = httpx.request(call.method, url, content=content, headers=headers, timeout=SECONDS)
        except (httpx.TransportError, httpx.InvalidURL) as error:
            return Answer(shown, None, "", 0, 0, "", "", cut=False, trouble=str(error) or type(error).__name__)
        text = _readable(answer)
        return Answer(
            request=shown,
            status=answer.status_code,
            phrase=answer.reason_phrase,
            milliseconds=1000 * answer.elapsed.total_seconds(),
            size=len(answer.content),
            content_type=answer.headers.get("Content-Type", ""),
            text=text[:SHOWN_CHARACTERS],
            cut=len(text) > SHOWN_CHARACTERS,
        )


def _json(body: str) -> str:
    try:
        value: Any = json.loads(body)
    except ValueError as error:
        raise BodyError(str(error)) from error
    return json.dumps(value, indent=2, ensure_ascii=False)


def _readable(answer: httpx.Response) -> str:
    """JSON on several lines, unless it is as large as a batch."""
    if "json" in answer.headers.get("Content-Type", "") and len(answer.content) < 10 * SHOWN_CHARACTERS:
        try:
            return json.dumps(answer.json(), indent=2, ensure_ascii=False)
        except ValueError:
            pass
    return answer.text
