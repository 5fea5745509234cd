"""What changes take: by the book's `effort`, or by a file of one's own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from types import MappingProxyType
from typing import NamedTuple

from steelyard.book.model import RuleBook
from steelyard.errors import Fault, UsageError, fault, nearest
from steelyard.folding import figure_in
from steelyard.located_yaml import Table, Text, key_place, load, place_of

SHOWING = Fraction(1, 4)
"""Showing what is unknown takes this part of changing what is known: Steelyard's default, since
evidence has only to be found, and a fact has to be brought about.
"""
NEVER = "never"
_MOST = 10**6
_KEYS = ("rules", "facts", "records")
_NOTHING: Mapping[str, Fraction | None] = MappingProxyType({})


class Efforts(NamedTuple):
    """What a file says of efforts: of rules, facts, and registers or `register.field`.

    None says that a thing cannot be changed in this period.
    """

    rules: Mapping[str, Fraction | None] = _NOTHING
    facts: Mapping[str, Fraction | None] = _NOTHING
    records: Mapping[str, Fraction | None] = _NOTHING

    def of_rules(self, book: RuleBook, rules: Iterable[str]) -> Fraction | None:
        """Return what a change for some rules takes: the most of them; 1 where none reads it.

        None where one of them cannot be changed.
        """
        found = [self.rules.get(one, Fraction(book.rules[one].effort)) for one in rules]
        if None in found:
            return None
        return max((one for one in found if one is not None), default=Fraction(1))


def read_efforts(text: str, name: str, book: RuleBook) -> Efforts:
    """Return what a YAML text says of efforts; raises UsageError with every fault of it, in the
    file of that name.
    """
    faults: list[Fault] = []
    document = load(text, name, UsageError)
    if not isinstance(document, Table):
        raise UsageError([fault(place_of(document, name), "a mapping of efforts is wanted")])
    fields = {
        f"{register.id}.{one}" for register in book.registers.values() for one in register.fields
    }
    known = {
        "rules": set(book.rules),
        "facts": {fact.id for fact in book.collected},
        "records": {*book.registers, *fields},
    }
    for key in document:
        if key not in _KEYS:
            place = key_place(document, key, name)
            faults.append(fault(place, "unknown key `{key}`", nearest(key, _KEYS), key=key))
    parts = (_part(document, key, known[key], name, faults) for key in _KEYS)
    found = Efforts(*parts)
    if faults:
        raise UsageError(faults)
    return found


def _part(
    document: Table, key: str, known: set[str], name: str, faults: list[Fault]
) -> dict[str, Fraction | None]:
    said = document.get(key)
    found: dict[str, Fraction | None] = {}
    if said is None:
        return found
    if not isinstance(said, Table):
        place = f"{key_place(document, key, name)}: {key}"
        faults.append(fault(place, "a mapping of efforts is wanted"))
        return found
    for word, value in said.items():
        place = f"{key_place(said, word, name)}: {key}.{word}"
        if word not in known:
            faults.append(fault(place, "the book has no `{name}`", nearest(word, known), name=word))
            continue
        number = _number(value)
        if number is None and value != NEVER:
            message = "an effort is a number from 0 to {most}, or `never`"
            faults.append(fault(place, message, most=_MOST))
            continue
        found[word] = number
    return found


def _number(value: object) -> Fraction | None:
    if not isinstance(value, Text):
        return None
    return number_of(value)


def number_of(text: str) -> Fraction | None:
    """Return an effort as a number from 0 to a million; None for anything else."""
    number = figure_in(text)
    if number is None or not 0 <= number <= _MOST or number.adjusted() < -_MOST:
        return None
    return Fraction(number)
