"""What each hand has given in: a document of one unit, checked by itself, and whose it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from steelyard.book.handouts import method_of
from steelyard.book.model import RuleBook
from steelyard.case.formats.grid import items, marked
from steelyard.case.model import Case
from steelyard.case.reading.identity import flaw, fold
from steelyard.case.reading.read import parse_case
from steelyard.errors import CaseError, Fault, fault
from steelyard.located_yaml import Items, Table, Text, place_of
from steelyard.work.document_places import Places, parties_in

_BY = "by"


class Return(NamedTuple):
    """One document of a file, read as a case by itself but for its parties, which may be named in
    any of the files; `own` are the ids of those that it names.
    """

    path: Path
    document: Table
    case: Case
    own: frozenset[str]

    @property
    def name(self) -> str:
        """What the records are called that bear no id of their own."""
        return stem(self.path)

    @property
    def places(self) -> Places:
        """Where the document says what it says."""
        return Places(self.document, str(self.path))


def stem(path: Path) -> str:
    """Return the name of a file as part of an id."""
    word = fold(path.stem)
    return "return" if not word or flaw(word) is not None else word


def hand(path: Path) -> str:
    """Return who has filled in a file that does not say so, by its name; nobody where that is only
    the method of a workbook that was handed out by method.
    """
    return "" if method_of(path.stem) else stem(path)


def read_returns(found: Sequence[tuple[Path, Table]], book: RuleBook) -> list[Return]:
    """Return what hands have given in, in the order of the files' names.

    Raises CaseError with every fault of every file.
    """
    parties = [list(parties_in(document)) for _, document in found]
    faults: list[Fault] = []
    returns: list[Return] = []
    for number, (path, document) in enumerate(found):
        own = frozenset(identity for identity, _ in parties[number])
        others: dict[str, Table] = {}
        for other, named in enumerate(parties):
            if other != number:
                others |= {one: entry for one, entry in named if one not in own | set(others)}
        try:
            case = parse_case(_whole(document, path, others), book, str(path), typed=True)
        except CaseError as error:
            faults.extend(error.faults)
        else:
            returns.append(Return(path, document, case, own))
    if faults:
        # A party at fault is so in every case that it is lent to.
        raise CaseError({one.text(): one for one in faults}.values())
    return sorted(returns, key=lambda one: (one.path.name, str(one.path)))


def _whole(document: Table, path: Path, others: dict[str, Table]) -> Table:
    """Return a document that also names the parties of the others, and who has filled it in."""
    whole = Table(document)
    whole.place, whole.keys_at, whole.size = document.place, document.keys_at, document.size
    said = document.get("parties")
    if others and (said is None or isinstance(said, Items)):
        whole["parties"] = items(place_of(said, document.place), [*(said or ()), *others.values()])
    by = document.get(_BY)
    if by is None or (isinstance(by, Text) and not by.strip()):
        whole[_BY] = marked(hand(path), document.place)
    return whole


def same_case(returns: Sequence[Return]) -> Iterator[Fault]:
    """Yield a fault for each return that is of another unit or period than the first, or says
    otherwise of the unit.
    """
    first = returns[0]
    for one in returns[1:]:
        mine, other = (f"{each.case.subject_id} · {each.case.period}" for each in (one, first))
        if mine != other:
            yield fault(
                one.case.named_at or str(one.path),
                "is of {mine}, and {first} is of {other}: gather one unit and period at a time",
                mine=mine,
                first=first.case.named_at or first.path,
                other=other,
            )
    for key, what in (
        ("subject_name", "subject.name"), ("part_of", "subject.part_of"), ("as_of", "as_of"),
    ):  # fmt: skip
        said = [one for one in returns if _says(one, key)]
        for one in said[1:]:
            mine, other = getattr(one.case, key), getattr(said[0].case, key)
            if fold(str(mine)) != fold(str(other)):
                yield fault(
                    f"{one.places.of(what)}: {what}",
                    "is `{mine}` here and `{other}` in {first}: both cannot hold",
                    mine=mine,
                    other=other,
                    first=said[0].places.of(what),
                )


def _says(one: Return, key: str) -> bool:
    if key == "as_of":
        return one.case.as_of != one.case.last
    return bool(getattr(one.case, key))


def said_first(returns: Sequence[Return], key: str) -> object:
    """Return what the first says that says anything of it; the first's own where nobody does."""
    return getattr(next((one for one in returns if _says(one, key)), returns[0]).case, key)
