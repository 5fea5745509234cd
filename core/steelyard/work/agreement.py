"""How far two assessors of the same units agree: where they differ, and Krippendorff's alpha of
each rule.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from steelyard.book.answering import Answering
from steelyard.case.formats.files import documents_and_faults
from steelyard.case.reading.parse_values import text_of
from steelyard.case.reading.read import book_of, parse_case
from steelyard.case.reading.records import each_once
from steelyard.errors import CaseError, Fault, UsageError, Word, fault
from steelyard.expression.types import Choice, ranged
from steelyard.located_yaml import Items, Table, key_place, place_of
from steelyard.messages import Title
from steelyard.work.gather.joined import NO_OPTIONS
from steelyard.work.workspace import Workspace

if TYPE_CHECKING:
    from steelyard.book.model import Fact, RuleBook
    from steelyard.case.model import Case, Given

SCHEMA = "steelyard/agreement@1"
Level = Literal["nominal", "ordinal", "interval"]
_ALIKE = Word("all alike: there is nothing that chance could have made differ")
_ALONE = Word("nothing that both have said")


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


class Agreement(NamedTuple):
    """Of a rule, or of all (an empty id): how many values both give, how many of them are the same,
    and alpha, None where `why` says that it cannot be told.
    """

    rule: str
    title: Title
    both: int
    same: int
    level: Level
    alpha: float | None
    why: Word | None = None


class Compared(NamedTuple):
    """Two assessors compared over `units` units."""

    book: RuleBook
    units: int
    differences: tuple[Difference, ...]
    rules: tuple[Agreement, ...]
    all: Agreement

    def document(self) -> dict[str, Any]:
        """Return the comparison as plain data; alpha is a decimal of three places, or null."""
        return {
            "schema": SCHEMA,
            "book": self.book.key,
            "units": self.units,
            "all": _plain(self.all),
            "rules": [_plain(one) for one in self.rules],
            "differences": [one.document() for one in self.differences],
        }


class _Read(NamedTuple):
    """A case with the document that says where its values stand."""

    case: Case
    document: Table

    def place(self, name: str) -> str:
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


_Pair = tuple[_Read, _Read]
_Values = list[tuple[str, str]]


def agree(workspace: Workspace, one: str, other: str) -> Compared:
    """Compare what two files say of the same units, periods and book.

    Raises CaseError for their faults, UsageError where they have no unit in common.
    """
    cases: list[dict[tuple[str, str], _Read]] = []
    books: dict[str, RuleBook] = {}
    faults: list[Fault] = []
    for word in (one, other):
        try:
            cases.append(_cases(workspace, word, books))
        except CaseError as error:
            faults.extend(error.faults)
    if faults:
        raise CaseError(faults)
    if len(books) > 1:
        said = " · ".join(books)
        raise UsageError([fault(other, "is weighed by another book: {books}", books=said)])
    first, second = cases
    units = [key for key in first if key in second]
    if not units:
        raise UsageError([fault(other, "has no unit and period in common with {other}", other=one)])
    for mine, theirs, name in ((first, second, one), (second, first, other)):
        alone = [key for key in mine if key not in theirs]
        workspace.warn(
            fault(name, "`{id}`, {period} stands here alone", id=key[0], period=key[1])
            for key in alone
        )
    book = next(iter(books.values()))
    return _compared(book, [(first[key], second[key]) for key in units])


def _cases(
    workspace: Workspace, word: str, books: dict[str, RuleBook]
) -> dict[tuple[str, str], _Read]:
    documents, faults = documents_and_faults(Path(word), workspace.book_for_case)
    found: dict[tuple[str, str], _Read] = {}
    for document in documents:
        try:
            book = workspace.book_for_case(*book_of(document, word))
            case = parse_case(document, book, word, typed=True)
        except CaseError as error:
            faults.extend(error.faults)
            continue
        books[book.key] = book
        key = "/".join(filter(None, (case.part_of, case.subject_id))), case.period
        if key in found:
            faults.append(fault(case.named_at, "`{id}` stands twice in this file", id=key[0]))
        found[key] = _Read(case, document)
    if faults:
        raise CaseError({one.text(): one for one in faults}.values())
    return found


def _compared(book: RuleBook, pairs: Sequence[_Pair]) -> Compared:
    answering = Answering(book)
    facts: dict[str, list[Fact]] = {rule: [] for rule in book.rules}
    for fact in book.collected:
        owners = [fact.owner] if fact.owner in book.rules else answering.asking.get(fact.id, ())
        for rule in owners:
            facts[rule].append(fact)
    rules = [
        _agreement(rule, book.rules[rule].title, some, pairs)
        for rule, some in facts.items()
        if some
    ]
    every = _agreement("", Title("", ""), book.collected, pairs)
    differences = [*_facts(book, pairs), *_records(book, pairs)]
    return Compared(book, len(pairs), tuple(differences), tuple(rules), every)


def _said(given: Given | None, fact: Fact) -> str:
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


def _facts(book: RuleBook, pairs: Sequence[_Pair]) -> Iterator[Difference]:
    for one, other in pairs:
        for fact in book.collected:
            given = [each.case.facts.get(fact.id) for each in (one, other)]
            said = [
                _said(each, fact) or ("unknown" if each is not None and each.conflict else "")
                for each in given
            ]
            if said[0] != said[1]:
                yield Difference(
                    one.case.subject_id,
                    f"facts.{fact.id}",
                    fact.full_title,
                    said[0],
                    said[1],
                    one.place(fact.id),
                    other.place(fact.id),
                    fact.options,
                )


def _records(book: RuleBook, pairs: Sequence[_Pair]) -> Iterator[Difference]:
    """Yield the records, known by their ids, that only one names or that bear other values."""
    for one, other in pairs:
        for register in book.registers.values():
            rows = [_rows(each.case, register.id) for each in (one, other)]
            where = f"records.{register.id}"
            known = [each.case.registers[register.id].complete for each in (one, other)]
            if register.rolled is None and known[0] != known[1]:
                complete = ["yes" if each else "no" for each in known]
                what = f"{where}.complete"
                yield _difference(one, other, what, register.title, complete, (register.id, ""))
            for identity in dict.fromkeys([*rows[0], *rows[1]]):
                cells = [each.get(identity) for each in rows]
                what = f"{where}.{identity}"
                at = register.id, identity
                if cells[0] is None or cells[1] is None:
                    here = ["" if each is None else identity for each in cells]
                    yield _difference(one, other, what, register.title, here, at)
                    continue
                for key, slot in register.fields.items():
                    said = [each.get(key, "") for each in cells if each is not None]
                    if said[0] != said[1]:
                        found = _difference(one, other, f"{what}.{key}", slot.full_title, said, at)
                        yield found._replace(options=slot.options)


def _difference(
    one: _Read, other: _Read, what: str, title: Title, said: Sequence[str], at: tuple[str, str]
) -> Difference:
    places = one.place_of_record(*at), other.place_of_record(*at)
    return Difference(one.case.subject_id, what, title, said[0], said[1], *places)


def _rows(case: Case, register: str) -> Mapping[str, Mapping[str, str]]:
    written = case.document["records"].get(register, {"rows": ()})
    return {
        row["id"]: {key: text for key, text in row.items() if key not in {"id", "evidence"}}
        for row in written["rows"]
    }


def _agreement(rule: str, title: Title, facts: Sequence[Fact], pairs: Sequence[_Pair]) -> Agreement:
    """Return how far two agree on some facts: on the one fact of a rule by its own scale, on
    several by whether the values are the same.
    """
    values: _Values = []
    units: list[tuple[float, float]] = []
    only = facts[0] if rule and len(facts) == 1 and ranged(facts[0].type) is not None else None
    for one, other in pairs:
        for fact in facts:
            given = [each.case.facts.get(fact.id) for each in (one, other)]
            said = _said(given[0], fact), _said(given[1], fact)
            if all(said):
                values.append(said)
                if only is not None:
                    units.append((_middle(given[0]), _middle(given[1])))
    same = sum(one == other for one, other in values)
    measured = bool(units) and not any(math.isnan(end) for unit in units for end in unit)
    level: Level = "nominal"
    if measured and only is not None:
        level = "ordinal" if isinstance(only.type, Choice) else "interval"
    else:
        codes = {text: float(code) for code, text in enumerate(_distinct(values))}
        units = [(codes[one], codes[other]) for one, other in values]
    if not units:
        return Agreement(rule, title, 0, 0, level, None, _ALONE)
    if len({end for unit in units for end in unit}) < 2:
        return Agreement(rule, title, len(units), same, level, None, _ALIKE)
    return Agreement(rule, title, len(units), same, level, _alpha(units, level))


def _distinct(values: _Values) -> Iterable[str]:
    return dict.fromkeys(text for unit in values for text in unit)


def _middle(given: Given | None) -> float:
    """Return a value on its scale, the middle of a range; not a number where there is none."""
    if given is None or given.low is None or given.high is None:
        return math.nan
    return (given.low + given.high) / 2


def _alpha(units: Sequence[tuple[float, float]], level: Level) -> float:
    """Return Krippendorff's alpha of two assessors (Content Analysis, chapter on reliability)."""
    try:
        import krippendorff
    except ModuleNotFoundError:
        raise UsageError(
            [
                fault(
                    "steelyard agree",
                    "needs {modules}, which `pip install '{extra}'` brings",
                    modules="`krippendorff`",
                    extra="steelyard[office]",
                )
            ]
        ) from None
    data = [[one for one, _ in units], [other for _, other in units]]
    return float(krippendorff.alpha(reliability_data=data, level_of_measurement=level))


def _plain(one: Agreement) -> dict[str, Any]:
    return {
        "rule": one.rule,
        "title": one.title._asdict(),
        "both": one.both,
        "same": one.same,
        "level": one.level,
        "alpha": None if one.alpha is None else f"{one.alpha:.3f}",
    }
