"""How far two assessors of the same units agree: where they differ, and Krippendorff's alpha of
each rule.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from steelyard.book.answering import Answering
from steelyard.case.formats.files import documents_and_faults
from steelyard.case.reading.read import book_of, parse_case
from steelyard.errors import CaseError, Fault, UsageError, Word, fault
from steelyard.expression.types import Choice, ranged
from steelyard.messages import Title
from steelyard.work.differences import Account, Difference, Pair, differences, said_of
from steelyard.work.workspace import Workspace

if TYPE_CHECKING:
    from steelyard.book.model import Fact, RuleBook
    from steelyard.case.model import Given

SCHEMA = "steelyard/agreement@1"
Level = Literal["nominal", "ordinal", "interval"]
_ALIKE = Word("all alike: there is nothing that chance could have made differ")
_ALONE = Word("nothing that both have said")


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


_Values = list[tuple[str, str]]


def agree(workspace: Workspace, one: str, other: str) -> Compared:
    """Compare what two files say of the same units, periods and book.

    Raises CaseError for their faults, UsageError where they have no unit in common.
    """
    cases: list[dict[tuple[str, str], Account]] = []
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
) -> dict[tuple[str, str], Account]:
    documents, faults = documents_and_faults(Path(word), workspace.book_for_case)
    found: dict[tuple[str, str], Account] = {}
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
        found[key] = Account(case, document)
    if faults:
        raise CaseError({one.text(): one for one in faults}.values())
    return found


def _compared(book: RuleBook, pairs: Sequence[Pair]) -> Compared:
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
    return Compared(book, len(pairs), tuple(differences(book, pairs)), tuple(rules), every)


def _agreement(rule: str, title: Title, facts: Sequence[Fact], pairs: Sequence[Pair]) -> Agreement:
    """Return how far two agree on some facts: on the one fact of a rule by its own scale, on
    several by whether the values are the same.
    """
    values: _Values = []
    units: list[tuple[float, float]] = []
    only = facts[0] if rule and len(facts) == 1 and ranged(facts[0].type) is not None else None
    for one, other in pairs:
        for fact in facts:
            given = [each.case.facts.get(fact.id) for each in (one, other)]
            said = said_of(given[0], fact), said_of(given[1], fact)
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
