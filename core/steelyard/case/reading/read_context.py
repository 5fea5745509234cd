"""What reading one case needs at hand: the book, who is named, and the faults found so far."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

from steelyard.book.layout import none_cell, unknown_cell
from steelyard.book.model import Fact, Field, RuleBook
from steelyard.case.environment import Cell
from steelyard.case.model import Given, Party
from steelyard.case.reading.identity import cut, look, loose_look, read_id
from steelyard.case.reading.parse_values import (
    LONGEST,
    Value,
    Wrong,
    percent_in_doubt,
    plain,
    wrong,
)
from steelyard.case.reading.totals import total_at
from steelyard.case.reading.written import Cell as CellText
from steelyard.case.reading.written import Embedded, spoilt, written_of
from steelyard.errors import Fault, fault, nearest
from steelyard.located_yaml import Table, Text, key_place, unprintable

_SHORT, _MOST_KEPT, _TOLD = 40, 50_000, 10
_Slot = TypeVar("_Slot")

Said = Value | Wrong | str | tuple[str, str]
"""What a text says: that it is not known or that there is none, a value, a tick, the two counts of
a survey, or why it says nothing that can be taken.
"""
Answer = tuple[Given, dict[str, Any]]
"""A fact as it is shown, and the same as canonical data."""
Shown = tuple[Given, Any, Cell]
"""A fact as it is shown by all its evidence, the same as canonical data, and its cell."""


class _Before(NamedTuple):
    """What cases by one book have said before, those that people typed apart: texts by what they
    are the value of; and what they show without evidence, by their fact or field, and of facts by
    who showed it, of fields by whether they must be given exactly.
    """

    said: dict[tuple[int, str], Said]
    shown: dict[tuple[int, str, str | bool], Any]


@lru_cache(maxsize=32)
def _said_before(_book: RuleBook, _typed: bool) -> _Before:  # noqa: FBT001  # a part of the key
    return _Before({}, {})


class Desk:
    """The desk at which one document is read; faults gather until the end."""

    def __init__(self, book: RuleBook, origin: str, *, typed: bool = False) -> None:
        """Take the book, the name of the file, and whether people typed it; nobody is named yet."""
        self.book = book
        self.origin = origin
        self.typed = typed
        self.faults: list[Fault] = []
        self.remarks: list[Fault] = []
        self.parties: dict[str, Party] = {}
        # Who fills in the case, and the digests of its files by their names.
        self.by = ""
        self.files: dict[str, str] = {}
        self.embedded: list[Embedded] = []
        # Who stands in an entry at fault; None when nobody can be told at all.
        self.unread: set[str] | None = set()
        self._before = _said_before(book, typed)
        self.shown: Mapping[tuple[int, str, str | bool], Any] = self._before.shown

    def once_read(self, text: str, slot: _Slot, read: Callable[[str, _Slot], Said]) -> Said:
        """Return what a text says as the value of a fact or field of the book, or of a type that
        lives as long as the program, by `read`; what many cases say is read once.
        """
        if isinstance(text, CellText) or len(text) > _SHORT:
            # Of the cell of a table it also matters how it is written.
            return self._read(text, slot, read)
        # The book is kept along with what was read by it, so its facts and fields are.
        key, said = (id(slot), text), self._before.said
        found = said.get(key)
        if found is None:
            found = self._read(text, slot, read)
            if len(said) < _MOST_KEPT:
                said[key] = found
        return found

    def _read(self, text: str, slot: _Slot, read: Callable[[str, _Slot], Said]) -> Said:
        """Return what a text says, or why people who type it must write it otherwise."""
        doubt = None
        if self.typed and isinstance(slot, (Fact, Field)) and slot.measured_in is not None:
            doubt = percent_in_doubt(text, slot.type, slot.measured_in)
        return read(text, slot) if doubt is None else doubt

    def keep(self, slot: Fact | Field, text: Text, how: str | bool, shown: object) -> None:  # noqa: FBT001
        """Keep what a text shows of a fact or field, without fault or remark, for the other cases
        that say the same; `shown` has it by the identity of the slot, the text and `how`.

        Of the cell of a table it also matters how it is written, and what it shows is kept for
        nobody. Whether a party is named in the case is left to whoever asks.
        """
        before = self._before.shown
        if type(text) is Text and len(text) <= _SHORT and len(before) < _MOST_KEPT:
            before[id(slot), str(text), how] = shown

    def add(self, place: str, message: str, near: str = "", **values: object) -> None:
        """Note a fault."""
        self.faults.append(fault(place, message, near, **values))

    def remark(self, place: str, message: str, **values: object) -> None:
        """Note what is no fault, and yet probably not meant."""
        self.remarks.append(Fault(place, message, values))

    def example(self, place: str) -> None:
        """Note what stands as in the examples of a template."""
        self.remark(place, "still stands as in the template's examples")

    def refuse(self, place: str, why: Wrong) -> None:
        """Note why a text is no value."""
        self.faults.append(Fault(place, why.message, why.values, why.near))

    def keys(self, table: Table, known: tuple[str, ...], prefix: str) -> None:
        """Note every key that is not known."""
        for key in table:
            if key not in known:
                place = key_place(table, key, self.origin)
                self.add(
                    f"{place}: {prefix}" if prefix else place,
                    "unknown key `{key}`",
                    nearest(key, known),
                    key=key,
                )

    def text(self, value: object, place: str) -> str | None:
        """Return a text, None where nothing is written; a mapping or list is a fault."""
        found = _text_of(value)
        if isinstance(found, Wrong):
            self.refuse(place, found)
            return None
        return found

    def under(self, table: Table, key: str, where: str) -> str | None:
        """Return the text under a key of what stands `where` in the case, as `text` does; most are
        in order, and only a fault needs its place.
        """
        found = _text_of(table.get(key))
        if isinstance(found, Wrong):
            self.refuse(self.place(table, key, where), found)
            return None
        return found

    def place(self, table: Table, key: str, where: str) -> str:
        """Return the place of a key of what stands `where` in the case."""
        return f"{key_place(table, key, self.origin)}: {where}.{key}"

    def identity(self, value: object, place: str, *, wanted: bool = False) -> str:
        """Return an id in the form in which it is kept, empty where none is written or it cannot be
        one; where one is `wanted`, its absence is a fault.
        """
        text = self.text(value, place)
        word, why = ("", None) if text is None else read_id(text, written_of(text))
        if not word and wanted and not spoilt(value) and (value is None or isinstance(value, Text)):
            self.add(place, "is missing")
        if why is not None:
            self.faults.append(why._replace(place=place))
            return ""
        return word

    def adds_up(self, value: object, place: str) -> bool:
        """Whether a cell marks its row as one that adds up the others; note it where it does."""
        found = total_at(value, place) if isinstance(value, Text) else None
        if found is not None:
            self.faults.append(found)
        return found is not None

    def once(self, word: str, place: str, seen: dict[str, tuple[str, str]], message: str) -> bool:
        """Whether an id is unlike all those before it; where it stands twice, `message` is noted.

        `seen` keeps ids and their places by what they look like.
        """
        form = look(word)
        if form not in seen:
            seen[form] = word, place
            return True
        other, first = seen[form]
        if other != word:
            self.add(
                place,
                "`{id}` looks like `{other}` at {first}, and is written with other characters",
                id=word,
                other=other,
                first=first,
            )
        elif cut(word):
            self.add(
                place,
                "`{id}` stands twice: a spreadsheet keeps 15 digits of a longer number, so format "
                "the column as text and type these ids again",
                id=word,
            )
        else:
            self.add(place, message, id=word)
        return False

    def remark_almost(self, seen: Mapping[str, tuple[str, str]], message: str) -> None:
        """Note ids among those of `seen` that a hasty reader takes for one, at most a few."""
        first: dict[str, tuple[str, str]] = {}
        count = 0
        for word, place in seen.values():
            other, at = first.setdefault(loose_look(word), (word, place))
            if other == word:
                continue
            count += 1
            if count <= _TOLD:
                self.remark(place, message, id=word, other=other, first=at)
        if count > _TOLD:
            place = next(iter(seen.values()))[1]
            self.remark(place, "{count} more such lines are left out", count=count - _TOLD)

    def has_party(self, name: str, kind: str) -> bool:
        """Whether a party of a kind is among those of the case."""
        party = self.parties.get(name)
        return party is not None and party.kind == kind

    def names_party(self, name: str, kind: str, place: str) -> bool:
        """Whether a party of a kind is among those of the case; note it where not."""
        party = self.parties.get(name)
        if party is None:
            # Who stands in an entry at fault is not complained of again.
            if self.unread is None or name in self.unread:
                return False
            known = [one.id for one in self.parties.values() if one.kind == kind]
            self.add(place, "`{id}` is not among the parties", nearest(name, known), id=name)
            return False
        if party.kind != kind:
            self.add(
                place,
                "`{id}` is a {kind}, and a {wanted} is wanted",
                id=name,
                kind=party.kind,
                wanted=kind,
            )
            return False
        return True

    @staticmethod
    def absent(slot: Field) -> Cell:
        """Return the cell of a field that is not given."""
        if slot.missing == "none":
            return none_cell(slot.type)
        return unknown_cell(slot.type, nullable=False)


def _text_of(value: object) -> str | Wrong | None:
    """Return a text as it is read, None where nothing is written, or why it is none."""
    if value is None:
        return None
    if not isinstance(value, Text):
        return wrong("a single value is wanted here")
    if len(value) > LONGEST:
        return wrong("the text is longer than {count} characters", count=LONGEST)
    if not value.isprintable() and unprintable(value):
        return wrong("holds characters that cannot be printed")
    said = value.strip()
    if not said or not (said.isascii() or plain(said)):
        return None
    return value if isinstance(value, CellText) else said
