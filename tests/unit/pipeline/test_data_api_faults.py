"""Everything the data API can do wrong: one request, one state in the ledger, one sentence in the audit row.

docs/data-api.md is the same list for operators.
"""

import gzip
import json
import socket
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
from relevo_contract.data_api import END_OF_DATA
from relevo_pipeline import audit, ledger, task
from relevo_pipeline.errors import ExhaustedError, StepError
from relevo_pipeline.problem_tables import raw_table
from relevo_pipeline.run import Run
from relevo_pipeline.steps.collect import collect
from relevo_pipeline.steps.validate import validate_batch
from sqlalchemy import func, select
from support.data_api import Manner, ScriptedApi, hangs_up, resets_after, says, scripted_api, silent, trickles

AGAIN = " (Cleared or retried, a run never asks again: start a new run.)"
OK = b"HTTP/1.1 200 OK\r\n"
JSON_HEAD = OK + b"Content-Type: application/json\r\n"
MAX_BYTES = 2**20


@dataclass(frozen=True)
class Fault:
    """What the API does, and what must be read of it afterwards. `manner` goes before the plain answer."""

    sentence: str
    status: int | None = 200
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    manner: Manner | None = None


def data(*rows: object) -> bytes:
    return json.dumps({"batch_number": 1, "data": rows}).encode()


CELLS = [str(number) for number in range(13)]
NAMED = {"Elevation": "1", "Slope": "2"}
GZIP = (("Content-Encoding", "gzip"),)

