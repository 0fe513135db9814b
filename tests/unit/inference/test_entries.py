import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import from_json, to_json
from relevo_contract.tables import predictions
from relevo_inference.journal.entries import decode, encode, encode_refusal
from relevo_inference.serving.answer import Answer
from support.journal import ANSWERED, entry


def test_an_entry_survives() -> None:
    (first, second), unreadable = decode(entry("a", "b"))
    assert unreadable == []
    assert (first["prediction_id"], second["prediction_id"]) == ("a", "b")
    assert first["input"] == {"text": "line\nfeed \u2028 é"}
    assert first["output"] == {"value": 2.0}
    assert (first["stale"], first["duration_ms"], first["version"]) == (1, 1.5, "3")
    assert (first["status"], first["error"], first["probability"]) == (200, None, None)
    assert first.keys() == set(predictions.columns.keys())


def test_the_probability_is_that_of_the_label() -> None:
    output = {"label": "y", "probabilities": {"x": 0.25, "y": 0.75}}
    (row,), _ = decode(encode(ANSWERED, [{}], [Answer(output, "a")]))
    assert (row["prediction_id"], row["probability"], row["output"]) == ("a", 0.75, output)


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
    (row,), unreadable = decode(encode_refusal(ANSWERED, payload, 422, "it is wrong"))
    assert unreadable == []
    assert row.keys() == set(predictions.columns.keys())
    assert (row["status"], row["error"], row["output"]) == (422, "it is wrong", None)
    assert isinstance(row["input"], str)
    assert len(row["input"]) <= 2000
    assert row["input"].startswith(to_json(payload)[:1900].decode(errors="ignore")[:900])
    json.dumps(row["input"], allow_nan=False).encode()


@pytest.mark.parametrize("size", [1_000_000, 2000, 1999])
def test_a_huge_refusal_is_cut(size: int) -> None:
    line = encode_refusal(ANSWERED, "é" * size, 422, "it is wrong")
    assert len(line) < 4500
    assert decode(line)[1] == []
