"""The form follows from the card and from nothing else."""

from hypothesis import given
from hypothesis import strategies as st
from relevo_contract.card import Card
from relevo_ui.form import describe
from relevo_ui.texts import ENGLISH
from relevo_ui.wording import figure, score


def test_fields_stand_in_the_cards_order_with_names_units_and_defaults(card: Card) -> None:
    form = describe(card, ENGLISH)
    assert form.problem == "animals"
    assert [(field.name, field.label, field.default) for field in form.fields] == [
        ("Body_Width", "Body Width (m)", 2.5),
        ("Legs", "Legs", 4),
        ("Weight", "Weight", None),
        ("Age", "Age", None),
        ("Colour", "Colour", "g"),
    ]


def test_help_says_what_is_usual_and_what_is_allowed(card: Card) -> None:
    helps = [field.info.replace("\u00a0", " ") for field in describe(card, ENGLISH).fields]
    assert helps == [
        "How wide it is. Usually 0.5 to 4, limits 0 to 10.",
        "Legs. At least 0.",
        "Weight in all. At most 1000000.",
        "Is it old?",
        "Its colour.",
    ]


def test_choices_show_names_and_send_codes(card: Card) -> None:
    colour = describe(card, ENGLISH).fields[-1]
    assert colour.choices == (("Red", "r"), ("g", "g"))


def test_versions_with_the_same_inputs_have_the_same_form(card: Card) -> None:
    later = card.model_copy(update={"run_id": "b" * 32, "metrics": {"macro_f1": 0.9}, "data": "simulated"})
    assert describe(later, ENGLISH) == describe(card, ENGLISH)
    assert hash(describe(later, ENGLISH)) == hash(describe(card, ENGLISH))
    wider = card.inputs[0].model_copy(update={"maximum": 20.0})
    changed = card.model_copy(update={"inputs": (wider, *card.inputs[1:])})
    assert describe(changed, ENGLISH) != describe(card, ENGLISH)


@given(st.integers(min_value=-(10**15), max_value=10**15))
def test_whole_figures_lose_nothing(value: int) -> None:
    assert figure(float(value)) == str(value)


@given(st.floats(min_value=-1e12, max_value=1e12))
def test_figures_and_scores_are_numbers_that_are_close(value: float) -> None:
    assert abs(float(figure(value)) - value) <= abs(value) * 1e-5
    assert abs(float(score(value).replace(",", "")) - value) <= max(5e-5, abs(value) * 0.01)


def test_many_fields_of_a_kind_unfold(card: Card) -> None:
    many = card.model_copy(
        update={"inputs": tuple(card.inputs[0].model_copy(update={"name": f"c{i}"}) for i in range(20))}
    )
    (numbers,) = describe(many, ENGLISH).sections(ENGLISH)
    assert (len(numbers.shown), len(numbers.folded)) == (12, 8)
    ours = describe(card, ENGLISH).sections(ENGLISH)
    assert [(section.title, len(section.shown)) for section in ours] == [("Numbers", 4), ("Choices", 1)]
