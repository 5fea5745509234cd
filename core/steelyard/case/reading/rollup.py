"""Records that come from assessments of parts: which are expected, and what each assessment
says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple

from steelyard.book.layout import none_cell
from steelyard.book.model import Field, Register, RollUp
from steelyard.book.rollup_fields import SECTION, SUBJECT, section_field
from steelyard.case.environment import Cell
from steelyard.case.reading.parse_values import Wrong, plain, read_period
from steelyard.case.reading.read_context import Desk
from steelyard.case.unit import Unit
from steelyard.errors import Word
from steelyard.located_yaml import Items, Table, mark, place_of

_WORTH = ("score_low", "score_high", "grade")
_VALUES = (*_WORTH, "veto", "not_rated")
_EVERY: Mapping[str, tuple[int, str]] = {
    "month": (1, "-{:02}"),
    "quarter": (3, "Q{}"),
    "half": (6, "H{}"),
    "year": (12, ""),
}
_LENGTHS: Mapping[str, str] = {
    "month": "month",
    "quarter": "quarter",
    "half": "half year",
    "year": "year",
}
_MOST = 100_000
_OUT = frozenset({"not_applicable", "waived"})
_RATED, _UNRATED, _PERHAPS = (False, False), (True, True), (False, True)


class Part(NamedTuple):
    """A part whose assessment is wanted: by which book, of which whole, which subject, in which
    period.

    `book` is a reference, `id` or `id@version`. Where `subject` is the whole itself, its own
    assessment is meant.
    """

    book: str
    whole: Unit
    subject: str
    period: str

    @property
    def unit(self) -> Unit:
        """Whose assessment is wanted."""
        return self.whole if self.subject == self.whole.id else Unit(self.whole.id, self.subject)


class Whole(NamedTuple):
    """The case that its parts' assessments are rolled up into, and its first and last day."""

    unit: Unit
    period: str
    first: date
    last: date


Assessed = Callable[[Part], Mapping[str, Any] | None]
"""Returns the newest assessment of a part in its published form, or None where there is none
yet.
"""


def not_yet(_part: Part) -> None:
    """Stand for a place where no assessment can be found."""


def rows_of(
    desk: Desk, name: str, said: Items | None, whole: Whole, assessed: Assessed, place: str
) -> Items | None:
    """Return the records of a register that assessments fill, as they would be written; None where
    nothing is expected yet.

    The rows that a case lists are the roster; else every party of the roster's kind is a part, in
    every period. A row that names its assessment, or holds values, is frozen and stays as it is. A
    part not yet assessed is a row of unknowns.
    """
    register = desk.book.registers[name]
    rolled = register.rolled
    if rolled is None:
        return said
    rows: list[Table] = []
    if said is not None:
        for number, row in enumerate(said, 1):
            if isinstance(row, Table):
                rows.append(
                    _listed(
                        desk,
                        register,
                        row,
                        whole,
                        assessed,
                        f"{row.place}: records.{register.id}[{number}]",
                    )
                )
            else:
                desk.add(
                    f"{place_of(row, desk.origin)}: records.{register.id}[{number}]",
                    "a record is a mapping of fields",
                )
    else:
        parts = (
            [whole.unit.id]
            if rolled.kind == SUBJECT
            else [one.id for one in desk.parties.values() if one.kind == rolled.kind]
        )
        if not parts:
            return None
        every = rolled.every or _length(desk, rolled, parts, whole, assessed, place)
        if every is None:
            return None
        periods = list(periods_in(whole, every))
        if not periods:
            return None
        if len(parts) * len(periods) > _MOST:
            desk.add(place, "has more than {count} rows", count=_MOST)
            return None
        rows = [
            _filled(desk, register, Part(rolled.book, whole.unit, part, period), assessed, place)
            for part in parts
            for period in periods
        ]
    items = Items(rows)
    items.place, items.size = place, len(rows)
    return items


def _length(
    desk: Desk, rolled: RollUp, parts: list[str], whole: Whole, assessed: Assessed, place: str
) -> str | None:
    """Return the length of the periods in which parts are assessed, where the book does not say;
    None while none is.

    Until then nobody can tell how many rows there will be, so the register stays open.
    """
    found = [
        every
        for every in _EVERY
        if any(
            assessed(Part(rolled.book, whole.unit, part, period))
            for part in parts
            for period in periods_in(whole, every)
        )
    ]
    if len(found) > 1:
        desk.add(
            place,
            "parts are assessed by the {first} and by the {second}: the book says which "
            "counts by `every`",
            first=Word(_LENGTHS[found[0]]),
            second=Word(_LENGTHS[found[1]]),
        )
    return found[0] if found else None


