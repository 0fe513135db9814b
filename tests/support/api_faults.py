"""What a data API can do wrong, and the sentence that a run then ends with."""

import gzip
import json
from dataclasses import dataclass

from support.data_api import Manner, hangs_up, resets_after, says, silent, trickles

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
    "slow beyond the timeout": Fault("the data API at {url} did not answer within 2 s", None, manner=silent),
    "slow, a header at a time": Fault(
        "the data API at {url} did not answer within 2 s", None, manner=trickles(OK, b"X-Filler: 1\r\n")
    ),
    "slow, a byte of the body at a time": Fault(
        "the data API at {url} did not finish its answer within 2 s",
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
