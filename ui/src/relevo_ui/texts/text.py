"""A sentence of the page in every language it speaks."""

from dataclasses import dataclass
from typing import Literal, get_args

Language = Literal["en", "es"]
LANGUAGES: tuple[Language, ...] = get_args(Language)


class Text:
    """One text in each language, side by side, so that none can be forgotten.

    As an attribute of `Texts` it reads as the string in that object's language. What stands in braces is filled
    in with `str.format`.
    """

    def __init__(self, en: str, es: str) -> None:
        self.spoken: dict[Language, str] = {"en": en, "es": es}

    def __get__(self, texts: "Spoken", _owner: type) -> str:
        return self.spoken[texts.language]


@dataclass(frozen=True)
class Spoken:
    """What the texts of every part of the page have in common: the language they are read in."""

    language: Language
