"""What the data API delivers, read strictly: one batch, or the end, or a sentence that says what was wrong."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

import httpx
from relevo_contract.columns import Column
from relevo_problems.problem import Problem

END_OF_DATA = (
    "Ya se recolectó toda la información mínima necesaria",
    "Ya se recolectó toda la informacion minima necesaria",
)
RUN_ID_HEADER = "X-Relevo-Run-Id"
DATA_HEADER = "X-Relevo-Data"

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


def request(url: str, group_number: int, run_id: str, timeout_seconds: float) -> httpx.Response:
    """Send the one request. Redirects are not followed: following one would be a second request."""
    try:
        return httpx.get(
            f"{url.rstrip('/')}/data",
            params={"group_number": group_number},
            headers={RUN_ID_HEADER: run_id},
            timeout=timeout_seconds,
            follow_redirects=False,
        )
    except httpx.TimeoutException as error:
        raise DeliveryError(f"the data API at {url} did not answer within {timeout_seconds:g} s") from error
    except httpx.HTTPError as error:
        raise DeliveryError(f"the data API at {url} could not be reached: {error}") from error


def read(response: httpx.Response, problem: Problem) -> Delivery:
    """The batch in a response.

    Raises:
        EndOfDataError: there is no more data.
        DeliveryError: anything else that is not a batch of rows.
    """
    status = response.status_code
    body = _body(response)
    if status == httpx.codes.BAD_REQUEST and _detail(body).startswith(END_OF_DATA):
        raise EndOfDataError(_detail(body), status)
    if status != httpx.codes.OK:
        raise DeliveryError(f"the data API answered {status}: {_detail(body) or response.text[:200]}", status)
    rows = body.get("data") if isinstance(body, dict) else None
    if not isinstance(rows, list):
        raise DeliveryError("the data API's answer has no list called `data`", status)
    if not rows:
        raise DeliveryError("the data API's answer has an empty list of rows", status)
    return Delivery(
        batch=str(body.get("batch_number", "")),
        data=response.headers.get(DATA_HEADER, "real"),
        rows=[_cells(number, row, problem.columns, status) for number, row in enumerate(rows)],
        size=len(response.content),
        sha256=hashlib.sha256(response.content).hexdigest(),
        http_status=status,
    )


def _body(response: httpx.Response) -> Any:
    try:
        return json.loads(response.content)
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        if response.is_success:
            raise DeliveryError(f"the data API's answer is not JSON: {error}", response.status_code) from error
        return None


def _detail(body: Any) -> str:
    return str(body.get("detail", "")) if isinstance(body, dict) else ""


def _cells(number: int, row: Any, columns: tuple[Column, ...], status: int) -> Cells:
    if isinstance(row, dict):
        return [_text(row.get(column.name)) for column in columns]
    if isinstance(row, list) and len(row) == len(columns):
        return [_text(cell) for cell in row]
    found = f"a list of {len(row)}" if isinstance(row, list) else type(row).__name__
    raise DeliveryError(f"row {number} of the data API's answer is {found}, not {len(columns)} cells", status)


def _text(cell: Any) -> str | None:
    return cell if cell is None or isinstance(cell, str) else json.dumps(cell, ensure_ascii=False)
