"""Registers that assessments of parts fill: their fields follow from the book by which the parts
are assessed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from steelyard.book.entries import copy_of, id_of, list_of, names_of
from steelyard.book.model import COLUMN_KEYS, SCALARS, RollUp
from steelyard.errors import BookError, Fault, fault, nearest
from steelyard.located_yaml import Table, Text, key_place, mark, place_of

if TYPE_CHECKING:
    from steelyard.book.document import Columns

SUBJECT = "subject"
GIVEN = (
    "subject",
    "period",
    "assessment",
    "score_low",
    "score_high",
    "grade",
    "veto",
    "not_rated",
)
"""The fields of every such register, beside the points per section and, where the parts are
parties, the party itself.
"""
SECTION = "points_"
VETOED = "vetoed"

Shape = Callable[[str], Table]
"""Returns the resolved mapping of the book that a reference means, or raises BookError."""


def expand(book: Table, shape: Shape, name: str, faults: list[Fault]) -> Table:
    """Return a resolved book in which every register that is filled from another book has its
    fields written out.

    So the resolved book stands for itself: what is stored and digested says the range of every
    value. A register whose fields are written out already is left as it is.
    """
    faults.extend(_misspelt(book, name))
    registers = book.get("records")
    if not isinstance(registers, Table):
        return book
    written: dict[str, Table] = {}
    for register, entry in registers.items():
        if (
            not isinstance(entry, Table)
            or not isinstance(entry.get("from_book"), Text)
            or "score_low" in entry
        ):
            continue
        reference, place = (
            str(entry["from_book"]),
            f"{key_place(entry, 'from_book', name)}: records.{register}.from_book",
        )
        if reference.partition("@")[0] == str(book.get("book")):
            faults.append(fault(place, "a book cannot be filled from its own assessments"))
            continue
        try:
            part = shape(reference)
        except BookError as error:
            faults.extend(one._replace(place=place) for one in error.faults)
            continue
        roster = entry.get("roster")
        kind = _kind(
            str(roster) if isinstance(roster, Text) else "",
            register,
            names_of(book.get("parties")),
            f"{place.rpartition('.')[0]}.roster",
            faults,
        )
        fields = mark(dict(_fields(part, kind)), place_of(entry["from_book"], name))
        whole = copy_of(entry)
        for field, said in fields.items() if isinstance(fields, Table) else ():
            if field in entry:
                faults.append(
                    fault(
                        f"{key_place(entry, field, name)}: records.{register}.{field}",
                        "`{name}` comes from the assessments",
                        name=field,
                    )
                )
            whole[field] = said
            whole.keys_at.setdefault(field, place_of(said, name))
        if kind:
            # Read once, here: the name of a kind may be written in the plural.
            whole["roster"] = mark(kind, place_of(entry.get("roster"), name))
        written[register] = whole
    if not written:
        return book
    expanded, both = copy_of(book), copy_of(registers)
    both.update(written)
    expanded["records"] = both
    return expanded


def roll_up(entry: Columns, name: str, kinds: Iterable[str]) -> RollUp | None:
    """Return where a register's records come from; None where clerks write them."""
    if entry.from_book is None:
        return None
    return RollUp(
        book=entry.from_book, kind=_kind(entry.roster, name, kinds, "", []), every=entry.every or ""
    )


def misplaced(entry: Columns, what: str, place: Callable[[str], str]) -> Iterator[Fault]:
    """Yield the faults of keys that belong to registers filled from another book, and of fields
    that cannot stand in one.
    """
    if what == "parties":
        for key in ("dated", "responsible"):
            if getattr(entry, key):
                yield fault(place(key), "belongs to a register")
    elif entry.from_book is not None and entry.dated is not None:
        yield fault(
            place("dated"), "the rows come from assessments, whose period lies within the whole's"
        )
    said = {"from_book": entry.from_book, "roster": entry.roster, "every": entry.every}
    for key, value in said.items():
        if value and (what == "parties" or entry.from_book is None):
            yield fault(place(key), "belongs to a register that is filled `from_book`")
    for key, column in (
        (entry.__pydantic_extra__ or {}).items() if entry.from_book is not None else ()
    ):
        given = key in GIVEN or key.startswith(SECTION) or str(column.type) == key
        if column.derived is None and not given:
            yield fault(
                place(key),
                "the rows come from assessments: only fields that are worked out (`is`) "
                "may stand beside them",
            )


