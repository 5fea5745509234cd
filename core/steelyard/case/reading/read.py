"""From a marked document and its rule book to a case: every value typed and checked, every fault
with its place.
"""

from __future__ import annotations

import datetime
import re
from typing import Any, NamedTuple

from steelyard.book.model import RuleBook
from steelyard.canonical import canonical, known_by
from steelyard.case.environment import CaseWorld, Cell, Shown
from steelyard.case.model import Case, Waiver
from steelyard.case.reading.bind import (
    check_derived,
    complete_rows,
    flat_facts,
    flat_rows,
    rolls,
    tighten,
)
from steelyard.case.reading.dated import Days
from steelyard.case.reading.facts import Facts, read_facts
from steelyard.case.reading.identity import ELLIPSIS, EXAMPLE_UNIT
from steelyard.case.reading.parse_values import Wrong, plain, read_date, read_period
from steelyard.case.reading.parties import Named, read_parties
from steelyard.case.reading.read_context import Desk
from steelyard.case.reading.records import Register, read_records
from steelyard.case.reading.rollup import Assessed, Whole, not_yet
from steelyard.case.reading.written import Embedded, spoilt
from steelyard.case.unit import NOBODY, Unit
from steelyard.errors import CaseError, fault, nearest
from steelyard.located_yaml import Items, Table, Text, key_place, place_of

_YEAR = 366
KEYS = (
    *("book", "subject", "period", "as_of", "by"),
    *("facts", "parties", "records", "waivers", "files"),
)
_DIGEST = re.compile(r"(?:sha256:)?([0-9a-f]{64})")


def parse_case(
    document: object,
    book: RuleBook,
    origin: str = "",
    assessed: Assessed = not_yet,
    *,
    typed: bool = False,
) -> Case:
    """Return the case that a marked document holds, checked against its book.

    `assessed` finds the assessments of the unit's parts, for registers that are filled from another
    book. In what people have `typed` a bare figure of percent below one is refused, since it may be
    a share; what the program wrote itself is read as it stands. Raises CaseError with every fault
    of the document; nothing is dropped.
    """
    desk = Desk(book, origin, typed=typed)
    reference, place = book_of(document, origin)
    table = document if isinstance(document, Table) else Table()
    _version(desk, reference, place)
    desk.keys(table, KEYS, "")
    said = _said(desk, table, assessed)
    _settle(desk)
    cells = tighten(desk, said.facts)
    _settle(desk)
    shown = _shown(desk, said, cells)
    complete_rows(desk, said.registers, shown)
    world = CaseWorld(shown)
    check_derived(desk, world)
    _settle(desk)
    written = _written(book, said)
    text = canonical(written)
    return Case(
        book=book.key,
        subject_id=said.unit.id,
        subject_name=said.name,
        part_of=said.unit.whole,
        sector=book.sector,
        period=said.days.period,
        first=said.days.first,
        last=said.days.last,
        as_of=said.days.as_of,
        facts=said.facts.given,
        parties=desk.parties,
        registers=flat_rows(book, said.registers, world),
        party_rows=rolls(desk, world),
        waivers=said.waivers,
        flat=flat_facts(book, cells, world),
        parameters=tuple(said.parameters.values()),
        given=shown.given,
        document=written,
        text=text,
        names=said.named.names,
        origin=origin,
        named_at=_named_at(table, origin),
        remarks=tuple(desk.remarks),
        embedded=tuple(desk.embedded),
        digest=known_by(text),
    )


class _Said(NamedTuple):
    """What a document says, part by part."""

    unit: Unit
    name: str
    days: Days
    named: Named
    facts: Facts
    registers: dict[str, Register]
    waivers: dict[str, Waiver]
    files: dict[str, str]
    parameters: dict[str, int]


def _said(desk: Desk, table: Table, assessed: Assessed) -> _Said:
    """Return what a document says; faults are noted on the desk, those of each part in turn."""
    unit, name = _subject(desk, table)
    days = _moments(desk, table)
    desk.by = desk.text(table.get("by"), f"{key_place(table, 'by', desk.origin)}: by") or ""
    named = read_parties(desk, table)
    facts = read_facts(desk, table)
    whole = Whole(unit, days.period, days.first, days.last)
    registers = read_records(desk, table, whole, days, assessed)
    waivers = _waivers(desk, table)
    files = _files(desk, table)
    parameters = _parameters(desk, days.as_of)
    return _Said(unit, name, days, named, facts, registers, waivers, files, parameters)


