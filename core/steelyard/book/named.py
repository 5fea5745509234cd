"""What a user's word means among things of a book that have an id and a title each."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

from steelyard.errors import Fault, Titled, fault, nearest
from steelyard.messages import Title


def named(
    place: str, word: str, titles: Mapping[str, Title], unknown: str, **values: object
) -> str | Fault:
    """Return the id of what a word means; a fault at the place where it means nothing, in the words
    of `unknown` (a message with `{name}`), or several things, which are listed.
    """
    found = meant(word, titles)
    if len(found) == 1:
        return found[0]
    if found:
        message = "`{name}` is the title of several: say one of {known}"
        return fault(place, message, name=word, known=tuple(f"`{one}`" for one in found))
    return fault(place, unknown, nearest(word, names(titles)), name=word, **values)


def meant(word: str, titles: Mapping[str, Title]) -> tuple[str, ...]:
    """Return the ids that a word means: the one that it is, else those whose title it is in either
    language, whatever its width, its case and the space around it.
    """
    if word in titles:
        return (word,)
    wanted = _folded(word)
    return tuple(one for one, title in titles.items() if wanted in map(_folded, title))


def names(titles: Mapping[str, Title]) -> list[str]:
    """Return all that things may be called by: ids, then titles in both languages."""
    return [*titles, *(name for title in titles.values() for name in title)]


def titled(titles: Mapping[str, Title]) -> tuple[Titled, ...]:
    """Return things as the values of a message: by their titles, each with its id."""
    return tuple(Titled(one, *title) for one, title in titles.items())


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
