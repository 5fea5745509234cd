"""Case tables: YAML lists of entries with a name, a case, and what is expected of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from steelyard.errors import BookError, CaseError, Fault, SteelyardError, fault, nearest
from steelyard.located_yaml import Items, Table, Text, Value, key_place, load, mark, place_of
from steelyard.testing.expect import KEYS as EXPECTED

KEYS = ("name", "case", "expect")


class Entry(NamedTuple):
    """One entry of a table with its place; what is wrong with its form stands in `faults`."""

    name: str
    place: str
    case: Table
    expect: Table
    faults: tuple[Fault, ...] = ()


def is_ours(path: Path, ids: Callable[[], Iterable[str]]) -> bool:
    """Whether a YAML file that nobody named as a table is one of ours; `ids` gives the books at
    hand.

    It is where its path names a book, or where it holds entries whose case names a book or which
    expect what only we know. A case that stands alone, and whatever cannot be read, is left to
    others.
    """
    try:
        text = read_text(path.read_bytes(), path.name)
        document = load(text, path.name) if "expect" in text or "subject" in text else None
    except (SteelyardError, OSError):
        document = None
    if is_case(document):
        return False
    entries = document if isinstance(document, Items) else [document]
    if is_table(document) and any(_speaks_of_books(one) for one in entries):
        return True
    try:
        return bool(book_of_path(steps_of(path), ids(), path.name))
    except BookError:
        return is_table(document)


def _speaks_of_books(entry: Value) -> bool:
    case, expect = (
        (entry.get("case"), entry.get("expect")) if isinstance(entry, Table) else (None, None)
    )
    return (isinstance(case, Table) and "book" in case) or (
        isinstance(expect, Table) and not set(EXPECTED).isdisjoint(expect)
    )


def is_table(document: Value) -> bool:
    """Whether a document is meant as a table: some entry has `expect` beside `name` or `case`."""
    entries = document if isinstance(document, Items) else [document]
    return any(
        isinstance(one, Table) and "expect" in one and ("name" in one or "case" in one)
        for one in entries
    )


def is_case(document: Value) -> bool:
    """Whether a document is a case of its own, as `steelyard assess` weighs them."""
    return isinstance(document, Table) and "book" in document and "subject" in document


def read_table(text: str, name: str) -> list[Entry]:
    """Return the entries of a table; raises CaseError when the text is no list of entries at all.

    An entry at fault is given with its faults, so that the others can be weighed.
    """
    document = load(text, name)
    if not isinstance(document, Items):
        raise CaseError(
            [
                fault(
                    place_of(document, name),
                    "is no table of cases: a list of entries with `name`, `case` and "
                    "`expect` is wanted",
                )
            ]
        )
    if not document:
        raise CaseError([fault(name, "holds no entry")])
    named: dict[str, str] = {}
    return [
        _entry(one, place_of(one, document.place), number, named)
        for number, one in enumerate(document, 1)
    ]


def book_of_entry(entry: Entry, otherwise: str) -> str:
    """Return the reference of the book that an entry's case names, or `otherwise`."""
    said = entry.case.get("book")
    return str(said).strip() if isinstance(said, Text) and said.strip() else otherwise


def book_of_path(steps: Sequence[str], ids: Iterable[str], name: str) -> str:
    """Return the book that a table's path stands for: SECTOR/STEM, else the only book of that stem,
    else an empty text.

    `steps` are the folder and the stem of the file. Raises BookError when several books have the
    stem.
    """
    known = set(ids)
    if "/".join(steps) in known:
        return "/".join(steps)
    bearing = sorted(one for one in known if one.partition("/")[2] == steps[-1])
    if len(bearing) > 1:
        raise BookError(
            [
                fault(
                    name,
                    "may be about any of {books}: name one as `book:` in the case, or "
                    "the folder after the sector",
                    books=tuple(bearing),
                )
            ]
        )
    return bearing[0] if bearing else ""


def steps_of(path: Path) -> tuple[str, str]:
    """Return the folder and the stem of a file."""
    return path.parent.name, path.stem


def case_document(entry: Entry, book: str, period: str) -> Table:
    """Return an entry's case with book, subject and period filled in where it leaves them out."""
    given: dict[str, object] = {"book": book, "subject": {"id": "unit-1"}, "period": period}
    document = Table(entry.case)
    document.place, document.keys_at, document.size = (
        entry.case.place,
        entry.case.keys_at,
        entry.case.size,
    )
    for key, value in given.items():
        if document.get(key) is None:
            document[key] = mark(value, entry.place)
    return document


def _entry(said: Value, place: str, number: int, named: dict[str, str]) -> Entry:
    if not isinstance(said, Table):
        return Entry(
            f"[{number}]",
            place,
            _empty(place),
            _empty(place),
            (fault(place, "an entry is a mapping with `name`, `case` and `expect`"),),
        )
    faults = [
        fault(key_place(said, key, place), "unknown key `{key}`", nearest(key, KEYS), key=key)
        for key in said
        if key not in KEYS
    ]
    name = said.get("name")
    title = " ".join(name.split()) if isinstance(name, Text) else ""
    if not title:
        faults.append(
            fault(
                f"{key_place(said, 'name', place)}: name",
                "says nothing; what the case shows is wanted",
            )
        )
    first = named.setdefault(title, place) if title else place
    if first != place:
        faults.append(fault(place, "an entry of this name stands already at {first}", first=first))
        title = f"{title} [{number}]"
    if "expect" not in said:
        faults.append(fault(place, "`{key}` is missing", key="expect"))
    case, expect = (_mapping(said, key, place, faults) for key in ("case", "expect"))
    return Entry(title or f"[{number}]", place, case, expect, tuple(faults))


def _mapping(said: Table, key: str, place: str, faults: list[Fault]) -> Table:
    value = said.get(key)
    if isinstance(value, Table):
        return value
    if value is not None:
        faults.append(fault(f"{key_place(said, key, place)}: {key}", "a mapping is wanted"))
    return _empty(key_place(said, key, place))


def _empty(place: str) -> Table:
    table = Table()
    table.place, table.keys_at, table.size = place, {}, 1
    return table


def read_text(content: bytes, name: str, error: type[SteelyardError] = CaseError) -> str:
    """Return the text of a file's content; raises `error` when it is not UTF-8."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise error([fault(name, "is not UTF-8 text")]) from None