def periods_in(whole: Whole, every: str) -> Iterator[str]:
    """Yield the periods of a length that lie within a case's own."""
    months, form = _EVERY[every]
    for month in range(1, 13, months):
        first = whole.first.replace(month=month, day=1)
        if whole.first <= first and first.month + months - 1 <= whole.last.month:
            yield f"{whole.first.year:04}{form.format((month - 1) // months + 1)}"


def _listed(
    desk: Desk, register: Register, row: Table, whole: Whole, assessed: Assessed, place: str
) -> Table:
    """Return a row that a case lists: frozen as it is, or filled from the assessment of the part
    that it expects.
    """
    rolled = register.rolled
    values = [row[key] for key in row if key in _VALUES or key.startswith(SECTION)]
    if rolled is None or values or "assessment" in row:
        named = tells(row.get("assessment"))
        if not named and any(tells(value) for value in values):
            desk.add(
                f"{place}.assessment",
                "is missing: the values of a part come from an assessment, which the row names",
            )
        elif named and not values:
            desk.add(
                f"{place}.assessment",
                "names an assessment without its values; a row of subject and period "
                "alone is filled from it",
            )
        return row
    kind = rolled.kind
    subject = desk.identity(row.get("subject") or row.get(kind), f"{place}.subject") or (
        whole.unit.id if kind == SUBJECT else ""
    )
    if kind in row and subject not in {"", desk.identity(row[kind], f"{place}.{kind}") or subject}:
        desk.add(
            f"{place}.{kind}",
            "`{party}` is not the part that the row is of, `{part}`",
            party=row[kind],
            part=subject,
        )
    period = desk.text(row.get("period"), f"{place}.period")
    found = read_period(period) if period else None
    if isinstance(found, Wrong):
        desk.refuse(f"{place}.period", found)
    elif found is not None and not (whole.first <= found[1] and found[2] <= whole.last):
        desk.add(
            f"{place}.period",
            "`{period}` does not lie within {whole}",
            period=period,
            whole=whole.period,
        )
    elif found is not None and rolled.every and found[0] not in periods_in(whole, rolled.every):
        desk.add(
            f"{place}.period",
            "`{period}` is not a {length}, by which the book has parts assessed",
            period=period,
            length=Word(_LENGTHS[rolled.every]),
        )
    period = found[0] if isinstance(found, tuple) and not isinstance(found, Wrong) else period
    filled = _filled(
        desk, register, Part(rolled.book, whole.unit, subject, period or ""), assessed, place
    )
    for key, value in row.items():
        # What does not belong in such a row is named with the rest when the row is read.
        if key not in filled or key == "id":
            filled[key] = value
            filled.keys_at[key] = row.keys_at.get(key, row.place)
    return filled


def tells(value: object) -> bool:
    """Whether a cell of a part's row says anything."""
    return value is not None and plain(str(value)).lower() not in {"", "unknown", "none"}


def _filled(desk: Desk, register: Register, part: Part, assessed: Assessed, place: str) -> Table:
    """Return a part's row: from its assessment where there is one, else all unknown."""
    row = {"subject": part.subject, "period": part.period}
    if part.subject and part.period:
        row["id"] = f"{part.subject}@{part.period}"
    if register.rolled is not None and register.rolled.kind not in {"", SUBJECT}:
        row[register.rolled.kind] = part.subject
    found = assessed(part) if part.subject else None
    row |= (
        dict(values_of(found))
        if found is not None
        else dict.fromkeys((*_VALUES, *_sections(register)), "unknown")
    )
    if "not_rated" not in register.fields:
        # The fields of a book that the first edition resolved stand as they were written out.
        row.pop("not_rated", None)
    row["assessment"] = str(found["id"]) if found is not None else "unknown"
    for key in row:
        if key != "id" and key not in register.fields:
            desk.add(
                place,
                "assessment {id} has points for `{name}`, which the book that rolls it "
                "up does not know",
                id=row["assessment"],
                name=key,
            )
    marked = mark(
        {key: value for key, value in row.items() if key == "id" or key in register.fields},
        place.partition(": ")[0],
    )
    return marked if isinstance(marked, Table) else Table()


