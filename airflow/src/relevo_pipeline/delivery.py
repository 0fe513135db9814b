"""What the data API delivers, read strictly: one batch, or the end, or a sentence that says what was wrong."""

import hashlib
import json
import unicodedata
from dataclasses import dataclass, field
from typing import Any, get_args

import httpx
from relevo_contract.card import DataKind
from relevo_contract.data_api import DATA_HEADER, END_OF_DATA
from relevo_contract.tables import NAME
from relevo_problems.problem import Problem

from relevo_pipeline.row_shapes import Cells, ShapeError, shape, storable


def _without_accents(text: str) -> str:
    """Older data APIs spell the end of the data without them."""
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


_END = _without_accents(END_OF_DATA)


@dataclass(frozen=True)
class Delivery:
    """One batch: `rows` in the order of the problem's columns, every cell as the text that was delivered.

    `extra` holds, by row number, the cells that no column is for, as JSON. `findings` is what was noticed about
    the answer and is no reason to refuse it. `size` is the body's, in bytes.
    """

    batch: str
    data: str
    rows: list[Cells]
    size: int
    sha256: str
    http_status: int
    extra: dict[int, str] = field(default_factory=dict)
    findings: dict[str, Any] = field(default_factory=dict)


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
        raise DeliveryError(_refusal(response, _detail(body)), status)
    rows = body.get("data") if isinstance(body, dict) else None
    if not isinstance(rows, list):
        raise DeliveryError("the data API's answer has no list called `data`", status)
    if not rows:
        raise DeliveryError("the data API's answer has an empty list of rows", status)
    kind = response.headers.get(DATA_HEADER, "real")
    if kind not in get_args(DataKind):
        raise DeliveryError(f"the data API says in {DATA_HEADER} that its data is {kind[:40]!r}", status)
    number = body.get("batch_number")
    batch = "" if number is None else storable(str(number))
    if len(batch) > NAME:
        raise DeliveryError(f"the data API's batch_number has {len(batch)} characters, not at most {NAME}", status)
    try:
        shaped = shape(rows, [column.name for column in problem.delivered])
    except ShapeError as error:
        raise DeliveryError(str(error), status) from error
    findings: dict[str, Any] = {}
    if shaped.missing or shaped.unexpected:
        findings["schema_changes"] = {"missing": shaped.missing, "unexpected": shaped.unexpected}
    if not _is_json(content_type := _content_type(response)):
        findings["content_type"] = content_type
    return Delivery(
        batch=batch,
        data=kind,
        rows=_storable(shaped.cells) if _may_hold_surrogates(response.content) else shaped.cells,
        size=len(response.content),
        sha256=hashlib.sha256(response.content).hexdigest(),
        http_status=status,
        extra=shaped.extra,
        findings=findings,
    )


def _body(response: httpx.Response) -> Any:
    """Numbers stay the text that was delivered: 1.10 is not 1.1, and 1e400 is no infinity yet."""
    try:
        text = response.content.decode("utf-8-sig")
        return json.loads(text, parse_float=str, parse_int=str, parse_constant=str)
    except (ValueError, RecursionError) as error:
        said = "it is nested too deeply" if isinstance(error, RecursionError) else error
        if response.status_code == httpx.codes.OK:
            kind = _content_type(response)
            what = "not JSON" if _is_json(kind) else f"not JSON but {kind!r}"
            raise DeliveryError(f"the data API's answer is {what}: {said}", response.status_code) from error
        return None


def _content_type(response: httpx.Response) -> str:
    return str(response.headers.get("Content-Type", "")).partition(";")[0].strip().lower()[:NAME]


def _is_json(content_type: str) -> bool:
    """Whether it claims to be; an API that claims nothing does not lie."""
    return content_type in ("", "application/json") or content_type.endswith("+json")


def _refusal(response: httpx.Response, detail: str) -> str:
    status, location = response.status_code, response.headers.get("Location")
    if location is not None and 300 <= status < 400:
        return (
            f"the data API answered {status} and points to {location[:200]!r}; "
            "to follow would be a second request: set DATA_API_URL to where the data is"
        )
    said = detail or storable(" ".join(response.text.split()))[:200]
    return f"the data API answered {status}: {said}" if said else f"the data API answered {status} without a word"


def _detail(body: Any) -> str:
    detail = body.get("detail") if isinstance(body, dict) else None
    if detail is None:
        return ""
    return storable(detail if isinstance(detail, str) else json.dumps(detail, ensure_ascii=False))[:500]


def _may_hold_surrogates(content: bytes) -> bool:
    return b"\\ud" in content or b"\\uD" in content


def _storable(rows: list[Cells]) -> list[Cells]:
    return [[cell and storable(cell) for cell in row] for row in rows]
