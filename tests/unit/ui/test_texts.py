"""Every text is there in every language."""

from string import Formatter

import pytest
from relevo_ui.texts import LANGUAGES, Texts
from relevo_ui.texts.text import Spoken, Text

TEXTS = {
    name: text
    for part in Texts.__mro__
    if issubclass(part, Spoken)
    for name, text in vars(part).items()
    if isinstance(text, Text)
}
# Words that are the same in English and Spanish, or names.
SAME = {"title", "pipeline", "no", "short_version"}
SAME |= {"name_grafana", "name_prometheus", "service_airflow", "service_mlflow"}


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_is_translated_and_fills_in_the_same(name: str) -> None:
    spoken = TEXTS[name].spoken
    assert set(spoken) == set(LANGUAGES)
    assert all(said.strip() == said != "" for said in spoken.values())
    assert placeholders(spoken["es"]) == placeholders(spoken["en"])
    assert (spoken["es"] == spoken["en"]) == (name in SAME)


def test_no_two_parts_have_a_text_of_the_same_name() -> None:
    parts = [part for part in Texts.__mro__ if issubclass(part, Spoken)]
    assert len(TEXTS) == sum(isinstance(text, Text) for part in parts for text in vars(part).values())
    assert len(TEXTS) > 50


def test_a_text_reads_in_the_language_of_its_object() -> None:
    assert Texts("en").history == "History"
    assert Texts("es").history == "Historial"