def _misspelt(book: Table, name: str) -> Iterator[Fault]:
    """Yield the keys of registers and kinds of party that would be fields of no type, and are all
    but the key of something else.
    """
    types = {*SCALARS, *names_of(book.get("parties")), *names_of(book.get("options"))}
    for part in ("records", "parties"):
        columns = book.get(part)
        for owner, entry in columns.items() if isinstance(columns, Table) else ():
            for key, said in entry.items() if isinstance(entry, Table) else ():
                near = nearest(key, COLUMN_KEYS) if key not in COLUMN_KEYS else ""
                untyped = (
                    isinstance(said, Text)
                    and said not in types
                    or isinstance(said, Table)
                    and said.keys() <= {"zh", "en"}
                )
                if near and untyped:
                    yield fault(
                        f"{key_place(entry, key, name)}: {part}.{owner}",
                        "unknown key `{key}`",
                        near,
                        key=key,
                    )


def _kind(roster: str, register: str, kinds: Iterable[str], place: str, faults: list[Fault]) -> str:
    """Return the kind of party, or `subject`, that a roster means; empty for the rows that a case
    lists itself.
    """
    named = list(kinds)
    for kind in singular(roster):
        if kind in named:
            return kind
    if roster in {"", register, SUBJECT}:
        return SUBJECT if roster == SUBJECT else ""
    faults.append(
        fault(
            place,
            "`{roster}` is no kind of party, nor `subject`",
            nearest(roster, [*named, SUBJECT]),
            roster=roster,
        )
    )
    return ""


def singular(roster: str) -> Iterator[str]:
    """Yield the kinds of party that a roster may mean, itself first: it may be written in the
    plural.
    """
    yield roster
    for ending, single in (("s", ""), ("es", ""), ("ies", "y")):
        if roster.endswith(ending):
            yield roster.removesuffix(ending) + single


def _fields(part: Table, kind: str) -> Iterator[tuple[str, Any]]:
    """Yield the fields that follow from a part's book, as they would be written."""
    places = str(part.get("decimals") or 2)
    points = {
        "type": "number",
        "min": "0",
        "max": str(part.get("points") or 100),
        "decimals": places,
        # A part that is not rated has none.
        "missing": "none",
    }
    yield (
        "subject",
        {"type": "text", "missing": "refused", "title": {"zh": "被评部分", "en": "Part assessed"}},
    )
    if kind and kind != SUBJECT:
        yield kind, {"type": kind, "missing": "refused", "title": {"zh": "责任主体", "en": "Party"}}
    yield (
        "period",
        {"type": "text", "missing": "refused", "title": {"zh": "考核周期", "en": "Period"}},
    )
    yield "assessment", {"type": "text", "title": {"zh": "考核结果编号", "en": "Assessment"}}
    yield "score_low", {**points, "title": {"zh": "得分下限", "en": "Score, low end"}}
    yield "score_high", {**points, "title": {"zh": "得分上限", "en": "Score, high end"}}
    grades = [one for one in list_of(part.get("grades")) if isinstance(one, Table)]
    titles = {VETOED: {"zh": "一票否决", "en": "Vetoed"}} | {
        id_of(one): _title(one) for one in reversed(grades)
    }
    grade = {"zh": "等次", "en": "Grade"}
    yield "grade", {"type": titles, "ordered": "true", "missing": "none", "title": grade}
    yield "veto", {"type": "boolean", "title": {"zh": "是否一票否决", "en": "Vetoed"}}
    yield "not_rated", {"type": "boolean", "title": {"zh": "是否不定等次", "en": "Not rated"}}
    for section in list_of(part.get("sections")):
        if isinstance(section, Table):
            title = _title(section)
            yield (
                section_field(id_of(section)),
                {
                    "type": "number",
                    "min": "0",
                    "max": str(section.get("points")),
                    "decimals": places,
                    "missing": "none",
                    "title": {"zh": f"{title['zh']}得分", "en": f"Points for {title['en']}"},
                },
            )


def section_field(section: str) -> str:
    """Return the field that holds a section's points."""
    return SECTION + section.replace("-", "_")


def _title(entry: Table) -> dict[str, str]:
    said = entry.get("title")
    words = id_of(entry).replace("-", " ")
    if isinstance(said, Table):
        return {"zh": str(said.get("zh") or words), "en": str(said.get("en") or words)}
    return {"zh": str(said or words), "en": str(said or words)}
