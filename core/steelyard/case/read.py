"""From a marked document and its rule book to a case: every value typed and checked, every fault with its place."""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from steelyard.book.layout import known_cell, layouts, none_cell, unknown_cell
from steelyard.book.model import METHODS, Fact, Field, RuleBook
from steelyard.case.model import Case, Evidence, Given, Party, Roll, Rows, Waiver
from steelyard.case.words import (
    NONE_WORDS,
    NOT_DONE,
    UNKNOWN_WORDS,
    Wrong,
    is_unknown,
    plain,
    read_date,
    read_number,
    read_period,
    read_survey,
    read_tick,
    read_value,
    text_of,
    wrong,
)
from steelyard.case.world import CaseWorld, Cell, Cells, PartyWorld, RecordWorld, Shown, cell_of
from steelyard.errors import CaseError, Fault, fault, nearest
from steelyard.expression.reference import Evaluation, Reading, exact, half_away
from steelyard.expression.tree import Name, Reach, walk
from steelyard.expression.types import Boolean, Choice, Date, Number, PartyOf, Survey, divide, ranged, rescale
from steelyard.expression.values import UNKNOWN, Bounds
from steelyard.marked import UNPRINTABLE, Items, Table, Text, key_place, place_of

KEYS = ("book", "subject", "period", "as_of", "facts", "parties", "records", "waivers")
_EVIDENCE = ("method", "source", "date")
_MOST_ROWS = 100_000
_ID = 200


def read_case(document: object, book: RuleBook, origin: str = "") -> Case:
    """Give the case that a marked document holds, checked against its book.

    Raises CaseError with every fault of the document; nothing is dropped.
    """
    return _Reader(book, origin).read(document)


def book_of(document: object, origin: str) -> tuple[str, str]:
    """Give the reference of the book that a document names, and its place."""
    if not isinstance(document, Table):
        raise CaseError([fault(place_of(document, origin), "is not a case: a mapping with `book:` is wanted")])
    said = document.get("book")
    place = f"{key_place(document, 'book', origin)}: book"
    if not isinstance(said, Text) or not said.strip():
        raise CaseError([fault(place, "names no book")])
    return plain(said), place


@dataclass(slots=True)
class _Register:
    """A register while it is read."""

    complete: bool = False
    given: bool = False
    ids: list[str] = field(default_factory=list)
    rows: list[Cells] = field(default_factory=list)
    written: list[dict[str, Any]] = field(default_factory=list)


