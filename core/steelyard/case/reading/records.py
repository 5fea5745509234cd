"""Records of a case: registers, whether they are complete, and the fields of every row."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from steelyard.book.entries import copy_of, empty
from steelyard.book.model import UNDATED, Field
from steelyard.case.environment import Cells
from steelyard.case.reading.dated import Days, narrow_to_period, remark_strays
from steelyard.case.reading.fields import (
    BESIDE,
    EVIDENCE,
    read_evidence,
    read_fields,
    written_evidence,
)
from steelyard.case.reading.identity import example, is_nothing
from steelyard.case.reading.parse_values import Wrong, is_unknown, plain, read_value
from steelyard.case.reading.read_context import Desk
from steelyard.case.reading.rollup import Assessed, Whole, check_frozen, joined, rows_of
from steelyard.case.reading.totals import may_add_up, may_be_sum, none_adds_up, total_at
from steelyard.case.reading.written import spoilt
from steelyard.errors import nearest
from steelyard.expression.types import Boolean, Choice, Number, PartyOf
from steelyard.located_yaml import Items, Table, Text, key_place, place_of

_MOST_ROWS = 100_000
_BARE = {"id", "evidence"}
_NO_FIELDS = (*_BARE, *BESIDE)
_BARE_FIGURE = re.compile(r"[\d\W_]*")
_GATHERED = re.compile("[汇匯彙均]|average|avg", re.IGNORECASE)


@dataclass(slots=True)
class Register:
    """A register while it is read; `said` where the case names it, be it open and empty.

    `seen` keeps the ids and their places by what they look like. `raw` hold the cells that were
    written, `rows` the same with the days of a dated register narrowed to the period; `completed`
    those and all others of each row, once they are filled in.
    """

    complete: bool = False
    given: bool = False
    said: bool = False
    ids: list[str] = field(default_factory=list)
    seen: dict[str, tuple[str, str]] = field(default_factory=dict)
    raw: list[Cells] = field(default_factory=list)
    rows: list[Cells] = field(default_factory=list)
    completed: list[Cells] = field(default_factory=list)
    written: list[dict[str, Any]] = field(default_factory=list)


def read_records(
    desk: Desk, table: Table, whole: Whole, days: Days, assessed: Assessed
) -> dict[str, Register]:
    """Return every register of the book as the case fills it, or the assessments of its parts;
    faults are noted on the desk.
    """
    value = table.get("records")
    if value is not None and not isinstance(value, Table):
        desk.add(
            f"{key_place(table, 'records', desk.origin)}: records",
            "a mapping of registers is wanted",
        )
    said = value if isinstance(value, Table) else Table()
    for key in said:
        if key not in desk.book.registers:
            place = f"{key_place(said, key, desk.origin)}: records.{key}"
            desk.add(
                place, "unknown register `{name}`", nearest(key, desk.book.registers), name=key
            )
    registers: dict[str, Register] = {}
    for name in desk.book.registers:
        register = Register()
        registers[name] = register
        entry = said.get(name)
        rolled = desk.book.registers[name].rolled
        if entry is None and rolled is None:
            continue
        place = f"{key_place(said, name, desk.origin)}: records.{name}"
        rows = _opened(desk, entry, register, place) if entry is not None else Items()
        if rolled is not None:
            filled = rows_of(desk, name, rows if register.given else None, whole, assessed, place)
            if filled is None and entry is None:
                continue
            register.complete = register.complete or (filled is not None and not register.given)
            register.given = filled is not None or register.given
            rows = filled if filled is not None else Items()
        register.said = True
        if len(rows) > _MOST_ROWS:
            desk.add(place, "has more than {count} rows", count=_MOST_ROWS)
            continue
        for number, row in enumerate(rows, 1):
            _row(desk, name, number, row, register, days)
        desk.remark_almost(
            register.seen, "`{id}` is almost `{other}` at {first}: two ids for one record?"
        )
        pairs = list(zip(register.ids, register.rows, strict=True))
        remark_strays(desk, desk.book.registers[name], pairs, days, place)
    return registers


def _opened(desk: Desk, entry: object, register: Register, place: str) -> Items:
    """Return the rows of a register as written, and note whether it is complete."""
    if isinstance(entry, Items):
        register.complete = register.given = True
        return each_once(entry)
    if not isinstance(entry, Table):
        desk.add(place, "a list of records is wanted, or {{complete: false, rows: […]}}")
        return Items()
    desk.keys(entry, ("complete", "rows"), place.partition(": ")[2])
    said = desk.text(entry.get("complete"), f"{place}.complete")
    if said is not None:
        complete = read_value(said, Boolean(), {})
        if isinstance(complete, Wrong):
            desk.refuse(f"{place}.complete", complete)
        else:
            register.complete = bool(complete.low)
    rows = entry.get("rows")
    if rows is not None and not isinstance(rows, Items):
        desk.add(f"{place}.rows", "a list of records is wanted")
    found = each_once(rows) if isinstance(rows, Items) else Items()
    register.given = register.complete or bool(found)
    return found


def each_once(rows: Items) -> Items:
    """Return the rows of a register, each record once: a row that bears an id and evidence alone
    shows a further piece of evidence for the record of that id above it.
    """
    records = Items()
    by_id: dict[str, int] = {}
    for row in rows:
        named = row.get("id") if isinstance(row, Table) else None
        if not isinstance(row, Table) or not isinstance(named, Text) or not named:
            records.append(row)
            continue
        at = by_id.setdefault(str(named), len(records))
        first = records[at] if at < len(records) else None
        if row.keys() != _BARE or row["evidence"] is None or not isinstance(first, Table):
            records.append(row)
            continue
        # The document is its reader's: what is added to stands in a copy.
        records[at] = more = copy_of(first)
        had = more.get("evidence")
        more["evidence"] = all_ = Items(had if isinstance(had, Items) else [had] if had else [])
        all_.place, all_.size = place_of(had, row.place), len(all_) + 1
        all_.append(row["evidence"])
        more.keys_at.setdefault("evidence", row.place)
    return records


def _row(desk: Desk, name: str, number: int, row: object, register: Register, days: Days) -> None:
    book = desk.book.registers[name]
    fields = book.fields
    if not isinstance(row, Table):
        desk.add(
            f"{place_of(row, desk.origin)}: records.{name}[{number}]",
            "a record is a mapping of fields",
        )
        return
    if _adds_up(desk, row, fields, f"records.{name}[{number}]"):
        return
    identity = desk.identity(row.get("id"), f"{row.place}: records.{name}[{number}].id") or str(
        number
    )
    where = f"records.{name}.{identity}"
    place = f"{key_place(row, 'id', row.place)}: {where}"
    if not desk.once(identity, place, register.seen, "record `{id}` stands twice"):
        return
    if identity == example(name):
        desk.example(f"{place}.id")
    noted = _evidence(desk, row, where, rolled=book.rolled is not None)
    cells, words = read_fields(desk, row, fields, where, _NO_FIELDS, exact=True)
    raw = cells if book.dated in {"", UNDATED} else dict(cells)
    narrow_to_period(desk, book, cells, row, where, days)
    if book.rolled is not None:
        check_frozen(desk, cells, words, f"{row.place}: {where}")
        joined(cells, fields)
    for key, slot in fields.items():
        if key not in cells and slot.missing == "refused" and slot.derived is None:
            said = desk.text(row.get(key), row.place)
            if (said is None and not spoilt(row.get(key))) or (said and is_unknown(said)):
                desk.add(f"{row.place}: {where}.{key}", "is missing, and this field must be given")
    register.ids.append(identity)
    register.raw.append(raw)
    register.rows.append(cells)
    register.written.append({"id": identity, **words, **({"evidence": noted} if noted else {})})


def _adds_up(desk: Desk, row: Table, fields: Mapping[str, Field], where: str) -> bool:
    """Whether a row adds up the others; note it where it does, or may.

    One cell that says so is enough; one that may mean it, as 人数合计 may in a text, where the row
    bears no other id and nothing but figures stands beside it.
    """
    if none_adds_up(_texts(row)):
        return False
    doubtful: list[tuple[Text, str]] = []
    cells = list(_cells(row, fields))
    for key, said, place in cells:
        slot = fields.get(key)
        kind = None if slot is None else slot.type
        named = key == "id" or isinstance(kind, PartyOf)
        # An option may be called so, and evidence is gathered from such tables.
        sure = not isinstance(kind, Choice) and not (key in EVIDENCE and _GATHERED.search(said))
        found = total_at(said, f"{place}: {where}.{key}", named=named) if sure else None
        if found is not None:
            desk.faults.append(found)
            return True
        if not isinstance(kind, Choice) and may_add_up(said, named=named):
            doubtful.append((said, f"{place}: {where}.{key}"))
    if len(doubtful) != 1 or any(
        said is not doubtful[0][0] and (key == "id" or not _is_figure(said, fields.get(key)))
        for key, said, _ in cells
    ):
        return False
    [(said, place)] = doubtful
    desk.refuse(place, may_be_sum(said))
    return True


def _texts(value: Table | Items) -> Iterator[str]:
    """Yield every text of a row, of its evidence as well."""
    for one in value.values() if isinstance(value, Table) else value:
        if isinstance(one, Text):
            yield one
        elif isinstance(one, (Table, Items)):
            yield from _texts(one)


def _is_figure(said: Text, slot: Field | None) -> bool:
    """Whether a cell holds a figure or a sign for nothing."""
    number = slot is not None and isinstance(slot.type, Number)
    word = plain(said)
    return number or is_nothing(word) or _BARE_FIGURE.fullmatch(word) is not None


def _cells(row: Table, fields: Mapping[str, Field]) -> Iterator[tuple[str, Text, str]]:
    """Yield the cells of a row that say anything, with their keys and places, those of its evidence
    as well; in the book's order, so that of two such cells the same is named, however the columns
    stand.
    """
    keys = ("id", *fields, *(key for key in row if key != "id" and key not in fields))
    for key in keys:
        value = row.get(key)
        for one in value if isinstance(value, Items) else [value]:
            if isinstance(one, Text):
                yield key, one, key_place(row, key, row.place)
            elif key == "evidence" and isinstance(one, Table):
                for inner, said in one.items():
                    if isinstance(said, Text):
                        yield inner, said, key_place(one, inner, row.place)


def _evidence(
    desk: Desk, row: Table, where: str, *, rolled: bool
) -> dict[str, Any] | list[dict[str, Any]]:
    """Return the evidence behind a record as canonical data, a list where there are several pieces;
    who showed it, and the files, may stand beside the fields.
    """
    said = row.get("evidence")
    aside = any(row.get(key) is not None for key in BESIDE)
    if isinstance(said, Items):
        if aside:
            place = f"{key_place(row, 'evidence', row.place)}: {where}.evidence"
            desk.add(place, "stands beside `by` or `files` of the row: write them in each piece")
        found = [_piece(desk, row, one, where) for one in said]
        # Twice the same is one.
        pieces = list({str(one): one for one in found if one}.values())
        return pieces if len(pieces) > 1 else pieces[0] if pieces else {}
    if said is None and not aside:
        return {"by": desk.by} if desk.by and not rolled else {}
    return _piece(desk, row, said, where)


def _piece(desk: Desk, row: Table, said: object, where: str) -> dict[str, Any]:
    if said is not None and not isinstance(said, Table):
        desk.add(
            f"{key_place(row, 'evidence', row.place)}: {where}.evidence",
            "a mapping with method, source and date is wanted",
        )
    inner = copy_of(said) if isinstance(said, Table) else empty(row)
    desk.keys(inner, EVIDENCE, f"{where}.evidence")
    for key in BESIDE:
        if row.get(key) is None or isinstance(row.get("evidence"), Items):
            continue
        if inner.get(key) is not None:
            place = f"{key_place(row, key, row.place)}: {where}.{key}"
            desk.add(place, "`{name}` stands twice", name=key)
        inner[key] = row[key]
        inner.keys_at[key] = key_place(row, key, row.place)
    return written_evidence(read_evidence(desk, inner, f"{where}.evidence"))