def _shown(desk: Desk, said: _Said, cells: dict[str, Cell]) -> Shown:
    """Return what a case shows, its records not completed yet."""
    days = said.days
    return Shown(
        book=desk.book,
        facts=cells,
        given=frozenset(said.facts.given),
        parties=desk.parties,
        parameters=said.parameters,
        registers={
            name: (one.complete, one.given, one.completed) for name, one in said.registers.items()
        },
        moments={"as_of": days.as_of, "period_start": days.first, "period_end": days.last},
        outcomes={},
    )


def _written(book: RuleBook, said: _Said) -> dict[str, Any]:
    """Return a case as canonical data."""
    return {
        "book": book.key,
        "subject": {
            "id": said.unit.id,
            "name": said.name,
            "sector": book.sector,
            **said.unit.named,
        },
        "period": said.days.period,
        "as_of": said.days.as_of.isoformat(),
        "parties": said.named.written,
        "facts": said.facts.written,
        "records": {
            name: {"complete": one.complete, "rows": one.written}
            for name, one in said.registers.items()
            if one.said
        },
        "waivers": [
            {
                "rule": one.rule,
                "authority": one.authority,
                "reason": one.reason,
                "until": one.until.isoformat(),
            }
            for _, one in sorted(said.waivers.items())
        ],
        **({"files": said.files} if said.files else {}),
    }


def _settle(desk: Desk) -> None:
    if desk.faults:
        raise CaseError(desk.faults)


def book_of(document: object, origin: str) -> tuple[str, str]:
    """Return the reference of the book that a document names, and its place."""
    if not isinstance(document, Table):
        raise CaseError(
            [fault(place_of(document, origin), "is not a case: a mapping with `book:` is wanted")]
        )
    said = document.get("book")
    place = f"{key_place(document, 'book', origin)}: book"
    if not isinstance(said, Text) or not said.strip():
        raise CaseError([fault(place, "names no book")])
    return plain(said), place


def _version(desk: Desk, reference: str, place: str) -> None:
    name, _, version = reference.partition("@")
    if name != desk.book.id:
        desk.add(place, "is for book `{other}`, not `{book}`", other=name, book=desk.book.id)
    elif (
        version
        and not f"{desk.book.version}.".startswith(f"{version}.")
        and version not in desk.book.accepts
    ):
        desk.add(
            place,
            "is for version {other} of {book}, and this is version {version}",
            other=version,
            book=name,
            version=desk.book.version,
        )


def _subject(desk: Desk, table: Table) -> tuple[Unit, str]:
    """Return the unit, and its name."""
    value = table.get("subject")
    place = f"{key_place(table, 'subject', desk.origin)}: subject"
    if isinstance(value, Text) and value.strip():
        if desk.adds_up(value, place):
            return NOBODY, ""
        return Unit("", _example(desk, desk.identity(value, place, wanted=True), place)), ""
    if not isinstance(value, Table):
        desk.add(place, "is missing: {{id: …, name: …}}")
        return NOBODY, ""
    desk.keys(value, ("id", "name", "sector", "part_of"), "subject")
    name = desk.text(value.get("name"), f"{place}.name") or ""
    sector = desk.text(value.get("sector"), f"{place}.sector")
    if sector is not None and sector != desk.book.sector:
        desk.add(
            f"{place}.sector",
            "`{sector}` is not the book's sector, {other}",
            sector=sector,
            other=desk.book.sector,
        )
    sums = [desk.adds_up(value.get(key), f"{place}.{key}") for key in ("id", "name", "part_of")]
    if any(sums):
        return NOBODY, name
    identity = desk.identity(value.get("id"), f"{place}.id", wanted=True)
    _example(desk, identity, f"{place}.id")
    whole = desk.identity(value.get("part_of"), f"{place}.part_of")
    if whole and whole == identity:
        desk.add(f"{place}.part_of", "a unit is no part of itself")
    return Unit(whole, identity), name


def _named_at(table: Table, origin: str) -> str:
    """Return where a document names its subject."""
    value = table.get("subject")
    return key_place(value, "id", origin) if isinstance(value, Table) else place_of(value, origin)


def _example(desk: Desk, identity: str, place: str) -> str:
    """Return a unit's id, remarked where it is that of the template."""
    if identity.casefold() == EXAMPLE_UNIT:
        desk.remark(
            place,
            "`{id}` is still the example of the template: write the unit's own id, else two units "
            "become one",
            id=identity,
        )
    return identity


