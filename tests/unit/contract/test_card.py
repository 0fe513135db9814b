import json
from datetime import UTC
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from relevo_contract.card import Card, TrainingSet
from relevo_contract.columns import Column

texts = st.text(max_size=20)
finite = st.floats(allow_nan=False, allow_infinity=False)


@st.composite
def columns(draw: st.DrawFn, name: str) -> Column:
    common: dict[str, Any] = {"name": name, "description": draw(texts), "unit": draw(st.none() | texts)}
    if draw(st.booleans()):
        codes = draw(st.lists(texts, min_size=1, max_size=4, unique=True))
        named = draw(st.dictionaries(st.sampled_from(codes), texts))
        default = draw(st.none() | st.sampled_from(codes))
        return Column(kind="category", choices=tuple(codes), choice_names=named, default=default, **common)
    low, high = sorted((draw(finite), draw(finite)))
    kind = draw(st.sampled_from(["integer", "number"]))
    return Column(kind=kind, minimum=low, maximum=high, default=draw(st.none() | finite), **common)


training_sets = st.builds(
    TrainingSet,
    name=texts,
    last_collection_id=st.integers(0),
    split_rule=texts,
    rows=st.integers(0),
    digest=texts,
    batch=texts,
)


@st.composite
def cards(draw: st.DrawFn) -> Card:
    target = draw(columns("target"))
    inputs = tuple(draw(columns(f"input {i}")) for i in range(draw(st.integers(0, 3))))
    rows = st.tuples(*(st.sampled_from(c.choices) if c.is_category else st.integers() | finite for c in inputs))
    return Card(
        problem=draw(texts),
        title=draw(texts),
        description=draw(texts),
        task="multiclass" if target.is_category else "regression",
        data=draw(st.sampled_from(["real", "simulated"])),
        algorithm=draw(texts),
        inputs=inputs,
        target=target,
        primary_metric=draw(texts),
        metrics=draw(st.dictionaries(texts, finite, max_size=3)),
        metric_intervals=draw(st.dictionaries(texts, st.tuples(finite, finite), max_size=3)),
        training_set=draw(training_sets),
        background=tuple(draw(st.lists(rows, max_size=2))),
        packages=draw(st.dictionaries(texts, texts, max_size=2)),
        decision=draw(texts),
        code_version=draw(texts),
        run_id=draw(texts),
        dag_run_id=draw(texts),
        created_at=draw(st.datetimes(timezones=st.just(UTC))),
    )


@given(cards())
def test_a_card_survives_its_file(card: Card) -> None:
    again = Card.model_validate_json(card.model_dump_json())
    assert again == card
    assert again.labels == card.target.choices
    assert list(again.background_columns) == ([column.name for column in card.inputs] if card.background else [])


@given(cards())
def test_a_card_of_another_version_is_refused(card: Card) -> None:
    document = json.loads(card.model_dump_json())
    for broken in ({**document, "schema_version": 2}, {**document, "colour": "red"}):
        with pytest.raises(ValidationError):
            Card.model_validate_json(json.dumps(broken))


@given(cards())
def test_a_card_from_before_there_were_intervals_loads(card: Card) -> None:
    document = json.loads(card.model_dump_json())
    del document["metric_intervals"]
    assert Card.model_validate_json(json.dumps(document)) == card.model_copy(update={"metric_intervals": {}})