FAULTS = {
    "slow beyond the timeout": Fault("the data API at {url} did not answer within 0.4 s", None, manner=silent),
    "slow, a header at a time": Fault(
        "the data API at {url} did not answer within 0.4 s", None, manner=trickles(OK, b"X-Filler: 1\r\n")
    ),
    "slow, a byte of the body at a time": Fault(
        "the data API at {url} did not finish its answer within 0.4 s",
        manner=trickles(JSON_HEAD + b"Content-Length: 1000\r\n\r\n"),
    ),
    "closed without an answer": Fault(
        "the data API at {url} closed the connection without an answer", None, manner=hangs_up
    ),
    "reset without an answer": Fault(
        "the data API at {url} closed the connection without an answer", None, manner=resets_after(b"")
    ),
    "reset in mid-body": Fault(
        "the data API at {url} broke off in the middle of its answer",
        manner=resets_after(JSON_HEAD + b'Content-Length: 1000\r\n\r\n{"data": [["1", '),
    ),
    "closed in mid-body": Fault(
        "the data API at {url} broke off in the middle of its answer",
        manner=says(JSON_HEAD + b'Content-Length: 1000\r\n\r\n{"data": [["1", '),
    ),
    "closed in mid-chunk": Fault(
        "the data API at {url} broke off in the middle of its answer",
        manner=says(JSON_HEAD + b'Transfer-Encoding: chunked\r\n\r\nff\r\n{"data": [["1", '),
    ),
    "no HTTP at all": Fault(
        "the data API at {url} does not speak HTTP: illegal status line: bytearray(b'220 mail ESMTP')",
        None,
        manner=says(b"220 mail ESMTP\r\n\r\n"),
    ),
    "400 with a detail": Fault(
        "the data API answered 400: Número de grupo inválido",
        400,
        '{"detail": "Número de grupo inválido"}'.encode(),
    ),
    "404 with text": Fault("the data API answered 404: nothing here", 404, b"nothing\r\n  here\n"),
    "422 with a list of details": Fault(
        'the data API answered 422: [{"msg": "Input should be a valid integer"}]',
        422,
        b'{"detail": [{"msg": "Input should be a valid integer"}]}',
    ),
    "500 without a word": Fault("the data API answered 500 without a word", 500),
    "503 with a page": Fault("the data API answered 503: <h1>Busy</h1>", 503, b"<h1>Busy</h1>"),
    "500 whose detail is no text of UTF-8": Fault(
        r"the data API answered 500: half a pair: \ud800", 500, rb'{"detail": "half a pair: \ud800"}'
    ),
    "204, no content": Fault("the data API answered 204 without a word", 204),
    "a redirect": Fault(
        "the data API answered 302 and points to '/elsewhere'; to follow would be a second request: "
        "set DATA_API_URL to where the data is",
        302,
        headers=(("Location", "/elsewhere"),),
    ),
    "a redirect to nowhere": Fault("the data API answered 302 without a word", 302),
    "a login page": Fault(
        "the data API's answer is not JSON but 'text/html': Expecting value: line 1 column 1 (char 0)",
        body=b"<html>Please log in",
        headers=(("Content-Type", "text/html; charset=utf-8"),),
    ),
    "truncated JSON": Fault(
        "the data API's answer is not JSON: Expecting value: line 1 column 17 (char 16)", body=b'{"data": [["1", '
    ),
    "an empty body": Fault("the data API's answer is not JSON: Expecting value: line 1 column 1 (char 0)"),
    "invalid UTF-8": Fault(
        "the data API's answer is not JSON: "
        "'utf-8' codec can't decode byte 0xff in position 11: invalid start byte",
        body=b'{"data": ["\xff"]}',
    ),
    "brackets without an end": Fault(
        "the data API's answer is not JSON: it is nested too deeply",
        body=b"[" * 100_000,
    ),
    "a bare list": Fault("the data API's answer has no list called `data`", body=b"[]"),
    "data that is not a list": Fault("the data API's answer has no list called `data`", body=b'{"data": {}}'),
    "an empty list": Fault("the data API's answer has an empty list of rows", body=data()),
    "a row that is text": Fault(
        "row 0 of the data API's answer is one text or number, not 13 cells", body=data("x", CELLS)
    ),
    "a row that is null": Fault("row 1 of the data API's answer is null, not 13 cells", body=data(CELLS, None)),
    "lists of mixed length": Fault(
        "row 2 of the data API's answer is a list of 12, not 13 cells", body=data(CELLS, CELLS, CELLS[1:])
    ),
    "lists with a column too many": Fault(
        "row 0 of the data API's answer is a list of 14, not 13 cells", body=data([*CELLS, "x"])
    ),
    "lists, then an object": Fault(
        "row 1 of the data API's answer is an object, not 13 cells", body=data(CELLS, NAMED)
    ),
    "objects, then a list": Fault(
        "row 1 of the data API's answer is a list of 13, and the rows before it are objects",
        body=data(NAMED, CELLS),
    ),
    "objects of something else": Fault(
        "no row of the data API's answer has any of the problem's columns; there are: price, beds",
        body=data({"price": 1, "beds": 2}, {"price": 2}),
    ),
    "objects without anything": Fault(
        "no row of the data API's answer has any of the problem's columns; there are: none at all", body=data({})
    ),
    "a batch_number that is a novel": Fault(
        "the data API's batch_number has 65 characters, not at most 64",
        body=json.dumps({"batch_number": "x" * 65, "data": [CELLS]}).encode(),
    ),
    "an unknown kind of data": Fault(
        "the data API says in X-Relevo-Data that its data is 'made up'",
        body=data(CELLS),
        headers=(("X-Relevo-Data", "made up"),),
    ),
    "a body beyond the limit": Fault(
        "the data API at {url} sent more than 1,048,576 bytes; raise DATA_API_MAX_BYTES if that is right",
        body=b" " * (MAX_BYTES + 1),
    ),
    "a body without an end": Fault(
        "the data API at {url} sent more than 1,048,576 bytes; raise DATA_API_MAX_BYTES if that is right",
        manner=trickles(JSON_HEAD + b"\r\n", b" " * MAX_BYTES),
    ),
    "a zip bomb": Fault(
        "the data API at {url} sent more than 1,048,576 bytes; raise DATA_API_MAX_BYTES if that is right",
        body=gzip.compress(bytes(200 * 2**20), compresslevel=1),
        headers=GZIP,
    ),
    "gzip that is none": Fault(
        "the data API at {url} says that its answer is gzip and it is not", body=b'{"data": []}', headers=GZIP
    ),
    "gzip that was cut off": Fault(
        "the data API at {url} sent a gzip stream that is not one whole stream",
        body=gzip.compress(data(CELLS))[:-9],
        headers=GZIP,
    ),
    "compressed another way": Fault(
        "the data API at {url} compressed its answer as 'br', not as gzip",
        body=b"\x0b\x02\x80",
        headers=(("Content-Encoding", "br"),),
    ),
}


