"""Finding the assessments of a unit's parts: among those of this run first, then in the store."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, Self

from steelyard.case.reading.identity import fold
from steelyard.case.reading.parse_values import Wrong, plain, read_period
from steelyard.case.reading.rollup import Part
from steelyard.case.unit import Unit
from steelyard.errors import Fault, fault, nearest
from steelyard.located_yaml import Table, Value

if TYPE_CHECKING:
    from steelyard.store.store import Store


class Key(NamedTuple):
    """What an assessment is of: the id of the book, the subject, the period.

    Which whole the subject is a part of, the assessment says; so that one is told that names
    another.
    """

    book: str
    subject: str
    period: str


class Waiting(Exception):  # noqa: N818  # no error: a file that comes later
    """A case asks for an assessment of a part, and this is not the time."""


def wait(_part: Part) -> None:
    """Let a case that is rolled up from others wait until those are weighed."""
    raise Waiting


def key_of(document: Table) -> Key:
    """Return what a case is of, as it is written."""
    subject = document.get("subject")
    named = subject.get("id") if isinstance(subject, Table) else subject
    period = read_period(_text(document.get("period")))
    return Key(
        _text(document.get("book")).partition("@")[0],
        fold(str(named)) if named is not None else "",
        "" if isinstance(period, Wrong) else period[0],
    )


def _text(value: Value) -> str:
    return plain(str(value)) if value is not None else ""


class Fresh(Protocol):
    """The assessments of this run, in the order in which they were weighed."""

    @property
    def count(self) -> int:
        """How many there are."""
        ...

    def document(self, place: int) -> dict[str, Any]:
        """Return one of them as plain data."""
        ...


class Parts:
    """The newest assessments of parts, found when a case asks for them."""

    def __init__(self, db: str, fresh: Fresh) -> None:
        """Take the store's file, which need not be there, and the assessments of this run."""
        self._db = db
        self._store: Store | None = None
        self._fresh = fresh
        self._taken = 0
        self._places: dict[Key, list[int]] = {}
        self._expected: frozenset[Key] = frozenset()
        self._units: set[str] = set()
        self._strayed: dict[tuple[Key, Unit], tuple[Part, Unit]] = {}

    def __enter__(self) -> Self:
        """Return itself; the store is opened when it is first asked."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the store."""
        if self._store is not None:
            self._store.close()

    def expect(self, keys: Iterable[Key]) -> None:
        """Know what this run has weighed by now; let cases wait that ask for one of `keys`, which
        are still to come.
        """
        for place in range(self._taken, self._fresh.count):
            one = self._fresh.document(place)
            self._places.setdefault(
                Key(one["book"]["id"], one["subject"]["id"], one["period"]), []
            ).append(place)
        self._taken = self._fresh.count
        self._expected = frozenset(keys)
        self._units |= {key.subject for key in (*self._places, *self._expected)}

    def __call__(self, part: Part) -> Mapping[str, Any] | None:
        """Return the newest assessment of a part, or None where there is none yet; raises Waiting
        where it is still to come.
        """
        book, _, version = part.book.partition("@")
        key = Key(book, part.subject, part.period)
        if key in self._expected:
            raise Waiting
        elsewhere: list[Unit] = []
        fresh = (self._fresh.document(place) for place in reversed(self._places.get(key, ())))
        for one in chain(fresh, self._saved(key)):
            unit = Unit.of(one["subject"])
            if unit != part.unit:
                elsewhere.append(unit)
            elif not version or f"{one['book']['version']}.".startswith(f"{version}."):
                found: Mapping[str, Any] = one
                return found
        if elsewhere:
            self._strayed[key, part.whole] = part, elsewhere[0]
        return None

    def strayed(self) -> Iterator[Fault]:
        """Name which parts stayed unknown although they are assessed, where they name no whole, or
        one that was probably not meant.
        """
        for (key, _), (part, unit) in self._strayed.items():
            place = f"{key.book} {key.subject} {key.period}: subject.part_of"
            wanted = part.unit.whole
            if not unit.whole:
                yield fault(
                    place,
                    "is not given, so this assessment does not count for `{whole}`",
                    whole=str(part.whole),
                )
            elif not wanted:
                yield fault(
                    place,
                    "`{named}` is not named by `{whole}` itself, so this assessment does not count "
                    "for it",
                    named=unit.whole,
                    whole=str(part.whole),
                )
            elif unit.whole not in self._units and nearest(unit.whole, [wanted]):
                yield fault(
                    place,
                    "`{named}` is not `{whole}`, so this assessment does not count for it",
                    named=unit.whole,
                    whole=wanted,
                )

    def _saved(self, key: Key) -> Iterable[dict[str, Any]]:
        if self._store is None:
            if not Path(self._db).is_file():
                return ()
            from steelyard.store.store import Store

            self._store = Store.open(self._db, create=False)
        return self._store.newest(*key)
