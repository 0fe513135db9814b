"""The parser of deliveries: any bytes are a batch, the end, or a sentence. No cell is lost or changed."""

import json
import math
from typing import Any

import pytest
from httpx import Response
from hypothesis import example, given
from hypothesis import strategies as st
from relevo_pipeline.delivery import Delivery, DeliveryError, EndOfDataError, read
from relevo_pipeline.row_shapes import MOST_NAMES
from relevo_problems.registry import load

PROBLEM = load("covertype")
NAMES = [column.name for column in PROBLEM.columns]

texts = st.text(st.characters(codec=None), max_size=20)  # half surrogate pairs, too
scalars = st.none() | st.booleans() | st.integers() | st.floats() | texts
json_values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4), max_leaves=20
)
named_rows = st.lists(
    st.dictionaries(st.sampled_from(NAMES) | texts, json_values, max_size=16), min_size=1, max_size=5
)
listed_rows = st.lists(st.lists(json_values, min_size=13, max_size=13), min_size=1, max_size=5)
# JSON's grammar allows escapes that are half a character; Python writes and reads NaN and Infinity.
bodies = st.builds(
    lambda data, batch, wrapped: json.dumps({"batch_number": batch, "data": data} if wrapped else data).encode(),
    json_values | named_rows | listed_rows,
    json_values,
    st.integers(0, 9).map(bool),
)
kinds = st.sampled_from(["application/json", "text/html", "", "application/json; charset=utf-7"])


def batch_or_sentence(response: Response) -> Delivery | None:
    """The delivery, checked. Whatever else is raised fails the test."""
    try:
        delivery = read(response, PROBLEM)
    except (DeliveryError, EndOfDataError) as ending:
        sentence = str(ending)
    else:
        return checked(delivery)
    assert sentence.encode()  # as a database stores it
    return None


def checked(delivery: Delivery) -> Delivery:
    assert delivery.rows
    for row in delivery.rows:
        assert len(row) == len(NAMES)
        assert all(cell is None or cell.encode() is not None for cell in row)
    assert all(isinstance(json.loads(cells), dict) and cells.isascii() for cells in delivery.extra.values())
    assert delivery.extra.keys() <= set(range(len(delivery.rows)))
    json.dumps(delivery.findings).encode()
    assert len(delivery.batch) <= 64
    return delivery


@given(status=st.sampled_from([200, 201, 204, 302, 400, 422, 500]), body=bodies, kind=kinds)
def test_any_json_is_a_batch_or_a_sentence(status: int, body: bytes, kind: str) -> None:
    batch_or_sentence(Response(status, content=body, headers={"Content-Type": kind}))


@given(status=st.sampled_from([200, 400, 500]), content=st.binary())
@example(200, b"\xef\xbb\xbf{}")
@example(400, b'{"detail": {"detail": "\\udfff"}}')
def test_any_bytes_are_a_sentence(status: int, content: bytes) -> None:
    with pytest.raises((DeliveryError, EndOfDataError)):
        read(Response(status, content=content), PROBLEM)


@given(body=bodies, cut=st.integers(0, 400), flipped=st.integers(0, 400), value=st.integers(0, 255))
def test_a_damaged_body_is_a_batch_or_a_sentence(body: bytes, cut: int, flipped: int, value: int) -> None:
    damaged = bytearray(body[: len(body) - cut % (len(body) + 1)] or b"[")
    damaged[flipped % len(damaged)] = value
    batch_or_sentence(Response(200, content=bytes(damaged)))


def as_text(cell: Any) -> Any:
    """What the raw table must have of a delivered cell that is no list or object."""
    match cell:
        case str() if not cell.isascii():
            return cell.encode("utf-8", "backslashreplace").decode()
        case float() if not math.isfinite(cell):
            return json.dumps(cell)
        case None | str():
            return cell
        case _:
            return json.dumps(cell)


@given(rows=st.lists(st.dictionaries(st.sampled_from([*NAMES, "x", "y"]), scalars), min_size=1, max_size=6))
def test_every_cell_of_every_object_is_kept(rows: list[dict[str, Any]]) -> None:
    delivery = batch_or_sentence(Response(200, content=json.dumps({"data": rows})))
    if not any(name in row for row in rows for name in NAMES):
        assert delivery is None
        return
    assert delivery is not None
    for number, row in enumerate(rows):
        kept = dict(zip(NAMES, delivery.rows[number], strict=True))
        assert kept == {name: as_text(row.get(name)) for name in NAMES}
        extra = json.loads(delivery.extra.get(number, "{}"))
        assert extra.keys() == row.keys() - set(NAMES)
        for name, cell in extra.items():
            # Numbers as they were written, which is as text.
            assert cell == (row[name] if isinstance(row[name], str | bool | None) else as_text(row[name]))
    changes = delivery.findings.get("schema_changes", {"missing": {}, "unexpected": {}})
    assert changes["missing"] == {name: count for name in NAMES if (count := sum(name not in row for row in rows))}
    assert changes["unexpected"] == {
        name: count for name in ("x", "y") if (count := sum(name in row for row in rows))
    }


def test_numbers_are_kept_as_they_were_written() -> None:
    cells = [
        "1.10",
        "1e400",
        "-0",
        "NaN",
        "-Infinity",
        "9" * 5000,
        "1E5",
        '"1.10"',
        "true",
        "null",
        "[1.50]",
        "{}",
        "7",
    ]
    body = '{"batch_number": 7, "data": [[' + ", ".join(cells) + "]]}"
    kept = [
        "1.10",
        "1e400",
        "-0",
        "NaN",
        "-Infinity",
        "9" * 5000,
        "1E5",
        "1.10",
        "true",
        None,
        '["1.50"]',
        "{}",
        "7",
    ]
    delivery = read(Response(200, content=body), PROBLEM)
    assert (delivery.batch, delivery.rows) == ("7", [kept])


def test_half_a_surrogate_pair_is_written_out() -> None:
    body = json.dumps({"data": [["\ud800", "\ud83d\ude00", *["1"] * 11]]})
    assert read(Response(200, content=body), PROBLEM).rows[0][:2] == [r"\ud800", "😀"]


def test_a_batch_without_a_number_has_an_empty_name() -> None:
    assert (
        read(Response(200, content=json.dumps({"batch_number": None, "data": [["1"] * 13]})), PROBLEM).batch == ""
    )


def test_names_made_up_for_every_row_do_not_fill_the_audit() -> None:
    rows = [{"Slope": "1", f"made up {number}" + "x" * 100: number} for number in range(500)]
    delivery = read(Response(200, content=json.dumps({"data": rows})), PROBLEM)
    unexpected = delivery.findings["schema_changes"]["unexpected"]
    assert len(unexpected) == MOST_NAMES
    assert all(len(name) == 64 for name in unexpected)
    assert len(delivery.extra) == 500
