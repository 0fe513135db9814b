"""A form that is drawn anew keeps what was typed, as far as it still fits."""

import pytest
from relevo_contract.card import Card
from relevo_ui.form import Form, describe
from relevo_ui.pages.predict import Typed
from relevo_ui.texts import ENGLISH


@pytest.fixture
def form(card: Card) -> Form:
    return describe(card, ENGLISH)


def test_typed_values_win_over_defaults_also_when_empty(form: Form) -> None:
    typed = Typed("animals", (("Body_Width", 3.25), ("Legs", None), ("Colour", "r")))
    assert [typed.value(form, field) for field in form.fields] == [3.25, None, None, None, "r"]


def test_a_choice_that_is_gone_and_another_problems_values_give_way_to_the_default(form: Form) -> None:
    width, *_, colour = form.fields
    assert Typed("animals", (("Colour", "blue"),)).value(form, colour) == "g"
    assert Typed("plants", (("Body_Width", 9.0),)).value(form, width) == 2.5
    assert Typed().value(form, width) == 2.5
