"""What users ask: rows of the card, in the stated shares, and what is invalid is invalid for every column."""

import json
from collections import Counter
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from relevo_inference.problem_details import ProblemError
from relevo_inference.serving.rows import RowContract
from relevo_loadtest.traffic import SHARES, Draws, TrafficError, about, questions
from support.animals import BACKGROUND, INPUTS, ROW, card
from support.processes import free_port


@settings(max_examples=20)
@given(st.integers())
def test_the_model_servers_contract_takes_the_good_ones_and_refuses_the_invalid_ones(seed: int) -> None:
    contract = RowContract(INPUTS)
    for question in about(card(background=BACKGROUND), Random(seed)):
        body = json.loads(question.body)
        if question.kind == "invalid":
            with pytest.raises(ProblemError) as refused:
                contract.one(body)
            assert refused.value.status == question.status
        elif question.kind == "batch":
            assert 2 <= len(contract.many(body, 100)) <= 50
        else:
            assert contract.one(body)


def test_rows_are_those_of_the_card() -> None:
    pool = about(card(background=BACKGROUND), Random(1))
    rows = {tuple(json.loads(question.body).values()) for question in pool if question.kind == "row"}
    assert rows <= set(BACKGROUND)
    assert len(rows) > 30


def test_a_card_without_background_rows_is_asked_with_its_defaults_and_not_for_explanations() -> None:
    pool = about(card(), Random(1))
    assert {json.dumps(json.loads(q.body)) for q in pool if q.kind == "row"} == {json.dumps(ROW)}
    assert {question.kind for question in pool} == {"row", "batch", "invalid"}


def test_kinds_are_drawn_in_their_shares() -> None:
    draws = Draws(about(card(background=BACKGROUND), Random(1)), seed=1)
    drawn = Counter(draws.next().kind for _ in range(20_000))
    for kind, share in SHARES.items():
        assert drawn[kind] / 200 == pytest.approx(share, abs=1)


def test_no_server_is_a_sentence() -> None:
    with pytest.raises(TrafficError, match="Start `make demo` or `make up`"):
        questions(f"http://127.0.0.1:{free_port()}")
