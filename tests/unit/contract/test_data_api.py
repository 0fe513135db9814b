"""Where each problem's data is asked for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from relevo_contract.data_api import address, special

WORD = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)
VALUE = st.text(st.characters(codec="utf-8", exclude_categories=("Z", "C")), min_size=1)


def test_what_holds_for_all_and_what_differs() -> None:
    differing = special("houses.day=Tuesday houses.group_number=7 flowers.url=https://example.org/api/?a=b")
    houses = address("houses", "http://data/{problem}/", 1, differing)
    assert (houses.url, houses.group_number, houses.parameters) == ("http://data/houses", 7, {"day": "Tuesday"})
    flowers = address("flowers", "http://data/{problem}/", 1, differing)
    assert (flowers.url, flowers.group_number, flowers.parameters) == ("https://example.org/api/?a=b", 1, {})
    assert address("birds", "http://data", 3, differing).group_number == 3


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("day=Tuesday", "'day=Tuesday' is not problem.name=value"),
        ("houses.day", "'houses.day' is not problem.name=value"),
        ("houses.day=", "'houses.day=' is not problem.name=value"),
        ("houses.group_number=seven", "'houses.group_number=seven': a group_number is a whole number"),
        ("houses.day=Tuesday houses.day=Friday", "'houses.day' is there twice"),
    ],
)
def test_a_wrong_part_is_quoted(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        special(text)


@given(st.dictionaries(WORD, st.dictionaries(WORD, VALUE, min_size=1, max_size=3), max_size=3))
def test_every_setting_comes_back(settings: dict[str, dict[str, str]]) -> None:
    for parameters in settings.values():
        parameters.pop("group_number", None)
    text = " ".join(f"{problem}.{name}={value}" for problem, p in settings.items() for name, value in p.items())
    assert special(text) == {problem: p for problem, p in settings.items() if p}