def _moments(desk: Desk, table: Table) -> Days:
    place = f"{key_place(table, 'period', desk.origin)}: period"
    today = datetime.date(1, 1, 1)
    text = desk.text(table.get("period"), place)
    if text is None:
        if not spoilt(table.get("period")):
            desk.add(place, "is missing: 2026, 2026H1, 2026Q3 or 2026-11")
        return Days("", today, today, today)
    found = read_period(text)
    if isinstance(found, Wrong):
        desk.refuse(place, found)
        return Days("", today, today, today)
    name, first, last = found
    place = f"{key_place(table, 'as_of', desk.origin)}: as_of"
    said = desk.text(table.get("as_of"), place)
    if said is None:
        return Days(name, first, last, last)
    day = read_date(said)
    if isinstance(day, Wrong):
        desk.refuse(place, day)
        return Days(name, first, last, last)
    as_of = datetime.date.fromordinal(day)
    if as_of < first:
        desk.remark(
            place,
            "{day} lies before {period} begins: figures and waivers of that day hold",
            day=as_of,
            period=name,
        )
    elif day - last.toordinal() > _YEAR:
        desk.remark(
            place,
            "{day} lies more than a year after {period}: figures and waivers of that day hold",
            day=as_of,
            period=name,
        )
    return Days(name, first, last, as_of)


def _parameters(desk: Desk, as_of: datetime.date) -> dict[str, int]:
    chosen: dict[str, int] = {}
    day = as_of.toordinal()
    for parameter in desk.book.parameters.values():
        held = [units for start, units in parameter.values if start <= day]
        if not held and not desk.faults:
            desk.add(
                f"{desk.origin}: as_of",
                "`{name}` has no figure yet on {day}",
                name=parameter.id,
                day=as_of.isoformat(),
            )
        chosen[parameter.id] = held[-1] if held else 0
    return chosen


def _files(desk: Desk, table: Table) -> dict[str, str]:
    """Return the digests of the case's files by their names, of embedded pictures too."""
    said = table.get("files")
    if said is not None and not isinstance(said, Table):
        place = f"{key_place(table, 'files', desk.origin)}: files"
        desk.add(place, "a mapping of files to their SHA-256 is wanted")
    found: dict[str, str] = {}
    for name, value in (said if isinstance(said, Table) else Table()).items():
        place = f"{key_place(said, name, desk.origin)}: files.{name}"
        if isinstance(value, Embedded):
            found[name] = value.digest
            desk.embedded.append(value)
            continue
        text = desk.text(value, place)
        digest = _DIGEST.fullmatch((text or "").lower())
        if digest is None:
            desk.add(place, "`{text}` is no SHA-256: 64 figures of 0-9 and a-f", text=text or "")
        else:
            found[name] = f"sha256:{digest[1]}"
    return dict(sorted({**found, **desk.files}.items()))


def _waivers(desk: Desk, table: Table) -> dict[str, Waiver]:
    waivers: dict[str, Waiver] = {}
    value = table.get("waivers")
    if value is not None and not isinstance(value, Items):
        desk.add(
            f"{key_place(table, 'waivers', desk.origin)}: waivers", "a list of waivers is wanted"
        )
    for number, entry in enumerate(value if isinstance(value, Items) else [], 1):
        if not isinstance(entry, Table):
            desk.add(f"{place_of(entry, desk.origin)}: waivers[{number}]", "a waiver is a mapping")
            continue
        known = ("rule", "authority", "reason", "until")
        desk.keys(entry, known, "waivers")
        texts = {
            key: desk.text(entry.get(key), f"{entry.place}: waivers[{number}].{key}")
            for key in known
        }
        if not any(texts.values()):
            continue
        _waiver(desk, entry, number, texts, waivers)
    return waivers


def _waiver(
    desk: Desk, entry: Table, number: int, texts: dict[str, str | None], waivers: dict[str, Waiver]
) -> None:
    place = f"{entry.place}: waivers[{number}]"
    rule = texts["rule"] or ""
    for key, text in texts.items():
        if text == ELLIPSIS:
            desk.example(f"{place}.{key}")
    for key in ("rule", "authority", "until"):
        if texts[key] is None and not spoilt(entry.get(key)):
            desk.add(f"{place}.{key}", "is missing")
    if rule and rule not in desk.book.rules:
        desk.add(f"{place}.rule", "unknown rule `{id}`", nearest(rule, desk.book.rules), id=rule)
    elif rule in waivers:
        desk.add(f"{place}.rule", "rule `{id}` is waived twice", id=rule)
    elif rule and texts["authority"] and texts["until"]:
        day = read_date(texts["until"])
        if isinstance(day, Wrong):
            desk.refuse(f"{place}.until", day)
        else:
            until = datetime.date.fromordinal(day)
            waivers[rule] = Waiver(rule, texts["authority"], texts["reason"] or "", until)
