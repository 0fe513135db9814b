"""Whatever goes wrong becomes a sentence that says what to do."""

import pytest
from relevo_contract.card import Card
from relevo_ui import markup
from relevo_ui.answers import FieldError
from relevo_ui.form import describe
from relevo_ui.inference import (
    InvalidRowError,
    ModelServerError,
    NothingInProductionError,
    RefusedError,
    UnavailableError,
    UnintelligibleError,
    UnreachableError,
)
from relevo_ui.links import Links
from relevo_ui.texts import ENGLISH, SPANISH
from relevo_ui.trouble import Advice, advise, advise_on_row, field_sentences

URL = "http://127.0.0.1:8000"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            NothingInProductionError("no version of animals is in production"),
            "no version of animals is in production.",
        ),
        (UnavailableError("the registry is down"), "cannot predict now: the registry is down."),
        (UnreachableError("refused"), f"The model server at {URL} does not answer"),
        (UnintelligibleError("GET /models, the body: not JSON"), "GET /models, the body: not JSON"),
        (RefusedError(404, "Not Found", "There is no animals."), "“Not Found” (404). There is no animals."),
    ],
)
def test_every_error_has_a_sentence(error: ModelServerError, said: str, links: Links) -> None:
    advice = advise(error, URL, "animals", ENGLISH, links)
    assert said in advice.sentence


def test_only_a_missing_model_asks_for_a_run(links: Links) -> None:
    nothing = advise(NothingInProductionError("x"), URL, "animals", ENGLISH, links)
    assert (nothing.link, nothing.link_text) == ("https://air.example/dags/animals", "Start a run in Airflow")
    assert advise(UnavailableError("x"), URL, "animals", ENGLISH, links).link is None


def test_wrong_fields_are_named_as_the_form_names_them(card: Card) -> None:
    error = InvalidRowError(
        [
            FieldError(field="Body_Width", message="Body_Width must be a number, not 11"),
            FieldError(field="Tail", message="Tail is not an input of this model"),
        ]
    )
    advice = advise_on_row(error, describe(card, ENGLISH), ENGLISH)
    assert advice.sentence == (
        "Nothing was predicted. Please correct: Body Width (m), Tail (Tail is not an input of this model)."
    )


def test_two_errors_of_one_field_stand_in_one_place() -> None:
    error = InvalidRowError(
        [FieldError(field="a", message="too small"), FieldError(field="a", message="Not whole.")]
    )
    assert field_sentences(error, {}, (), ENGLISH) == {"a": "Too small. Not whole."}


def test_a_columns_name_is_spelt_as_it_is() -> None:
    error = InvalidRowError([FieldError(field="legs-count", message="legs-count is missing: an integer")])
    assert field_sentences(error, {}, (), ENGLISH) == {"legs-count": "legs-count is missing: an integer."}


def test_a_wrong_value_is_named_in_the_readers_language(card: Card) -> None:
    error = InvalidRowError([FieldError(field="Legs", message="Legs must be an integer of at least 0, not -1")])
    said = field_sentences(error, {"Legs": -1}, card.inputs, SPANISH)
    assert said == {"Legs": "Legs debe ser un número entero de al menos 0, no -1."}
    # Where the page finds nothing wrong, the model server's own words stand.
    assert field_sentences(error, {"Legs": 1}, card.inputs, SPANISH)["Legs"].startswith("Legs must be")


def test_a_notice_escapes_what_the_server_said() -> None:
    html = markup.notice(ENGLISH, Advice("<b>x</b>", "https://x/?a=1&b=2", "go"))
    assert "&lt;b&gt;x&lt;/b&gt;" in html
    assert 'href="https://x/?a=1&amp;b=2"' in html
    assert markup.notice(ENGLISH, None) == ""
