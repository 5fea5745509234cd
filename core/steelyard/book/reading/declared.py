"""What the entry of a fact or field declares of its values: its type, its range, its options, what
it counts.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from steelyard.book.measured_in import UNITS, MeasuredIn, called, own
from steelyard.book.reading.in_order import WORD
from steelyard.book.reading.named_options import options_of
from steelyard.book.terms import NONE_WORDS, UNKNOWN_WORDS
from steelyard.errors import Fault, PluginError, fault, nearest
from steelyard.expression.parse import parse_date
from steelyard.expression.types import (
    WIDEST,
    Boolean,
    Choice,
    Date,
    Number,
    PartyOf,
    Survey,
    Text,
    Type,
    units_of,
)
from steelyard.forms.phrases import titled as title_of
from steelyard.messages import Title

if TYPE_CHECKING:
    from steelyard.book.document import BookEntry, FactEntry

SCALARS: Mapping[str, Type] = {
    "boolean": Boolean(),
    "integer": Number(0),
    "number": Number(6, -WIDEST * 10**6, WIDEST * 10**6),
    "date": Date(),
    "text": Text(),
    "survey": Survey(),
}
_OPTION = re.compile(r"[^\s,;'\"\\]{1,80}")

Place = Callable[..., str]


def notes_of(entry: object) -> str:
    """Return notes as text; both languages on two lines where both are written."""
    return (
        entry
        if isinstance(entry, str)
        else f"{getattr(entry, 'zh', '')}\n{getattr(entry, 'en', '')}".strip()
    )


def remark_of(entry: object) -> Title:
    """Return notes in either language; those written once stand for both."""
    return Title(entry, entry) if isinstance(entry, str) else title_of(entry, "")


def expand(cites: Iterable[str], inventory: Sequence[str] = ()) -> tuple[str, ...]:
    """Return clause ids with runs such as `H1.8.2..H1.8.8` written out, each once.

    A run goes in the order of the scheme's inventory; without one, the last number runs. Raises
    ValueError with the run that is empty or whose ends are not known.
    """
    out: dict[str, None] = {}
    for cite in cites:
        first, dots, last = cite.partition("..")
        if not dots:
            out[cite] = None
            continue
        if first in inventory and last in inventory:
            run = list(inventory[inventory.index(first) : inventory.index(last) + 1])
        else:
            head, _, low = first.rpartition(".")
            tail, _, high = last.rpartition(".")
            counted = (
                head == tail
                and low.isdecimal()
                and high.isdecimal()
                and int(high) - int(low) < 1000
            )
            run = (
                [f"{head}.{number}" for number in range(int(low), int(high) + 1)]
                if counted and not inventory
                else []
            )
        if not run:
            raise ValueError(cite)
        out.update(dict.fromkeys(run))
    return tuple(out)


class Declared:
    """Reads what entries of a book declare; collects every fault on the way."""

    def __init__(self, entry: BookEntry, place: Place, inventory: Sequence[str] = ()) -> None:
        """Take the book as written, the function that finds places in it, and the clauses of its
        scheme in order.
        """
        self.entry = entry
        self.place = place
        self.inventory = inventory
        self.faults: list[Fault] = []
        self.options = {name: options_of(said) for name, said in entry.options.items()}

    def add(self, place: str, message: str, near: str = "", **values: object) -> None:
        """Note a fault."""
        self.faults.append(fault(place, message, near, **values))

    @contextmanager
    def told(self, place: str) -> Iterator[None]:
        """Note what goes wrong inside a plugin's form, and leave off what was begun."""
        try:
            yield
        except PluginError as error:
            self.faults.extend(one.under(place) for one in error.faults)

    def cites(self, said: Iterable[str], place: str) -> tuple[str, ...]:
        """Return the clauses that something cites, runs written out."""
        try:
            return expand(said, self.inventory)
        except ValueError as error:
            self.add(f"{place}.cites", "`{run}` is no run of clauses", run=error)
            return ()

    def type_of(self, entry: FactEntry, place: str) -> tuple[Type, dict[str, Title]]:
        """Return the type of a fact or field, and the titles of its options."""
        said = entry.type
        if isinstance(said, str):
            if said in SCALARS:
                return self._narrowed(SCALARS[said], entry, place), {}
            if said in self.entry.parties:
                return PartyOf(said), {}
            if said in self.options:
                return self._choice(entry, self.options[said], place)
            known = [*SCALARS, *self.entry.parties, *self.options]
            self.add(f"{place}.type", "`{type}` is not a type", nearest(said, known), type=said)
            return Text(), {}
        if said is None:
            self.add(place, "has no type")
            return Text(), {}
        options = options_of(said)
        if not options:
            self.add(f"{place}.type", "an enumeration wants options: none is written")
        elif len(options) != len(said):
            self.add(f"{place}.type", "an enumeration wants options, each once")
        return self._choice(entry, options, place)

    def _choice(
        self, entry: FactEntry, options: dict[str, Title], place: str
    ) -> tuple[Type, dict[str, Title]]:
        for option in options:
            word = unicodedata.normalize("NFKC", option).lower()
            taken = UNKNOWN_WORDS | NONE_WORDS if entry.missing == "none" else UNKNOWN_WORDS
            if not _OPTION.fullmatch(option) or word in taken:
                self.add(f"{place}.type", "`{option}` cannot be an option", option=option)
        if entry.min is not None or entry.max is not None:
            self.add(place, "an enumeration has no min or max")
        return Choice(tuple(options), entry.ordered), options

    def named(self, entry: FactEntry) -> str:
        """Return under which name a fact or field takes its options; empty for its own."""
        return entry.type if isinstance(entry.type, str) and entry.type in self.options else ""

    def _narrowed(self, kind: Type, entry: FactEntry, place: str) -> Type:
        if entry.ordered:
            self.add(place, "only an enumeration is ordered")
        if entry.decimals is not None:
            if kind != SCALARS["number"]:
                self.add(place, "only a number has decimals")
            else:
                return Number(
                    entry.decimals, -WIDEST * 10**entry.decimals, WIDEST * 10**entry.decimals
                )
        return kind

    def measured_in(self, kind: Type | None, entry: FactEntry, place: str) -> MeasuredIn | None:
        """Return what a figure counts; only a number counts anything. A type of None is not known
        yet.
        """
        said = entry.measured_in
        if said is None:
            return None
        place = f"{place}.measured_in"
        if kind is not None and not isinstance(kind, (Number, Survey)):
            self.add(place, "only a number is measured in something")
        if not isinstance(said, str):
            return own(Title(said.zh, said.en))
        if said not in UNITS:
            meant = called(said)
            self.add(
                place,
                "`{unit}` is no unit such as person, m2 or yuan; one of the book's own is written "
                "{{zh: …, en: …}}",
                nearest(said, UNITS) if meant is None else meant.id,
                unit=said,
            )
        return UNITS.get(said)

    def bounded(self, kind: Type, entry: FactEntry, place: str) -> Type:
        """Return the type of a field within its declared bounds."""
        low, high = self.bounds(kind, entry, place)
        if isinstance(low, str) or isinstance(high, str):
            self.add(place, "a field is bounded by figures, not by other names")
            return kind
        return self.within(kind, low, high, place)

    def within(self, kind: Type, low: int | None, high: int | None, place: str) -> Type:
        """Return a type within bounds in its units, or as an ordinal."""
        if not isinstance(kind, (Number, Date)):
            if low is not None or high is not None:
                self.add(place, "only numbers and dates have min and max")
            return kind
        bounded = replace(
            kind, low=kind.low if low is None else low, high=kind.high if high is None else high
        )
        if bounded.low > bounded.high:
            self.add(place, "min is above max")
            return kind
        return bounded

    def bounds(
        self, kind: Type, entry: FactEntry, place: str
    ) -> tuple[int | str | None, int | str | None]:
        """Return both declared bounds, as units, ordinals, or the names of facts."""
        low = self._bound(kind, entry.min, f"{place}.min")
        return low, self._bound(kind, entry.max, f"{place}.max")

    def _bound(self, kind: Type, said: str | None, place: str) -> int | str | None:
        """Return a declared bound as units, an ordinal, or the name of a fact."""
        if said is None:
            return None
        text = said.strip()
        if isinstance(kind, Date):
            day = parse_date(text)
            if day is not None:
                return day
        elif re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", text):
            number = Decimal(text)
            scale = kind.scale if isinstance(kind, Number) else 6
            units = units_of(number, scale)
            if units is None or abs(number) > WIDEST:
                self.add(
                    place,
                    "`{text}` is larger, or has more decimals, than this number may have",
                    text=text,
                )
                return None
            return units
        if WORD.fullmatch(text):
            return text
        self.add(place, "`{text}` is neither a figure nor the name of a fact", text=text)
        return None
