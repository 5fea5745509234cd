"""The names that a book's facts and registers have in a form for a phone, the same whenever it is
written and read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from steelyard.book.answering import Answering
from steelyard.book.model import Fact, Field, Register, RuleBook
from steelyard.expression.types import Survey

BOOK, UNIT, NAME, PERIOD = "steelyard_book", "steelyard_unit", "steelyard_name", "steelyard_period"
BY, DAY, KIND = "steelyard_by", "steelyard_day", "steelyard_kind"
LEADING = (BOOK, UNIT, NAME, PERIOD, BY, DAY, KIND)
VISIT, ANSWER = "visit", "answer"
PHONE = ("site", "survey")
"""The methods of what is asked on a phone."""

THEIRS = frozenset({
    "KEY", "SubmissionDate", "SubmitterID", "SubmitterName", "AttachmentsPresent",
    "AttachmentsExpected", "Status", "ReviewState", "DeviceID", "Edits", "FormVersion",
    "instanceID", "instanceName", "start", "end", "today", "deviceid", "username", "uuid", "meta",
    "formhub", "system", "Latitude", "Longitude", "Altitude", "Accuracy",
})  # fmt: skip
"""What servers add of their own to every submission: no question of ours is called so."""

# A dot, a hyphen or a sign beyond ASCII is written otherwise by some exports.
_SIGN = re.compile(r"[^A-Za-z0-9_]")


class Asked(NamedTuple):
    """A fact, or a field of a register, as a form asks for it; `photo` and `place` are the names of
    the questions beside it, empty where it has none.
    """

    name: str
    slot: Fact | Field
    method: str
    photo: str = ""
    place: str = ""


class Repeat(NamedTuple):
    """A register as a form asks for it, a group for each record."""

    name: str
    register: Register
    method: str
    fields: tuple[Asked, ...]
    photo: str = ""
    place: str = ""


class FormNames:
    """What a form asks of a book: `visits` and `answers` are its facts, seen on site or shown by a
    survey of which the case gives the result, and asked of everybody in a survey.
    """

    def __init__(self, book: RuleBook) -> None:
        """Name all that the book shows on site or by survey."""
        self.book = book
        self._taken: set[str] = {one.lower() for one in (*LEADING, *THEIRS)}
        answering = Answering(book)
        methods = {fact.id: answering.method(fact) for fact in book.collected}
        facts = [
            fact
            for fact in book.collected
            if methods[fact.id] in PHONE or isinstance(fact.type, Survey)
        ]
        named = [(fact, self.name(fact.id)) for fact in facts]
        self.answers: Mapping[str, Asked] = {
            fact.id: Asked(name, fact, "survey")
            for fact, name in named
            if isinstance(fact.type, Survey)
        }
        self.visits: Mapping[str, Asked] = {
            fact.id: Asked(name, fact, methods[fact.id], *self._beside(name, methods[fact.id]))
            for fact, name in named
            if fact.id not in self.answers
        }
        self.repeats: tuple[Repeat, ...] = tuple(self._repeats(answering))

    def repeat(self, name: str) -> str:
        """Return the repeat that a sheet is named after: one with a longer name than a sheet may
        bear loses its end.
        """
        begun = name.removesuffix("...")
        fitting = [one.name for one in self.repeats if begun != name and one.name.startswith(begun)]
        return fitting[0] if len(fitting) == 1 else name

    def _repeats(self, answering: Answering) -> Iterator[Repeat]:
        for register in self.book.registers.values():
            method = answering.method(register)
            if method not in PHONE or register.rolled is not None:
                continue
            name = self.name(register.id)
            fields = tuple(
                Asked(self.name(slot.id), slot, method)
                for slot in register.fields.values()
                if slot.derived is None
            )
            yield Repeat(name, register, method, fields, *self._beside(name, method))

    def _beside(self, name: str, method: str) -> tuple[str, str]:
        if method != "site":
            return "", ""
        return self.name(f"photo_of_{name}"), self.name(f"place_of_{name}")

    def name(self, word: str) -> str:
        """Return a name for a word that nothing else in the form bears."""
        plain = _SIGN.sub(lambda found: "_" if found[0] in "-." else f"u{ord(found[0]):x}", word)
        # What begins with a line below is the servers' own.
        plain = plain if plain[:1].isalpha() else f"n{plain}"
        name, number = plain, 1
        while name.lower() in self._taken:
            number += 1
            name = f"{plain}_{number}"
        self._taken.add(name.lower())
        return name
