"""What the data API delivers, read strictly: one batch, or the end, or a sentence that says what was wrong."""

import hashlib
import json
import time
import unicodedata
from dataclasses import dataclass
from typing import Any, get_args

import httpx
from relevo_contract.card import DataKind
from relevo_contract.columns import Column
from relevo_contract.data_api import DATA_HEADER, END_OF_DATA, RUN_ID_HEADER
from relevo_contract.tables import NAME
from relevo_problems.problem import Problem

from relevo_pipeline.settings import Settings


def _without_accents(text: str) -> str:
    """Older data APIs spell the end of the data without them."""
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


_END = _without_accents(END_OF_DATA)

Cells = list[str | None]


@dataclass(frozen=True)
class Delivery:
    """One batch: `rows` in the order of the problem's columns, every cell as the text that was delivered.

    `size` is the body's, in bytes.
    """

    batch: str
    data: str
    rows: list[Cells]
    size: int
    sha256: str
    http_status: int


class DeliveryError(Exception):
    """The answer is of no use. `http_status` is None when there was no answer."""

    def __init__(self, sentence: str, http_status: int | None = None) -> None:
        super().__init__(sentence)
        self.http_status = http_status


class EndOfDataError(Exception):
    """The data API has delivered everything it has."""

    def __init__(self, detail: str, http_status: int) -> None:
        super().__init__(detail)
        self.http_status = http_status


def request(settings: Settings, run_id: str) -> httpx.Response:
    """Send the one request. Redirects are not followed: following one would be a second request.

    Raises:
        DeliveryError: no whole answer within the time and the size that the settings allow.
    """
    url, patience = settings.data_api_url.rstrip("/"), settings.data_api_timeout_seconds
    end = time.monotonic() + patience
    body = bytearray()
    try:
        with httpx.stream(
            "GET",
            f"{url}/data",
            params={"group_number": settings.group_number},
            headers={RUN_ID_HEADER: run_id},
            timeout=patience,
            follow_redirects=False,
        ) as answer:
            # The timeout above is for each wait: an answer that trickles would outlive it.
            for piece in answer.iter_bytes():
                body += piece
                if time.monotonic() > end:
                    raise DeliveryError(
                        f"the data API at {url} did not finish within {patience:g} s", answer.status_code
                    )
                if len(body) > settings.data_api_max_bytes:
                    raise DeliveryError(
                        f"the data API at {url} sent more than {settings.data_api_max_bytes:,} bytes; "
                        "raise DATA_API_MAX_BYTES if that is right",
                        answer.status_code,
                    )
    except httpx.TimeoutException as error:
        raise DeliveryError(f"the data API at {url} did not answer within {patience:g} s") from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise DeliveryError(f"the data API at {url} could not be reached: {error}") from error
    kind = {DATA_HEADER: answer.headers[DATA_HEADER]} if DATA_HEADER in answer.headers else {}
    return httpx.Response(answer.status_code, headers=kind, content=bytes(body))


def read(response: httpx.Response, problem: Problem) -> Delivery:
    """The batch in a response.

    Raises:
        EndOfDataError: there is no more data.
        DeliveryError: anything else that is not a batch of rows.
    """
    status = response.status_code
    body = _body(response)
    if status == httpx.codes.BAD_REQUEST and _without_accents(_detail(body)).startswith(_END):
        raise EndOfDataError(_detail(body), status)
    if status != httpx.codes.OK:
        raise DeliveryError(f"the data API answered {status}: {_detail(body) or response.text[:200]}", status)
    rows = body.get("data") if isinstance(body, dict) else None
    if not isinstance(rows, list):
        raise DeliveryError("the data API's answer has no list called `data`", status)
    if not rows:
        raise DeliveryError("the data API's answer has an empty list of rows", status)
    kind = response.headers.get(DATA_HEADER, "real")
    if kind not in get_args(DataKind):
        raise DeliveryError(f"the data API says in {DATA_HEADER} that its data is {kind[:40]!r}", status)
    batch = str(body.get("batch_number", ""))
    if len(batch) > NAME:
        raise DeliveryError(f"the data API's batch_number has {len(batch)} characters, not at most {NAME}", status)
    return Delivery(
        batch=batch,
        data=kind,
        rows=[_cells(number, row, problem.columns, status) for number, row in enumerate(rows)],
        size=len(response.content),
        sha256=hashlib.sha256(response.content).hexdigest(),
        http_status=status,
    )


def _body(response: httpx.Response) -> Any:
    try:
        return json.loads(response.content)
    except (ValueError, RecursionError) as error:
        if response.is_success:
            raise DeliveryError(f"the data API's answer is not JSON: {error}", response.status_code) from error
        return None


def _detail(body: Any) -> str:
    return str(body.get("detail", ""))[:500] if isinstance(body, dict) else ""


def _cells(number: int, row: Any, columns: tuple[Column, ...], status: int) -> Cells:
    if isinstance(row, dict):
        return [_text(row.get(column.name)) for column in columns]
    if isinstance(row, list) and len(row) == len(columns):
        return [_text(cell) for cell in row]
    found = f"a list of {len(row)}" if isinstance(row, list) else type(row).__name__
    raise DeliveryError(f"row {number} of the data API's answer is {found}, not {len(columns)} cells", status)


def _text(cell: Any) -> str | None:
    return cell if cell is None or isinstance(cell, str) else json.dumps(cell, ensure_ascii=False)
