"""The waterfall ends where the answer is, and the curves say what they show."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from relevo_contract.card import Card
from relevo_contract.columns import Column
from relevo_ui import markup
from relevo_ui.answers import Contribution, Explanation, Variation, Version
from relevo_ui.texts import ENGLISH, SPANISH
from relevo_ui.why import STEPS, Bars, Curve, variations, waterfall

MODEL = Version(name="animals", version="3", run_id="a" * 32, stale=False)
VALUES = (2.5, 4, 10, 1, "r")


def explanation(card: Card, added: list[float], **changes: object) -> Explanation:
    names = [column.name for column in card.inputs]
    given = {
        "output": "1",
        "output_name": "Bee",
        "unit": "probability",
        "base": 0.25,
        "answer": 0.25 + sum(added),
        "contributions": [
            Contribution(column=name, value=value, contribution=one)
            for name, value, one in zip(names, VALUES, added, strict=False)
        ],
        "variations": [],
        "background_rows": 50,
        "model": MODEL,
    }
    return Explanation.model_validate(given | changes)


def test_each_column_stands_with_its_value_and_what_it_adds(card: Card) -> None:
    steps = waterfall(explanation(card, [0.5, -0.125, 0, 0, 0.0625]), card, ENGLISH)
    assert [(step.column, step.value, step.adds, step.tone) for step in steps] == [
        ("On average", "", "25.0 %", "stand"),
        ("Body Width (m)", "2.5", "+50.0", "up"),
        ("Legs", "4", "-12.5", "down"),
        ("Weight", "10", "+0.0", "up"),
        ("Age", "1", "+0.0", "up"),
        ("Colour", "Red", "+6.2", "up"),
        ("This answer", "", "68.8 %", "stand"),
    ]


@given(added=st.lists(st.floats(-1, 1), min_size=1, max_size=5))
def test_bars_stay_in_their_room_and_follow_one_another(added: list[float]) -> None:
    # A fixture of a function does not go with @given.
    columns = tuple(Column(name=f"c{i}", kind="number", description="") for i in range(5))
    card = Card.model_construct(inputs=columns)
    steps = waterfall(explanation(card, added), card, ENGLISH)
    assert len(steps) == len(added) + 2
    for step in steps:
        assert step.left >= -1e-6
        assert step.left + step.width <= 100 + 1e-6
    stands = [steps[0].left]
    for step in steps[1:-1]:
        before = stands[-1]
        ends = (step.left, step.left + step.width)
        assert min(abs(end - before) for end in ends) < 1e-6
        stands.append(ends[1] if abs(ends[0] - before) < 1e-6 else ends[0])
    assert steps[-1].left == pytest.approx(stands[-1], abs=1e-6)


def test_many_columns_end_in_one_step(card: Card) -> None:
    columns = tuple(Column(name=f"c{i}", kind="number", description="") for i in range(12))
    many = card.model_copy(update={"inputs": columns})
    contributions = [Contribution(column=c.name, value=1, contribution=0.01) for c in columns]
    steps = waterfall(explanation(card, [], answer=0.37, contributions=contributions), many, ENGLISH)
    assert len(steps) == STEPS + 3
    assert (steps[-2].column, steps[-2].adds) == ("3 other columns", "+3.0")


def test_a_number_is_a_curve_and_a_choice_is_bars(card: Card) -> None:
    varied = [
        Variation(column="Body_Width", values=[0, 5, 10], answers=[0.1, 0.5, 0.3]),
        Variation(column="Colour", values=["r", "g"], answers=[0.25, 0.75]),
        Variation(column="Gone", values=[1, 2], answers=[0.1, 0.2]),
    ]
    curve, bars = variations(explanation(card, [0.1] * 5, answer=0.3, variations=varied), card, ENGLISH)
    assert isinstance(curve, Curve)
    assert curve.points == ((0.0, 100.0), (50.0, 0.0), (100.0, 50.0))
    assert curve.here == (25.0, 50.0)
    assert curve.sentence == "From 0 to 10: between 10.0 % and 50.0 %; here 30.0 %."
    assert isinstance(bars, Bars)
    assert bars.choices == (("g", "75.0 %", 100.0, False), ("Red", "25.0 %", pytest.approx(100 / 3), True))


def test_a_regression_speaks_in_its_unit(card: Card) -> None:
    said = explanation(
        card, [1000.0, -20.5], output=None, output_name="Price", unit="USD", base=100.0, answer=1079.5
    )
    html = markup.why(ENGLISH, said, card, "3")
    for written in ("Price", "+$1,000", "−$20.5", "$1,080"):
        assert written in html
    assert "%" not in html.replace("left: ", "").split("<tbody>")[0]


def test_a_promotion_between_answer_and_explanation_is_said(card: Card) -> None:
    said = explanation(card, [0.1])
    assert "Explained is version 3" in markup.why(ENGLISH, said, card, "2")
    assert "Explained is version" not in markup.why(ENGLISH, said, card, "3")
    assert "¿Por qué esta respuesta?" in markup.why(SPANISH, said, card, "3")
