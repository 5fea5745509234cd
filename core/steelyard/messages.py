"""Messages in the reader's language, by gettext catalogues that ship with the package."""

from __future__ import annotations

import gettext
import locale
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple

from steelyard.errors import Plural

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")
_DOMAIN = "steelyard"
_FOLDER = Path(__file__).parent / "locale"


class Title(NamedTuple):
    """A name in both languages."""

    zh: str
    en: str

    def of(self, language: Language) -> str:
        """Return the name in one language."""
        return self.zh if language == "zh" else self.en


def in_english(number: int, noun: str) -> str:
    """Return a number with an English noun, which says by an `s` that there are others than one."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def nested(text: str) -> str:
    """Return a text for within quotation marks: its own become single ones."""
    return text.replace("“", "‘").replace("”", "’")


@cache
def translator(language: Language) -> Callable[[str], str]:
    """Return the function that turns an English message into `language`; a missing entry stays
    English. What a Plural becomes still counts when it is filled in.
    """
    catalogue = gettext.translation(_DOMAIN, _FOLDER, [language], fallback=True)

    def translate(message: str) -> str:
        if isinstance(message, Plural):
            return message.chosen_by(catalogue.ngettext)
        return catalogue.gettext(message)

    return translate


@contextmanager
def libraries_in(language: Language) -> Iterator[None]:
    """Let libraries that ask gettext's default domain for their words, as click does, find them in
    our catalogue.
    """
    domain, said = gettext.textdomain(), os.environ.get("LANGUAGE")
    gettext.bindtextdomain(_DOMAIN, str(_FOLDER))
    gettext.textdomain(_DOMAIN)
    os.environ["LANGUAGE"] = language
    try:
        yield
    finally:
        gettext.textdomain(domain)
        if said is None:
            del os.environ["LANGUAGE"]
        else:
            os.environ["LANGUAGE"] = said


def reader_language() -> Language:
    """Return the language of the user's locale: Chinese where it says so, else English.

    The first language of LANGUAGE that is one of the two stands before the locale, unless this is
    the C locale, as gettext documents.
    """
    names = (os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    said = next(filter(None, names), None) or locale.getlocale()[0] or ""
    if said.partition(".")[0] in {"C", "POSIX"}:
        return "en"
    for one in (*os.environ.get("LANGUAGE", "").split(":"), said):
        if one.lower().startswith(("zh", "chinese")):
            return "zh"
        if one.lower().startswith("en"):
            return "en"
    return "en"