def values_of(found: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what a published assessment says, as the texts of a row: of a part that is not rated,
    no score, grade or points.
    """
    score, grade, unrated = found["score"], found["grade"], found["not_rated"] == "yes"
    yield "score_low", "none" if unrated else score["low"]
    yield "score_high", "none" if unrated else score["high"]
    yield "grade", "none" if unrated else _span(grade["low"], grade["high"])
    for flag in ("veto", "not_rated"):
        yield flag, {"yes": "true", "no": "false"}.get(found[flag], "unknown")
    sections: dict[str, list[Mapping[str, Any]]] = {}
    for finding in found["findings"]:
        if finding["section"] is not None:
            sections.setdefault(finding["section"], []).append(finding)
    for section, findings in sections.items():
        out = all(one["outcome"] in _OUT for one in findings)
        if unrated or out:
            yield section_field(section), "none"
            continue
        asked = [one for one in findings if one["outcome"] not in _OUT]
        if all(one["outcome"] == "unknown" and _is_nothing(one["points"]["low"]) for one in asked):
            # Perhaps none of its rules applies, and then it has no points.
            yield section_field(section), "unknown"
            continue
        yield section_field(section), _span(*_section(section, findings, found["ledger"]))


def _is_nothing(points: str) -> bool:
    return not points.strip("0.")


def _span(low: str, high: str) -> str:
    return low if low == high else f"{low}..{high}"


def _section(
    section: str, findings: Iterable[Mapping[str, Any]], ledger: Iterable[Mapping[str, Any]]
) -> tuple[str, str]:
    """Return a section's points at both ends, as they are printed: its items, what was shared
    within it, and what makes them add up.
    """
    rules = {one["rule"] for one in findings}
    entries = [
        one
        for one in ledger
        if (one["step"] == "item" and one["id"] in rules)
        or (one["step"] in {"redistribution", "rounding"} and one["id"] == section)
    ]
    low, high = (_sum(one[end] for one in entries) for end in ("low", "high"))
    return low, high


def _sum(texts: Iterable[str]) -> str:
    from decimal import Decimal

    return str(sum(map(Decimal, texts), Decimal(0)))


def _sections(register: Register) -> list[str]:
    return [
        key
        for key, slot in register.fields.items()
        if key.startswith(SECTION) and slot.derived is None
    ]


def check_frozen(
    desk: Desk, cells: Mapping[str, Cell], words: Mapping[str, str], place: str
) -> None:
    """Note where a row that names its assessment lacks what every assessment says: the grade, and
    both ends of the score, or that the part is not rated and has none of them.
    """
    if not tells(words.get("assessment")) or not any(tells(words.get(key)) for key in _VALUES):
        return
    if cells.get("not_rated") == _UNRATED:
        for key in words:
            if (key in _WORTH or key.startswith(SECTION)) and tells(words[key]):
                desk.add(
                    f"{place}.{key}",
                    "`{value}` cannot be: a part that is not rated has no score, grade or points",
                    value=words[key],
                )
        return
    for key in _WORTH:
        said = words.get(key, "unknown")
        if said in {"unknown", "none"}:
            desk.add(
                f"{place}.{key}",
                "is missing: a row that names an assessment holds its score and grade",
            )
        elif ".." in said and key != "grade":
            desk.add(
                f"{place}.{key}",
                "`{text}` is a range, and this field must be given exactly",
                text=said,
            )
    low, high = cells.get("score_low"), cells.get("score_high")
    if low is not None and high is not None and None not in (low[0], high[1]) and low[0] > high[1]:
        desk.add(
            f"{place}.score_low",
            "`{low}` is above the high end, {high}",
            low=words["score_low"],
            high=words["score_high"],
        )


def joined(cells: dict[str, Cell], fields: Mapping[str, Field]) -> None:
    """Read both ends of a part's score as anything between them: evidence still to come may move
    either. Where it may yet leave the part unrated, score, grade and points may be none as well.
    """
    low, high = cells.get("score_low"), cells.get("score_high")
    if low is not None and high is not None:
        cells["score_low"] = cells["score_high"] = (low[0], high[1], *low[2:])
    unrated = cells.get("not_rated", _PERHAPS) if "not_rated" in fields else _RATED
    for key, slot in fields.items():
        if slot.missing != "none" or not (key in _WORTH or key.startswith(SECTION)):
            continue
        if unrated == _UNRATED:
            cells[key] = none_cell(slot.type)
        elif unrated == _PERHAPS and key in cells:
            cells[key] = (*cells[key][:2], True)