class _Reader:
    """Reads one document; faults gather until the end."""

    def __init__(self, book: RuleBook, origin: str) -> None:
        self.book = book
        self.origin = origin
        self.faults: list[Fault] = []
        self.facts: dict[str, Given] = {}
        self.cells: dict[str, Cell] = {}
        self.parties: dict[str, Party] = {}
        self.unread: set[str] | None = set()
        self.names: dict[str, str] = {}
        self.registers: dict[str, _Register] = {}
        self.waivers: dict[str, Waiver] = {}
        self.written: dict[str, Any] = {}
        self.places: dict[str, str] = {}

    def add(self, place: str, message: str, near: str = "", **values: object) -> None:
        self.faults.append(fault(place, message, near, **values))

    def refuse(self, place: str, why: Wrong) -> None:
        self.faults.append(Fault(place, why.message, why.values, why.near))

    def read(self, document: object) -> Case:
        reference, place = book_of(document, self.origin)
        table = cast("Table", document)
        self._version(reference, place)
        self._keys(table, KEYS, "")
        subject_id, subject_name = self._subject(table)
        period, first, last, as_of = self._dates(table)
        self._parties(table)
        self._facts(table)
        self._records(table)
        self._waivers(table)
        parameters = self._parameters(as_of)
        if self.faults:
            raise CaseError(self.faults)
        self._tighten()
        if self.faults:
            raise CaseError(self.faults)
        shown = self._shown(parameters, first, last, as_of)
        world = CaseWorld(shown)
        self._complete_rows(world)
        self._check_derived(world)
        if self.faults:
            raise CaseError(self.faults)
        document_ = {
            "book": self.book.key,
            "subject": {"id": subject_id, "name": subject_name, "sector": self.book.sector},
            "period": period, "as_of": as_of.isoformat(), **self.written,
        }  # fmt: skip
        canonical = json.dumps(document_, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        layout = layouts(self.book)
        flat = tuple(atom for column in layout.facts.columns.values() for atom in self._fact_cell(column.key, world))
        return Case(
            book=self.book.key, subject_id=subject_id, subject_name=subject_name, sector=self.book.sector,
            period=period, first=first, last=last, as_of=as_of, facts=self.facts, parties=self.parties,
            registers=self._rows(world), party_rows=self._party_rows(world), waivers=self.waivers, flat=flat, parameters=tuple(parameters.values()),
            given=frozenset(self.facts), document=document_, names=self.names, origin=self.origin,
            digest="sha256:" + hashlib.sha256(canonical.encode()).hexdigest(),
        )  # fmt: skip

    def _version(self, reference: str, place: str) -> None:
        name, _, version = reference.partition("@")
        if name != self.book.id:
            self.add(place, "is for book `{other}`, not `{book}`", other=name, book=self.book.id)
        elif version and version != self.book.version and version not in self.book.accepts:
            self.add(place, "is for version {other} of {book}, and this is version {version}",
                     other=version, book=name, version=self.book.version)  # fmt: skip

    def _keys(self, table: Table, known: tuple[str, ...], prefix: str) -> None:
        for key in table:
            if key not in known:
                place = key_place(table, key, self.origin)
                self.add(f"{place}: {prefix}" if prefix else place, "unknown key `{key}`", nearest(key, known), key=key)

    def _text(self, value: object, place: str) -> str | None:
        """Give a text, None where nothing is written; a mapping or list is a fault."""
        if value is None:
            return None
        if not isinstance(value, Text):
            self.add(place, "a single value is wanted here")
            return None
        if len(value) > 10_000:
            self.add(place, "the text is longer than {count} characters", count=10_000)
            return None
        if UNPRINTABLE.search(value):
            self.add(place, "holds characters that cannot be printed")
            return None
        return str(value).strip() or None

    def _id(self, value: object, place: str) -> str:
        text = self._text(value, place)
        if text is None:
            return ""
        word = plain(text)
        if len(word) > _ID or any(ord(letter) < 32 for letter in word):
            self.add(place, "`{text}` cannot be an id", text=text)
            return ""
        return word

    def _subject(self, table: Table) -> tuple[str, str]:
        value = table.get("subject")
        place = f"{key_place(table, 'subject', self.origin)}: subject"
        if isinstance(value, Text) and value.strip():
            return self._id(value, place), ""
        if not isinstance(value, Table):
            self.add(place, "is missing: {{id: …, name: …}}")
            return "", ""
        self._keys(value, ("id", "name", "sector"), "subject")
        name = self._text(value.get("name"), f"{place}.name") or ""
        sector = self._text(value.get("sector"), f"{place}.sector")
        if sector is not None and sector != self.book.sector:
            self.add(f"{place}.sector", "`{sector}` is not the book's sector, {other}", sector=sector, other=self.book.sector)
        identity = self._id(value.get("id"), f"{place}.id")
        if not identity:
            self.add(f"{place}.id", "is missing")
        return identity, name

    def _dates(self, table: Table) -> tuple[str, datetime.date, datetime.date, datetime.date]:
        place = f"{key_place(table, 'period', self.origin)}: period"
        today = datetime.date(1, 1, 1)
        text = self._text(table.get("period"), place)
        if text is None:
            self.add(place, "is missing: 2026, 2026H1, 2026Q3 or 2026-11")
            return "", today, today, today
        found = read_period(text)
        if isinstance(found, Wrong):
            self.refuse(place, found)
            return "", today, today, today
        name, first, last = found
        place = f"{key_place(table, 'as_of', self.origin)}: as_of"
        said = self._text(table.get("as_of"), place)
        if said is None:
            return name, first, last, last
        day = read_date(said)
        if isinstance(day, Wrong):
            self.refuse(place, day)
            return name, first, last, last
        return name, first, last, datetime.date.fromordinal(day)

    def _parameters(self, as_of: datetime.date) -> dict[str, int]:
        chosen: dict[str, int] = {}
        day = as_of.toordinal()
        for parameter in self.book.parameters.values():
            held = [units for start, units in parameter.values if start <= day]
            if not held and not self.faults:
                self.add(f"{self.origin}: as_of", "`{name}` has no figure yet on {day}", name=parameter.id, day=as_of.isoformat())
            chosen[parameter.id] = held[-1] if held else 0
        return chosen

    # Parties

    def _parties(self, table: Table) -> None:
        value = table.get("parties")
        place = f"{key_place(table, 'parties', self.origin)}: parties"
        entries: list[tuple[Table, str, str]] = []
        if value is not None and not isinstance(value, Items):
            self.add(place, "a list of parties is wanted")
            self.unread = None
        for number, entry in enumerate(value if isinstance(value, Items) else [], 1):
            if not isinstance(entry, Table):
                self.add(f"{place_of(entry, self.origin)}: parties[{number}]", "a party is a mapping with id and kind")
                continue
            here = f"{entry.place}: parties"
            identity = self._id(entry.get("id"), f"{here}[{number}].id")
            kind = self._text(entry.get("kind"), f"{here}[{number}].kind") or ""
            if not identity:
                self.add(f"{here}[{number}].id", "is missing")
            elif kind not in self.book.kinds:
                self.unread = None if self.unread is None else self.unread | {identity}
                self.add(f"{here}.{identity}.kind", "unknown kind of party `{kind}`", nearest(kind, self.book.kinds), kind=kind)
            elif identity in self.parties:
                self.add(f"{here}.{identity}", "party `{id}` stands twice", id=identity)
            else:
                self.parties[identity] = Party(identity, kind, {})
                entries.append((entry, identity, kind))
        written = []
        for entry, identity, kind in entries:
            fields = self.book.kinds[kind].fields
            cells, words = self._fields(entry, fields, f"parties.{identity}", ("id", "kind", "name"), exact=False)
            name = self._text(entry.get("name"), f"{entry.place}: parties.{identity}.name")
            if name:
                self.names[identity] = name
            values = {key: cells.get(key) or self._absent(slot) for key, slot in fields.items()}
            for key, slot in fields.items():
                if slot.missing == "refused" and key not in cells:
                    self.add(f"{entry.place}: parties.{identity}.{key}", "is missing, and this field must be given")
            self.parties[identity] = Party(identity, kind, values)
            written.append({"id": identity, "kind": kind, **words})
        self.written["parties"] = sorted(written, key=lambda one: str(one["id"]))

    def _absent(self, slot: Field) -> Cell:
        if slot.missing == "none":
            return none_cell(slot.type)
        return unknown_cell(slot.type, nullable=False)

    def _fields(
        self, entry: Table, fields: Mapping[str, Field], where: str, known: tuple[str, ...], *, exact: bool
    ) -> tuple[dict[str, Cell], dict[str, str]]:
        """Give the cells of the fields that are written, and their canonical text."""
        cells: dict[str, Cell] = {}
        words: dict[str, str] = {}
        for key, value in entry.items():
            if key in known:
                continue
            place = f"{key_place(entry, key, self.origin)}: {where}.{key}"
            slot = fields.get(key)
            if slot is None or slot.derived is not None:
                self.add(place, "unknown field `{name}`" if slot is None else "`{name}` is worked out, not given",
                         nearest(key, fields) if slot is None else "", name=key)  # fmt: skip
                continue
            text = self._text(value, place)
            if text is None:
                continue
            read = self._field(text, slot, place, exact=exact)
            if read is not None:
                cells[key], words[key] = read
        return cells, words

    def _field(self, text: str, slot: Field, place: str, *, exact: bool) -> tuple[Cell, str] | None:
        """Give a field's cell and canonical text; with `exact` a field that must be given takes one place."""
        nullable, certain = slot.missing == "none", slot.missing == "refused"
        word = plain(text).lower()
        option = isinstance(slot.type, Choice) and text in slot.type.options
        if not option and word in UNKNOWN_WORDS and not certain:
            return unknown_cell(slot.type, nullable=nullable), "unknown"
        if not option and word in NONE_WORDS and nullable:
            return none_cell(slot.type), "none"
        value = read_value(text, slot.type, slot.options)
        if isinstance(value, Wrong):
            self.refuse(place, value)
            return None
        if certain and value.low != value.high:
            self.add(place, "`{text}` is a range, and this field must be given exactly", text=text)
            return None
        if isinstance(slot.type, PartyOf) and not self._names_party(str(value.low), slot.type.kind, place):
            return None
        return known_cell(slot.type, value.low, value.high, nullable=nullable, certain=certain and exact), value.text

    def _names_party(self, name: str, kind: str, place: str) -> bool:
        party = self.parties.get(name)
        if party is None:
            # Who stands in an entry at fault is not complained of again.
            if self.unread is None or name in self.unread:
                return False
            known = [one.id for one in self.parties.values() if one.kind == kind]
            self.add(place, "`{id}` is not among the parties", nearest(name, known), id=name)
            return False
        if party.kind != kind:
            self.add(place, "`{id}` is a {kind}, and a {wanted} is wanted", id=name, kind=party.kind, wanted=kind)
            return False
        return True

    # Facts

    def _facts(self, table: Table) -> None:
        value = table.get("facts")
        if value is not None and not isinstance(value, Table):
            self.add(f"{key_place(table, 'facts', self.origin)}: facts", "a mapping of facts is wanted")
        written: dict[str, Any] = {}
        for key, said in (value if isinstance(value, Table) else Table()).items():
            place = f"{key_place(value, key, self.origin)}: facts.{key}"
            name = plain(key)
            fact = self.book.facts.get(name)
            if fact is None or fact.derived is not None:
                near = nearest(name, [one.id for one in self.book.collected]) if fact is None else ""
                self.add(place, "unknown fact `{name}`" if fact is None else "`{name}` is worked out, not given", near, name=key)
                continue
            if name in self.facts:
                self.add(place, "fact `{name}` stands twice", name=key)
                continue
            entries = said if isinstance(said, Items) else [said]
            read = [one for one in (self._fact(entry, fact, place) for entry in entries) if one is not None]
            if read:
                self.facts[name], written[name] = _agreed(read)
                self.places[name] = place
        self.written["facts"] = written

    def _fact(self, said: object, fact: Fact, place: str) -> tuple[Given, dict[str, Any]] | None:
        """Give one piece of evidence as a value and as canonical data; None where nothing is shown."""
        evidence = {"method": "", "source": "", "date": ""}
        if isinstance(said, Table):
            survey = isinstance(fact.type, Survey)
            known = (*_EVIDENCE, "value", "low", "high", *(("positive", "asked") if survey else ()))
            for key in said:
                if key not in known:
                    self.add(f"{key_place(said, key, self.origin)}: facts.{fact.id}", "unknown key `{key}`", nearest(key, known), key=key)
            evidence = self._evidence(said, place)
            inner = said.get("value")
            if survey and isinstance(inner, Table):
                self._keys(inner, ("positive", "asked"), f"facts.{fact.id}.value")
                said = inner
            if survey and ("positive" in said or "asked" in said):
                counts = [self._text(said.get(key), f"{place}.{key}") for key in ("positive", "asked")]
                if None in counts:
                    if any(counts):
                        self.add(place, "a survey wants both `positive` and `asked`")
                    return None
                return self._survey(str(counts[0]), str(counts[1]), evidence, place)
            ends = [self._text(said.get(key), f"{place}.{key}") for key in ("low", "high")]
            if any(ends):
                if None in ends or said.get("value") is not None:
                    self.add(place, "a range wants `low` and `high`, and no `value`")
                    return None
                return self._value(f"{ends[0]}..{ends[1]}", fact, evidence, place)
            said = said.get("value")
        text = self._text(said, place)
        if text is None or (is_unknown(text) and not isinstance(fact.type, Choice)):
            return None
        return self._value(text, fact, evidence, place)

    def _evidence(self, said: Table, place: str) -> dict[str, str]:
        found = {key: self._text(said.get(key), f"{place}.{key}") or "" for key in _EVIDENCE}
        method = found["method"].lower()
        if method and method not in METHODS:
            self.add(f"{place}.method", "`{method}` is not one of {options}", nearest(method, METHODS),
                     method=found["method"], options=", ".join(METHODS))  # fmt: skip
        found["method"] = method
        if found["date"]:
            day = read_date(found["date"])
            if isinstance(day, Wrong):
                self.refuse(f"{place}.date", day)
            else:
                found["date"] = datetime.date.fromordinal(day).isoformat()
        return found

    def _survey(self, positive: str, asked: str, evidence: dict[str, str], place: str) -> tuple[Given, dict[str, Any]] | None:
        counts: list[int] = []
        for key, text in (("positive", positive), ("asked", asked)):
            count = read_number(text, Number(0))
            if isinstance(count, Wrong):
                self.refuse(f"{place}.{key}", count)
                return None
            counts.append(count)
        if not 0 <= counts[0] <= counts[1] or counts[1] > 10**9:
            self.refuse(place, wrong("{positive} out of {asked} cannot be", positive=positive, asked=asked))
            return None
        data = {"positive": str(counts[0]), "asked": str(counts[1]), **{k: v for k, v in evidence.items() if v}}
        piece = Evidence(f"{counts[0]}/{counts[1]}", **evidence)
        if counts[1] == 0:
            return Given(0, 10**6, evidence=(piece,), survey=(0, 0)), data
        rate = divide(counts[0], counts[1], 6)
        return Given(rate, rate, evidence=(piece,), survey=(counts[0], counts[1])), data

    def _value(self, text: str, fact: Fact, evidence: dict[str, str], place: str) -> tuple[Given, dict[str, Any]] | None:
        rest = {key: value for key, value in evidence.items() if value}
        word = plain(text).lower()
        if fact.nullable and word in (NOT_DONE if fact.origin == "deliverable" else NONE_WORDS):
            return Given(None, None, evidence=(Evidence("none", **evidence),)), {"value": "none", **rest}
        if isinstance(fact.type, Survey):
            counts = read_survey(text)
            if isinstance(counts, Wrong):
                self.refuse(place, counts)
                return None
            return self._survey(*counts, evidence, place)
        if fact.origin == "item":
            tick = read_tick(text) if word not in UNKNOWN_WORDS else None
            if tick is None:
                return None
            if isinstance(tick, Wrong):
                self.refuse(place, tick)
                return None
            return Given(None, None, tick, (Evidence(tick, **evidence),)), {"value": tick, **rest}
        option = isinstance(fact.type, Choice) and text in fact.type.options
        if not option and word in UNKNOWN_WORDS:
            return None
        value = read_value(text, fact.type, fact.options)
        if isinstance(value, Wrong):
            self.refuse(place, value)
            return None
        if isinstance(fact.type, PartyOf) and not self._names_party(str(value.low), fact.type.kind, place):
            return None
        data = {"value": value.text, **rest}
        piece = (Evidence(value.text, **evidence),)
        if isinstance(fact.type, Boolean) or ranged(fact.type) is not None:
            return Given(int(value.low), int(value.high), evidence=piece), data
        return Given(None, None, str(value.low), piece), data

    # Records

    def _records(self, table: Table) -> None:
        value = table.get("records")
        if value is not None and not isinstance(value, Table):
            self.add(f"{key_place(table, 'records', self.origin)}: records", "a mapping of registers is wanted")
        said = value if isinstance(value, Table) else Table()
        for key in said:
            if key not in self.book.registers:
                place = f"{key_place(said, key, self.origin)}: records.{key}"
                self.add(place, "unknown register `{name}`", nearest(key, self.book.registers), name=key)
        written: dict[str, Any] = {}
        for name in self.book.registers:
            register = _Register()
            self.registers[name] = register
            entry = said.get(name)
            if entry is None:
                continue
            place = f"{key_place(said, name, self.origin)}: records.{name}"
            rows = self._opened(entry, register, place)
            if len(rows) > _MOST_ROWS:
                self.add(place, "has more than {count} rows", count=_MOST_ROWS)
                continue
            for number, row in enumerate(rows, 1):
                self._row(name, number, row, register)
            written[name] = {"complete": register.complete, "rows": register.written}
        self.written["records"] = written

    def _opened(self, entry: object, register: _Register, place: str) -> Items:
        """Give the rows of a register as written, and note whether it is complete."""
        if isinstance(entry, Items):
            register.complete = register.given = True
            return entry
        if not isinstance(entry, Table):
            self.add(place, "a list of records is wanted, or {{complete: false, rows: […]}}")
            return Items()
        self._keys(entry, ("complete", "rows"), place.partition(": ")[2])
        said = self._text(entry.get("complete"), f"{place}.complete")
        if said is not None:
            complete = read_value(said, Boolean(), {})
            if isinstance(complete, Wrong):
                self.refuse(f"{place}.complete", complete)
            else:
                register.complete = bool(complete.low)
        rows = entry.get("rows")
        if rows is not None and not isinstance(rows, Items):
            self.add(f"{place}.rows", "a list of records is wanted")
        found = rows if isinstance(rows, Items) else Items()
        register.given = register.complete or bool(found)
        return found

    def _row(self, name: str, number: int, row: object, register: _Register) -> None:
        fields = self.book.registers[name].fields
        if not isinstance(row, Table):
            self.add(f"{place_of(row, self.origin)}: records.{name}[{number}]", "a record is a mapping of fields")
            return
        identity = self._id(row.get("id"), f"{row.place}: records.{name}[{number}].id") or str(number)
        where = f"records.{name}.{identity}"
        if identity in register.ids:
            self.add(f"{key_place(row, 'id', row.place)}: {where}", "record `{id}` stands twice", id=identity)
            return
        evidence = row.get("evidence")
        noted: dict[str, str] = {}
        if isinstance(evidence, Table):
            self._keys(evidence, _EVIDENCE, f"{where}.evidence")
            noted = {k: v for k, v in self._evidence(evidence, f"{evidence.place}: {where}.evidence").items() if v}
        elif evidence is not None:
            self.add(f"{key_place(row, 'evidence', row.place)}: {where}.evidence", "a mapping with method, source and date is wanted")
        cells, words = self._fields(row, fields, where, ("id", "evidence"), exact=True)
        for key, slot in fields.items():
            if slot.missing == "refused" and slot.derived is None and key not in cells:
                said = self._text(row.get(key), row.place)
                if said is None or is_unknown(said):
                    self.add(f"{row.place}: {where}.{key}", "is missing, and this field must be given")
        register.ids.append(identity)
        register.rows.append(cells)
        register.written.append({"id": identity, **words, **({"evidence": noted} if noted else {})})

    def _complete_rows(self, world: CaseWorld) -> None:
        """Fill in what a record does not say: its default, else none or unknown; then what is worked out."""
        for name, register in self.registers.items():
            fields = self.book.registers[name].fields
            for identity, cells in zip(register.ids, register.rows, strict=True):
                row = cast("dict[str, Cell]", cells)
                inner = RecordWorld(world, name, row)
                for key, slot in fields.items():
                    if key not in row and slot.derived is None and slot.default is None:
                        row[key] = self._absent(slot)
                for key, slot in fields.items():
                    if key not in row and slot.derived is None and slot.default is not None:
                        nullable = slot.missing == "none"
                        found = self._fitting(Evaluation(inner).read(slot.default), slot, f"records.{name}.{identity}.{key}")
                        row[key] = self._absent(slot) if found is None else cell_of(found, slot.type, nullable=nullable)
                for key in _worked_out(fields):
                    node = fields[key].derived
                    if node is not None:
                        row[key] = cell_of(Evaluation(inner).read(node), node.type, nullable=node.nullable)

    def _fitting(self, found: Reading, slot: Field, where: str) -> Reading:
        """Give a default within the field's own range and decimals; a fault where it cannot be."""
        kind = ranged(slot.type)
        if kind is None or not isinstance(found, Bounds):
            return found
        places = kind.scale if isinstance(kind, Number) else 0
        ends = [int(half_away(end, places) * 10**places) for end in (found.low, found.high)]
        low, high = max(ends[0], kind.low), min(ends[1], kind.high)
        if low > high:
            self.add(f"{self.origin}: {where}", "works out at {value}, outside {low} to {high}",
                     value=text_of(ends[0], kind), low=text_of(kind.low, kind), high=text_of(kind.high, kind))  # fmt: skip
            return found
        return Bounds(exact(low, kind), exact(high, kind), found.none)

    def _rows(self, world: CaseWorld) -> dict[str, Rows]:
        out: dict[str, Rows] = {}
        for name, register in self.registers.items():
            columns = layouts(self.book).registers[name].columns.values()
            reached = {column.key: _reach_of(self.book, name, column.key) for column in columns if "." in column.key}
            rows = []
            for cells in register.rows:
                inner = RecordWorld(world, name, cells)
                flat: list[Any] = []
                for column in columns:
                    node = reached.get(column.key)
                    flat.extend(
                        cells[column.key] if node is None
                        else cell_of(inner.value(node), column.type, nullable=column.nullable)
                    )  # fmt: skip
                rows.append(tuple(flat))
            out[name] = Rows(register.complete, register.given, tuple(register.ids), tuple(rows))
        return out

    def _party_rows(self, world: CaseWorld) -> dict[str, Roll]:
        out: dict[str, Roll] = {}
        for kind, layout in layouts(self.book).kinds.items():
            root = Name(type=PartyOf(kind), kind="party", name=kind)
            nodes = [(column, _walked(self.book, root, column.key.split("."))) for column in layout.columns.values()]
            rows = []
            for party in self.parties.values():
                if party.kind == kind:
                    inner = PartyWorld(world, party.id, {})
                    cells = [
                        party.values[column.key] if column.key in party.values
                        else cell_of(inner.value(node), column.type, nullable=column.nullable)
                        for column, node in nodes
                    ]  # fmt: skip
                    rows.append((party.id, tuple(atom for cell in cells for atom in cell)))
            nobody = [unknown_cell(column.type, nullable=column.nullable) for column, _ in nodes]
            out[kind] = Roll(tuple(rows), tuple(atom for cell in nobody for atom in cell))
        return out

    # Waivers

    def _waivers(self, table: Table) -> None:
        value = table.get("waivers")
        if value is not None and not isinstance(value, Items):
            self.add(f"{key_place(table, 'waivers', self.origin)}: waivers", "a list of waivers is wanted")
        for number, entry in enumerate(value if isinstance(value, Items) else [], 1):
            if not isinstance(entry, Table):
                self.add(f"{place_of(entry, self.origin)}: waivers[{number}]", "a waiver is a mapping")
                continue
            known = ("rule", "authority", "reason", "until")
            self._keys(entry, known, "waivers")
            texts = {key: self._text(entry.get(key), f"{entry.place}: waivers[{number}].{key}") for key in known}
            if not any(texts.values()):
                continue
            self._waiver(entry, number, texts)
        self.written["waivers"] = [
            {"rule": w.rule, "authority": w.authority, "reason": w.reason, "until": w.until.isoformat()}
            for _, w in sorted(self.waivers.items())
        ]

    def _waiver(self, entry: Table, number: int, texts: dict[str, str | None]) -> None:
        place = f"{entry.place}: waivers[{number}]"
        rule = texts["rule"] or ""
        for key in ("rule", "authority", "until"):
            if texts[key] is None:
                self.add(f"{place}.{key}", "is missing")
        if rule and rule not in self.book.rules:
            self.add(f"{place}.rule", "unknown rule `{id}`", nearest(rule, self.book.rules), id=rule)
        elif rule in self.waivers:
            self.add(f"{place}.rule", "rule `{id}` is waived twice", id=rule)
        elif rule and texts["authority"] and texts["until"]:
            day = read_date(texts["until"])
            if isinstance(day, Wrong):
                self.refuse(f"{place}.until", day)
            else:
                until = datetime.date.fromordinal(day)
                self.waivers[rule] = Waiver(rule, texts["authority"], texts["reason"] or "", until)

    # Bounds

    def _tighten(self) -> None:
        """Give every fact its bounds, and let facts that bound each other narrow one another."""
        for fact in self.book.collected:
            self.cells[fact.id] = _fact_cell(self.facts.get(fact.id), fact)
        bound = [fact for fact in self.book.collected if fact.low_fact or fact.high_fact]
        for _ in range(len(bound) + 1):
            # All of them each time round, not only up to the first that narrows.
            narrowed = [self._narrow(fact) for fact in bound]
            if not any(narrowed):
                break
        for fact in bound:
            low, high = self.cells[fact.id][:2]
            if low is not None and low > high:
                other = fact.high_fact or fact.low_fact or ""
                place = self.places.get(fact.id) or self.places.get(other) or self.origin
                self.add(place, "`{name}` and `{other}` contradict each other", name=fact.id, other=other)

    def _narrow(self, fact: Fact) -> bool:
        changed = False
        for other_name, above in ((fact.high_fact, True), (fact.low_fact, False)):
            if other_name is None:
                continue
            other = self.book.facts[other_name]
            small, large = (fact, other) if above else (other, fact)
            low, high = self.cells[small.id], self.cells[large.id]
            if low[0] is None or high[0] is None:
                continue
            top, bottom = _moved(high[1], large, small, up=False), _moved(low[0], small, large, up=True)
            if low[1] > top:
                self.cells[small.id] = (low[0], top, *low[2:])
                changed = True
            if high[0] < bottom:
                self.cells[large.id] = (bottom, high[1], *high[2:])
                changed = True
            if low[0] > top or high[1] < bottom:
                return False
        return changed

    def _shown(self, parameters: dict[str, int], first: datetime.date, last: datetime.date, as_of: datetime.date) -> Shown:
        return Shown(
            book=self.book, facts=self.cells, given=frozenset(self.facts), parties=self.parties, parameters=parameters,
            registers={name: (r.complete, r.given, r.rows) for name, r in self.registers.items()},
            moments={"as_of": as_of, "period_start": first, "period_end": last}, outcomes={},
        )  # fmt: skip

    def _fact_cell(self, key: str, world: CaseWorld) -> Cell:
        if key in self.cells:
            return self.cells[key]
        column = layouts(self.book).facts.columns[key]
        name, *path = key.split(".")
        fact = self.book.facts[name]
        node: Name | Reach = Name(type=fact.type, nullable=fact.nullable, kind="fact", name=name)
        return cell_of(world.value(_walked(self.book, node, path)), column.type, nullable=column.nullable)

    def _check_derived(self, world: CaseWorld) -> None:
        for fact in self.book.facts.values():
            if fact.derived is None or (fact.low is None and fact.high is None):
                continue
            found = world.derived(fact.id)
            if isinstance(found, Bounds) and found.low > found.high:
                value = Evaluation(world).bounds(fact.derived)
                units = int((value.low if value else found.low) * 10 ** getattr(fact.type, "scale", 0))
                self.add(f"{self.origin}: facts.{fact.id}", "works out at {value}, outside {low} to {high}",
                         value=text_of(units, fact.type), low="…" if fact.low is None else text_of(fact.low, fact.type),
                         high="…" if fact.high is None else text_of(fact.high, fact.type))  # fmt: skip


def _fact_cell(given: Given | None, fact: Fact) -> Cell:
    if given is None:
        return unknown_cell(fact.type, nullable=fact.nullable)
    if given.conflict and given.low is None:
        return unknown_cell(fact.type, nullable=fact.nullable)
    if isinstance(fact.type, Survey):
        counts = given.survey if given.survey is not None else (None, None)
        return (given.low, given.high, *counts)
    if given.low is None and given.word is None:
        return none_cell(fact.type)
    low = given.word if given.low is None else given.low
    return known_cell(fact.type, low, given.high, nullable=fact.nullable)


def _agreed(read: list[tuple[Given, dict[str, Any]]]) -> tuple[Given, Any]:
    """Give one value for all evidence of a fact: where it disagrees, the range that holds it all."""
    givens = [given for given, _ in read]
    data = [entry for _, entry in read]
    first = givens[0]
    if len(givens) == 1:
        return first, data[0]
    evidence = tuple(piece for given in givens for piece in given.evidence)
    if all((g.low, g.high, g.word, g.survey) == (first.low, first.high, first.word, first.survey) for g in givens):
        return first._replace(evidence=evidence), data
    if any(given.low is None for given in givens):
        return Given(None, None, UNKNOWN, evidence, conflict=True), data
    lows, highs = [cast("int", g.low) for g in givens], [cast("int", g.high) for g in givens]
    return Given(min(lows), max(highs), None, evidence, conflict=True), data


def _moved(units: int, source: Fact, target: Fact, *, up: bool) -> int:
    """Give units of one fact's scale in another's, rounded so that nothing allowed is lost."""
    if isinstance(source.type, Date) or not isinstance(source.type, Number) or not isinstance(target.type, Number):
        return units
    if target.type.scale >= source.type.scale:
        return rescale(units, source.type.scale, target.type.scale)
    step: int = 10 ** (source.type.scale - target.type.scale)
    return -(-units // step) if up else units // step


def _worked_out(fields: Mapping[str, Field]) -> list[str]:
    """Give derived fields in an order in which each comes after those that it reads."""
    order: list[str] = []
    todo = [key for key, slot in fields.items() if slot.derived is not None]
    while todo:
        ready = [key for key in todo if not _reads(fields[key]) & set(todo)]
        order.extend(ready)
        todo = [key for key in todo if key not in ready]
        if not ready:
            break
    return order


def _reads(slot: Field) -> set[str]:
    return {n.name for n in walk(slot.derived) if isinstance(n, Name)} if slot.derived is not None else set()


def _reach_of(book: RuleBook, register: str, key: str) -> Reach:
    name, *path = key.split(".")
    slot = book.registers[register].fields[name]
    root = Name(type=slot.type, nullable=slot.missing == "none", kind="field", name=name)
    return cast("Reach", _walked(book, root, path))


def _walked(book: RuleBook, node: Name | Reach, path: list[str]) -> Name | Reach:
    for step in path:
        kind = cast("PartyOf", node.type).kind
        slot = book.kinds[kind].fields[step]
        nullable = node.nullable or slot.missing == "none"
        node = Reach(type=slot.type, nullable=nullable, base=node, party=kind, field=step)
    return node
