"""Options that a book writes once and several facts or fields take by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from steelyard.errors import Fault, fault
from steelyard.forms.phrases import titled
from steelyard.messages import Title

if TYPE_CHECKING:
    from steelyard.book.document import BookEntry
    from steelyard.forms.entries import TitleText


def options_of(said: list[str] | dict[str, TitleText]) -> dict[str, Title]:
    """Return the titles of options as written: a list of ids, or a title for each."""
    if isinstance(said, list):
        return {option: titled(None, option) for option in said}
    return {option: titled(title, option) for option, title in said.items()}


def misnamed(
    entry: BookEntry, scalars: frozenset[str], place: Callable[..., str]
) -> Iterator[Fault]:
    """Yield a fault for each name of options that is a type already, or names something that
    `extends` and `tailor` would take for it, and for options that stand twice.
    """
    others = {*scalars, *entry.parties, *entry.facts, *entry.records, *entry.parameters}
    for name, said in entry.options.items():
        if name in others:
            yield fault(place("options", name), "`{name}` names two things", name=name)
        if len(set(said)) != len(said):
            yield fault(place("options", name), "an enumeration wants options, each once")