@pytest.fixture
def hurried(run: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The run with limits a test can wait for, also where a task opens it itself."""
    limits = {"data_api_timeout_seconds": 0.4, "data_api_max_bytes": MAX_BYTES}
    run = replace(run, settings=run.settings.model_copy(update=limits))
    monkeypatch.setattr(task, "settings", lambda: run.settings)
    return run


def perform(run: Run, name: str, step: Callable[[Run], object]) -> object:
    """As Airflow's task does: what goes wrong lands in the audit row."""
    return task.perform(name, step, run.problem.name, run.dag_run_id)


def refused(run: Run, name: str = "collect", step: Callable[[Run], object] = collect) -> str:
    """The sentence that the step ends with, which is the one in the audit row."""
    with pytest.raises(StepError) as ending:
        perform(run, name, step)
    entry = audit.read(run)
    assert (entry.failed_task, entry.error) == (name, str(ending.value))
    return str(ending.value)


def raw_rows(run: Run) -> int:
    with run.stores.raw.connect() as connection:
        return int(connection.scalar(select(func.count()).select_from(raw_table(run.problem))) or 0)


@pytest.mark.parametrize("name", FAULTS)
def test_one_request_and_a_sentence(hurried: Run, api: ScriptedApi, name: str) -> None:
    fault = FAULTS[name]
    api.status, api.body, api.manner = fault.status or 0, fault.body, fault.manner
    api.headers.update(fault.headers)
    sentence = fault.sentence.replace("{url}", api.url)

    assert refused(hurried) == sentence
    entry = ledger.find(hurried)
    assert (entry.state, entry.http_status, entry.error) == ("failed", fault.status, sentence)

    # Cleared, when all is well again: what counts is that this run has asked.
    api.status, api.body, api.manner = 200, data(CELLS), None
    api.headers.clear()
    assert refused(hurried) == sentence + AGAIN
    assert ledger.find(hurried) == entry
    assert api.run_ids == [hurried.dag_run_id]
    assert raw_rows(hurried) == 0


def test_nobody_listens(hurried: Run) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        away = hurried.settings.model_copy(update={"data_api_url": f"http://user:secret@127.0.0.1:{port}/"})
        lost = replace(hurried, settings=away)
        with pytest.raises(StepError) as ending:
            collect(lost)
    # The password is nobody's business.
    sentence = f"the data API at http://127.0.0.1:{port} could not be reached: Connection refused"
    assert str(ending.value) == sentence
    entry = ledger.find(lost)
    assert (entry.state, entry.http_status, entry.error) == ("failed", None, sentence)
    with scripted_api(port) as back, pytest.raises(StepError) as ending:
        collect(lost)
    assert str(ending.value) == sentence + AGAIN
    assert back.run_ids == []


@pytest.mark.parametrize(
    ("url", "cause"),
    [
        ("http://nobody.invalid", "Name or service not known"),
        ("http://host:abc", "Invalid port: 'abc'"),
        ("no-scheme", "Request URL is missing an 'http://' or 'https://' protocol."),
    ],
)
def test_an_address_that_is_none(run: Run, url: str, cause: str) -> None:
    settings = run.settings.model_copy(update={"data_api_url": url})
    with pytest.raises(StepError) as ending:
        collect(replace(run, settings=settings))
    assert str(ending.value).startswith(f"the data API at {url} could not be reached: ")
    assert cause in str(ending.value)


def test_a_zip_bomb_is_not_unpacked(hurried: Run, api: ScriptedApi) -> None:
    api.body, api.headers = gzip.compress(bytes(200 * 2**20), compresslevel=1), dict(GZIP)
    tracemalloc.start()
    try:
        refused(hurried)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 16 * MAX_BYTES


@pytest.mark.parametrize(
    "detail",
    [
        END_OF_DATA,
        "Ya se recolecto toda la informacion minima necesaria",
        "Ya se recolecto\u0301 toda la informacio\u0301n mi\u0301nima necesaria para el grupo 7",
    ],
)
def test_the_end_of_the_data_is_no_failure(hurried: Run, api: ScriptedApi, rows, detail: str) -> None:
    api.status, api.body = 400, json.dumps({"detail": detail}).encode()
    for _ in range(2):
        with pytest.raises(ExhaustedError) as ending:
            perform(hurried, "collect", collect)
        assert str(ending.value) == detail
        api.status = 200
        api.delivers(rows)
    entry = ledger.find(hurried)
    assert (entry.state, entry.http_status, entry.error) == ("exhausted", 400, detail)
    assert (audit.read(hurried).failed_task, audit.read(hurried).error) == (None, None)
    assert api.run_ids == [hurried.dag_run_id]


def test_the_end_of_the_data_is_the_end_only_with_its_status(hurried: Run, api: ScriptedApi) -> None:
    api.status, api.body = (
        503,
        b'{"detail": "Ya se recolect\xc3\xb3 toda la informaci\xc3\xb3n m\xc3\xadnima necesaria"}',
    )
    assert refused(hurried).startswith("the data API answered 503: Ya se")


def test_a_compressed_batch_is_a_batch(hurried: Run, api: ScriptedApi, rows) -> None:
    api.delivers(rows)
    plain = api.body
    api.body, api.headers = gzip.compress(plain), dict(GZIP)
    assert collect(hurried).rows == 300
    assert ledger.find(hurried).size == len(plain)


@pytest.mark.parametrize("content_type", ["text/html", "text/plain; charset=utf-8", "application/octet-stream"])
def test_a_batch_under_a_wrong_content_type_is_not_thrown_away(
    hurried: Run, api: ScriptedApi, rows, content_type: str
) -> None:
    api.delivers(rows)
    api.headers["Content-Type"] = content_type
    for _ in range(2):
        perform(hurried, "collect", collect)
    assert ledger.find(hurried).state == "received"
    assert audit.read(hurried).evidence == {"content_type": content_type.partition(";")[0]}
    assert len(api.run_ids) == 1


def test_a_content_type_that_is_json_or_absent_is_no_finding(new_run, api: ScriptedApi, rows) -> None:
    for number, content_type in enumerate(["application/json", "application/problem+json; charset=utf-8", None]):
        api.headers = {"Content-Type": content_type} if content_type else {}
        api.delivers(rows, batch=number)
        run = new_run(str(number))
        collect(run)
        validate_batch(run)
        assert "content_type" not in audit.read(run).evidence
