"""Walking a whole store, and naming everything in it that is not as it was saved."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from steelyard.canonical import canonical, known_by
from steelyard.errors import Fault, Plural, StoreError, fault
from steelyard.store.attained import surveys_changed
from steelyard.store.comparisons import changed
from steelyard.store.file import refused_by_system, told
from steelyard.store.rows import COLUMNS, HEAD, row_of
from steelyard.store.seals import seal
from steelyard.store.store import Store
from steelyard.ticks import Ticks

_HEAD = slice(1, 1 + len(HEAD))


def faults(store: Store, ticks: Ticks) -> Iterator[Fault]:
    """Yield what is wrong with a store, one thing after the other: with the file, the rows, the
    documents, the cases, the books, the names, the comparisons; with what is missing, and what
    nothing refers to. Raises StoreError where the system does not let it be read.
    """
    for (said,) in store.query("PRAGMA quick_check"):
        if said != "ok":
            yield fault(store.name, "is damaged: {problem}", problem=said)
    yield from store.miscounted()
    books: dict[str, bool] = {}
    numbers = store.query("SELECT number FROM assessments ORDER BY number")
    for place, (number,) in enumerate(numbers, 1):
        yield from _assessment(store, number, books)
        ticks("checking", place, len(numbers))
    last = numbers[-1][0] if numbers else 0
    if last != len(numbers):
        said = Plural(
            "of {all} assessment that was saved, {count} are there",
            "of {all} assessments that were saved, {count} are there",
            "all",
        )
        yield fault(store.name, said, all=last, count=len(numbers))
    yield from _foreign(store)
    yield from _apart(store)
    yield from changed(store)


def _assessment(store: Store, number: int, books: dict[str, bool]) -> Iterator[Fault]:
    """Yield what is wrong with one assessment and what it rests on."""
    try:
        row, document = store.at(number)
        said = row_of(document, "", {})
    except StoreError as error:
        yield from _damage(error)
        return
    head = dict(zip(COLUMNS, row, strict=True))
    if said.head != tuple(row[_HEAD]) or said.settled != head["settled"]:
        message = "the row of assessment `{id}` does not say what its document does"
        yield fault(store.name, message, id=head["id"])
    query = "SELECT said, seal FROM sampled WHERE assessment = ?"
    for surveys, own in store.query(query, number):
        if seal((number, head["id"], surveys)) != own:
            yield surveys_changed(store, head["id"])
    if head["digest"] not in books:
        books[head["digest"]] = True
        yield from _read(lambda digest: _book(store, digest), head["digest"])
    yield from _read(store.case, head["case_digest"])
    yield from _read(store.names, head["case_digest"])


def _read(read: Callable[[str], object], digest: str) -> Iterator[Fault]:
    try:
        read(digest)
    except StoreError as error:
        yield from _damage(error)


def _damage(error: StoreError) -> tuple[Fault, ...]:
    """Return what is wrong with what was saved; raise where that cannot be told."""
    if refused_by_system(error):
        raise error
    return error.faults


def _book(store: Store, digest: str) -> None:
    if known_by(canonical(store.book(digest))) != digest:
        said = "book `{digest}` is not as it was saved"
        raise StoreError([fault(store.name, said, digest=digest)])


def _foreign(store: Store) -> Iterator[Fault]:
    """Yield the rows to which no assessment refers."""
    for table, column, of in (
        ("cases", "digest", "case_digest"),
        ("books", "digest", "digest"),
        ("documents", "assessment", "number"),
        ("sampled", "assessment", "number"),
        ("names", "case_digest", "case_digest"),
    ):
        query = (
            f"SELECT DISTINCT {column} FROM {table} "  # noqa: S608  # our own words
            f"WHERE {column} NOT IN (SELECT {of} FROM assessments)"
        )
        for (key,) in store.query(query):
            message = "in `{table}`, `{key}` belongs to no assessment"
            yield fault(store.name, message, table=table, key=key)


def _apart(store: Store) -> Iterator[Fault]:
    for (number,) in store.query("SELECT number FROM patterns ORDER BY number"):
        try:
            with told(store.name):
                store.patterns.at(number)
        except StoreError as error:
            yield from _damage(error)
