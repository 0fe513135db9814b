from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import from_json, to_json
from relevo_contract.tables import predictions, utc_now
from relevo_inference.journal.entries import Entry, decode, encode, encode_refusal
from relevo_inference.serving.answer import Answer
from support.journal import ANSWERED, entry


def test_an_entry_survives() -> None:
    (first, second), unreadable = decode(entry("a", "b").splitlines())
    assert unreadable == []
    assert (first.prediction_id, second.prediction_id) == ("a", "b")
    assert from_json(first.input) == {"text": "line\nfeed \u2028 é"}
    assert from_json(first.output) == {"value": 2.0}
    assert (first.stale, first.duration_ms, first.version) == (1, 1.5, "3")
    assert (first.status, first.error, first.probability) == (200, None, None)
    assert abs((utc_now() - first.moment).total_seconds()) < 60


def test_an_entry_has_the_columns_of_the_table_in_their_order() -> None:
    assert list(Entry._fields) == predictions.columns.keys()


TEXT = st.text() | st.text('\t\n\r\\"\x85\u2028')


@given(st.dictionaries(TEXT, TEXT | st.floats(allow_nan=False, allow_infinity=False) | st.none()), TEXT)
def test_no_text_breaks_a_line(row: dict[str, Any], request_id: str) -> None:
    line = encode(ANSWERED._replace(request_id=request_id), [row], [Answer({"value": 1.0}, "a")])
    (found,), unreadable = decode(line.splitlines())
    assert unreadable == []
    assert (found.prediction_id, found.request_id) == ("a", request_id)
    assert from_json(found.input) == row


def test_the_probability_is_that_of_the_label() -> None:
    output = {"label": "y", "probabilities": {"x": 0.25, "y": 0.75}}
    (row,), _ = decode([encode(ANSWERED, [{}], [Answer(output, "a")])])
    assert (row.prediction_id, row.probability, from_json(row.output)) == ("a", 0.75, output)


def test_every_answer_has_an_id_of_its_own() -> None:
    first, second = Answer({"value": 1.0}), Answer({"value": 1.0})
    assert first.prediction_id != second.prediction_id
    assert from_json(b"{%b}" % first.fields()) == {"prediction_id": first.prediction_id, "value": 1.0}


bodies = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(bodies)
def test_whatever_was_refused_becomes_a_row_of_bounded_text(payload: Any) -> None:
    payload = from_json(to_json(payload))
    (row,), unreadable = decode(encode_refusal(ANSWERED, payload, 422, "it is wrong").splitlines())
    assert unreadable == []
    assert (row.status, row.error, row.output) == (422, "it is wrong", "null")
    sent = from_json(row.input)
    assert isinstance(sent, str)
    assert len(sent) <= 2000
    assert sent.startswith(to_json(payload)[:1900].decode(errors="ignore")[:900])


@pytest.mark.parametrize("size", [1_000_000, 2000, 1999])
def test_a_huge_refusal_is_cut(size: int) -> None:
    line = encode_refusal(ANSWERED, "é" * size, 422, "it is wrong")
    assert len(line) < 4500
    assert decode([line])[1] == []
