"""What two people say otherwise of the same unit, with the place of each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from steelyard.case.formats.headings import LEADING, PARTY, WAIVER
from steelyard.case.reading.parse_values import text_of
from steelyard.case.reading.records import each_once
from steelyard.expression.types import ranged
from steelyard.located_yaml import Items, Table, key_place, place_of
from steelyard.messages import Title
from steelyard.work.document_places import Places
from steelyard.work.gather.joined import NO_OPTIONS

if TYPE_CHECKING:
    from steelyard.book.model import Fact, RuleBook
    from steelyard.case.model import Case, Given


class Difference(NamedTuple):
    """What two assessors say otherwise of a unit, an empty text where one says nothing; `options`
    are the titles of what it is one of.
    """

    unit: str
    what: str
    title: Title
    one: str
    other: str
    place_one: str
    place_other: str
    options: Mapping[str, Title] = NO_OPTIONS

    def document(self) -> dict[str, Any]:
        """Return the difference as plain data."""
        plain = {**self._asdict(), "title": self.title._asdict()}
        del plain["options"]
        return plain


class Account(NamedTuple):
    """A case with the document that says where its values stand."""

    case: Case
    document: Table

    @property
    def places(self) -> Places:
        """Where the document says what it says."""
        return Places(self.document, self.case.origin)

    def place_of_fact(self, name: str) -> str:
        """Return where a fact stands; the file where it is not given."""
        facts = self.document.get("facts")
        said = isinstance(facts, Table) and name in facts
        return key_place(facts, name, self.case.origin) if said else self.case.origin

    def place_of_record(self, register: str, identity: str) -> str:
        """Return where a record stands, or else its register; the file where it says nothing of
        it.
        """
        records = self.document.get("records")
        said = records.get(register) if isinstance(records, Table) else None
        if not isinstance(records, Table) or said is None:
            return self.case.origin
        place = key_place(records, register, self.case.origin)
        rows = said.get("rows") if isinstance(said, Table) else said
        written = each_once(rows) if isinstance(rows, Items) else Items()
        ids = list(_rows(self.case, register))
        if identity not in ids or len(ids) != len(written):
            return place
        return place_of(written[ids.index(identity)], place)


Pair = tuple[Account, Account]
_Cells = Mapping[str, str]


class _Field(NamedTuple):
    """One thing that may be said of a party or a waiver."""

    title: Title
    options: Mapping[str, Title] = NO_OPTIONS


def differences(book: RuleBook, pairs: Sequence[Pair]) -> Iterator[Difference]:
    """Yield what the two of each pair say otherwise: of the unit and the day, its facts, parties
    and records, of what is waived, and of the files behind it.
    """
    yield from _facts(book, pairs)
    yield from _records(book, pairs)
    for one, other in pairs:
        yield from _heads(one, other)
        yield from _parties(book, one, other)
        yield from _waivers(book, one, other)
        yield from _files(one, other)


def said_of(given: Given | None, fact: Fact) -> str:
    """Return what a case says of a fact, as text; empty where it says nothing."""
    if given is None:
        return ""
    if given.survey is not None and not given.conflict:
        return "{}/{}".format(*given.survey)
    if given.low is not None and given.high is not None:
        if given.low == given.high and ranged(fact.type) is None:
            return "yes" if given.low else "no"
        ends = dict.fromkeys((given.low, given.high))
        return "..".join(text_of(end, fact.type) for end in ends)
    return given.word if isinstance(given.word, str) else "none" if given.word is None else ""


def _facts(book: RuleBook, pairs: Sequence[Pair]) -> Iterator[Difference]:
    for one, other in pairs:
        for fact in book.collected:
            given = [each.case.facts.get(fact.id) for each in (one, other)]
            said = [
                said_of(each, fact) or ("unknown" if each is not None and each.conflict else "")
                for each in given
            ]
            places = one.place_of_fact(fact.id), other.place_of_fact(fact.id)
            what = _Field(fact.full_title, fact.options)
            yield from _told(one, f"facts.{fact.id}", what, said, places)


def _records(book: RuleBook, pairs: Sequence[Pair]) -> Iterator[Difference]:
    """Yield the records, known by their ids, that only one names or that bear other values."""
    for one, other in pairs:
        for register in book.registers.values():
            where, what = f"records.{register.id}", _Field(register.title)
            known = [each.case.registers[register.id].complete for each in (one, other)]
            if register.rolled is None:
                complete = ["yes" if each else "no" for each in known]
                places = tuple(each.place_of_record(register.id, "") for each in (one, other))
                yield from _told(one, f"{where}.complete", what, complete, places)
            rows = [_rows(each.case, register.id) for each in (one, other)]
            fields = {
                key: _Field(slot.full_title, slot.options) for key, slot in register.fields.items()
            }
            for identity in dict.fromkeys([*rows[0], *rows[1]]):
                mine, theirs = (each.get(identity) for each in rows)
                if mine == theirs:
                    continue
                places = tuple(each.place_of_record(register.id, identity) for each in (one, other))
                at = f"{where}.{identity}"
                yield from _entries(one, at, identity, what, fields, (mine, theirs), places)


def _heads(one: Account, other: Account) -> Iterator[Difference]:
    """Yield what is said otherwise of the unit, and the day as of which it stands."""
    titles = dict(LEADING)
    for key, said in (
        ("subject.name", [each.case.subject_name for each in (one, other)]),
        ("as_of", [each.case.as_of.isoformat() for each in (one, other)]),
    ):
        places = one.places.of(key), other.places.of(key)
        yield from _told(one, key, _Field(titles[key]), said, places)


def _parties(book: RuleBook, one: Account, other: Account) -> Iterator[Difference]:
    """Yield the parties, known by their ids, that only one names or of whom other things are
    said.
    """
    told = [_cells_of_parties(each.case) for each in (one, other)]
    at = [each.places.parties() for each in (one, other)]
    kinds = {kind.id: kind.title for kind in book.kinds.values()}
    for identity in dict.fromkeys([*told[0], *told[1]]):
        mine, theirs = (each.get(identity) for each in told)
        if mine == theirs:
            continue
        kind = book.kinds[(mine or theirs or {})["kind"]]
        fields = {
            "kind": _Field(PARTY["kind"], kinds),
            "name": _Field(PARTY["name"]),
            **{key: _Field(slot.full_title, slot.options) for key, slot in kind.fields.items()},
        }
        places = tuple(
            each.get(identity, part.case.origin)
            for each, part in zip(at, (one, other), strict=True)
        )
        where = f"parties.{identity}"
        what = _Field(kind.title)
        yield from _entries(one, where, identity, what, fields, (mine, theirs), places)


def _cells_of_parties(case: Case) -> Mapping[str, _Cells]:
    names = case.names
    return {
        entry["id"]: {
            **{key: text for key, text in entry.items() if key != "id"},
            **({"name": names[entry["id"]]} if entry["id"] in names else {}),
        }
        for entry in case.document["parties"]
    }


def _waivers(book: RuleBook, one: Account, other: Account) -> Iterator[Difference]:
    """Yield the rules that only one waives, or by another authority, for another reason or until
    another day.
    """
    told = [
        {entry["rule"]: entry for entry in each.case.document["waivers"]} for each in (one, other)
    ]
    at = [each.places.waivers() for each in (one, other)]
    fields = {key: _Field(title) for key, title in WAIVER.items()}
    for rule in dict.fromkeys([*told[0], *told[1]]):
        places = tuple(
            each.get(rule, part.case.origin) for each, part in zip(at, (one, other), strict=True)
        )
        cells = told[0].get(rule), told[1].get(rule)
        what = _Field(book.rules[rule].title)
        yield from _entries(one, f"waivers.{rule}", rule, what, fields, cells, places)


def _files(one: Account, other: Account) -> Iterator[Difference]:
    """Yield the files that both know and of which they saw another content."""
    told = [each.case.document.get("files", {}) for each in (one, other)]
    for name in told[0]:
        if name in told[1]:
            places = tuple(each.places.in_part("files", name) for each in (one, other))
            said = [each[name] for each in told]
            yield from _told(one, f"files.{name}", _Field(Title(name, name)), said, places)


def _entries(
    one: Account,
    where: str,
    identity: str,
    what: _Field,
    fields: Mapping[str, _Field],
    cells: tuple[_Cells | None, _Cells | None],
    places: Sequence[str],
) -> Iterator[Difference]:
    """Yield that only one names a thing, or what is said otherwise of its fields."""
    mine, theirs = cells
    if mine is None or theirs is None:
        here = ["" if each is None else identity for each in cells]
        yield from _told(one, where, what, here, places)
        return
    for key, field in fields.items():
        said = [each.get(key, "") for each in (mine, theirs)]
        yield from _told(one, f"{where}.{key}", field, said, places)


def _told(
    one: Account, what: str, field: _Field, said: Sequence[str], places: Iterable[str]
) -> Iterator[Difference]:
    if said[0] != said[1]:
        first, second = places
        unit = one.case.subject_id
        yield Difference(unit, what, field.title, said[0], said[1], first, second, field.options)


def _rows(case: Case, register: str) -> Mapping[str, _Cells]:
    written = case.document["records"].get(register, {"rows": ()})
    return {
        row["id"]: {key: text for key, text in row.items() if key not in {"id", "evidence"}}
        for row in written["rows"]
    }
