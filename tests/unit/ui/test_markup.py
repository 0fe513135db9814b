"""What a prediction looks like."""

from datetime import UTC, datetime

import pytest
from relevo_contract.card import Card
from relevo_contract.columns import Column
from relevo_ui import markup
from relevo_ui.answers import Prediction, Production, ServedVersion, Version
from relevo_ui.links import Links
from relevo_ui.texts import ENGLISH


@pytest.fixture
def production(card: Card) -> Production:
    since = datetime(2026, 11, 21, 7, 5, tzinfo=UTC)
    model = ServedVersion(name="animals", version="3", run_id="a" * 32, stale=False, since=since)
    return Production(card=card, model=model)


def prediction(*, stale: bool = False, **answer: object) -> Prediction:
    model = Version(name="animals", version="3", run_id="a" * 32, stale=stale)
    return Prediction.model_validate({"prediction_id": "p-1", "model": model, **answer})


def test_a_class_with_its_probabilities_largest_first(production: Production, links: Links) -> None:
    answered = prediction(label="1", label_name="Bee", probabilities={"0": 0.25, "1": 0.75})
    html = markup.result(ENGLISH, links, production, answered, {})
    assert html.index("75.0 %") < html.index("25.0 %")
    assert "width: 75.00%" in html
    for said in ("Bee", "Ant", "Version 3", "in production since 2026-11-21 07:05 UTC", "p-1"):
        assert said in html
    assert f'href="https://flow.example/#/runs/{"a" * 32}"' in html
    assert ENGLISH.simulated not in html
    assert ENGLISH.stale not in html


def test_a_value_with_its_unit(production: Production, links: Links) -> None:
    target = Column(name="Price", kind="number", description="Price", unit="USD")
    card = production.card.model_copy(update={"task": "regression", "target": target})
    shown = production.model_copy(update={"card": card})
    html = markup.result(ENGLISH, links, shown, prediction(value=1234.5), {})
    assert "$1,234" in html
    assert "%" not in html
    interval = {"low": 950.25, "high": 123456.7, "coverage": 0.9}
    html = markup.result(ENGLISH, links, shown, prediction(value=1234.5, interval=interval), {})
    assert "90 % of the time between $950.2 and $123,457" in html


def test_from_which_probability_on_the_second_class_is_the_answer(production: Production, links: Links) -> None:
    target = Column(name="back", kind="category", description="Back", choices=("no", "yes"))
    changes = {"task": "binary", "target": target, "threshold": 0.123456}
    shown = production.model_copy(update={"card": production.card.model_copy(update=changes)})
    answered = prediction(label="yes", probabilities={"no": 0.75, "yes": 0.25})
    html = markup.result(ENGLISH, links, shown, answered, {})
    assert "“yes” is answered from a probability of 12.3 % on." in html


def test_simulated_data_and_a_stale_version_are_said(production: Production, links: Links) -> None:
    card = production.card.model_copy(update={"data": "simulated"})
    shown = production.model_copy(update={"card": card})
    html = markup.result(ENGLISH, links, shown, prediction(stale=True, label="1", probabilities={"1": 1.0}), {})
    assert ENGLISH.simulated in html
    assert ENGLISH.stale in html


def test_the_header_says_what_is_in_production(production: Production, links: Links) -> None:
    html = markup.header(ENGLISH, links, production, "")
    assert "Animals" in html
    assert 'href="https://flow.example/#/models/animals/versions/3"' in html
    assert "2026-11-21 07:05 UTC" in html


def test_the_header_makes_nothing_up(links: Links) -> None:
    html = markup.header(ENGLISH, links, None, ENGLISH.none_in_production)
    assert ENGLISH.none_in_production in html
    assert "Version" not in html
