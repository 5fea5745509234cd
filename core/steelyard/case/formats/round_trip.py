"""A case carried into a fresh form of its own: nothing of it may be lost on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from steelyard.book.model import RuleBook
from steelyard.case.formats.files import documents_and_faults
from steelyard.case.formats.grid import marked
from steelyard.case.model import Case
from steelyard.case.reading.read import parse_case
from steelyard.errors import CaseError, Plural, UsageError, fault
from steelyard.located_yaml import Table, Text

_ENOUGH = 20


class Carried(NamedTuple):
    """A case, the marked document that it was read from, and the version that this named where it
    is another.
    """

    case: Case
    document: Table
    other: str = ""


def carried(path: Path, book: RuleBook, find: Callable[[str, str], RuleBook]) -> list[Carried]:
    """Return the cases of a file as `book` reads them, whatever version of it they name.

    `find` gives the book for a reference and the place that names it, or raises CaseError. Raises
    CaseError with every fault of the file; a case of another book is one.
    """
    found: list[Carried] = []
    documents, faults = documents_and_faults(
        path, lambda said, place: book if said.partition("@")[0] == book.id else find(said, place)
    )
    for document in documents:
        said = document.get("book")
        other = ""
        if isinstance(said, Text) and said.strip().partition("@")[0] == book.id:
            version = said.strip().partition("@")[2]
            other = (
                ""
                if f"{book.version}.".startswith(f"{version}." if version else "")
                or version in book.accepts
                else version
            )
            document["book"] = marked(book.key, said.place)
        try:
            case = parse_case(document, book, str(path), typed=True)
            found.append(Carried(case, document, other))
        except CaseError as error:
            faults.extend(error.faults)
    if faults:
        raise CaseError(faults)
    return found


def only(cases: Sequence[Carried], name: str) -> Carried:
    """Return the one case of a file; raises UsageError where it holds several."""
    if len(cases) != 1:
        raise UsageError(
            [fault(name, "holds {count} cases, and this form takes one", count=len(cases))]
        )
    return cases[0]


def check_kept(case: Case, again: Table, book: RuleBook, name: str) -> None:
    """Read back what was written of a case, and raise UsageError naming all that a form could not
    hold as it is.
    """
    found = parse_case(again, book, name)
    if found.digest == case.digest and found.names == case.names:
        return
    lost = list(_differing(case.document, found.document, ""))
    lost += [f"parties.{one}.name" for one in case.names if found.names.get(one) != case.names[one]]
    faults = [
        fault(f"{case.origin}: {what}", "cannot be written in this form as it is")
        for what in lost[:_ENOUGH]
    ]
    if len(lost) > _ENOUGH:
        faults.append(
            fault(
                case.origin,
                Plural(
                    "{count} more value cannot be written in this form as it is",
                    "{count} more values cannot be written in this form as they are",
                ),
                count=len(lost) - _ENOUGH,
            )
        )
    raise UsageError(faults)


def _differing(said: Any, found: Any, path: str) -> Iterator[str]:
    """Yield the paths at which two documents of plain data differ; entries of a list are known by
    their id.
    """
    if isinstance(said, Mapping) and isinstance(found, Mapping):
        for key in sorted({*said, *found}):
            yield from _differing(
                said.get(key), found.get(key), f"{path}.{key}" if path else str(key)
            )
    elif isinstance(said, list) and isinstance(found, list) and len(said) == len(found):
        for number, (one, other) in enumerate(zip(said, found, strict=True), 1):
            name = one.get("id", number) if isinstance(one, Mapping) else number
            yield from _differing(one, other, f"{path}.{name}")
    elif said != found:
        yield path
