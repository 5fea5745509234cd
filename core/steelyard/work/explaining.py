"""What a user asks about one case: why a finding or a measure, or why not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from steelyard.book.named import meant, names
from steelyard.errors import UsageError, fault, nearest

if TYPE_CHECKING:
    from steelyard.judging.assessment import Assessment
    from steelyard.judging.derivation.deriver import Derived

_KINDS = ("rule", "limiter", "measure")


def why(assessment: Assessment, word: str) -> list[Derived]:
    """Return how a rule's finding, a limiter or a measure comes about, by its id or its title.

    A name that several bear wants the kind before the id, as in `rule:training`. Raises UsageError
    for one that none bears.
    """
    from steelyard.judging.derivation.why import of_limiter, of_measure, of_rule

    kind, name = _meant(assessment, word, _KINDS)
    if kind == "rule":
        return [of_rule(assessment, name)]
    if kind == "limiter":
        limiter = next(one for one in assessment.book.limiters if one.id == name)
        return [of_limiter(assessment, limiter)]
    return of_measure(assessment, name) or why_not(assessment, f"measure:{name}")


def why_not(assessment: Assessment, word: str) -> list[Derived]:
    """Return why a measure or a limiter does not apply, and what would have to be otherwise."""
    from steelyard.judging.derivation.why import not_of, of_limiter, of_measure

    kind, name = _meant(assessment, word, _KINDS[1:])
    if kind == "limiter":
        limiter = next(one for one in assessment.book.limiters if one.id == name)
        return [of_limiter(assessment, limiter)]
    return [*of_measure(assessment, name), *not_of(assessment, name)]


def _meant(assessment: Assessment, word: str, kinds: tuple[str, ...]) -> tuple[str, str]:
    """Return what a word means: its kind and its id."""
    book = assessment.book
    known = {
        "rule": {one.id: one.title for one in book.rules.values()},
        "limiter": {one.id: one.title for one in book.limiters},
        "measure": {one: book.measures[one].title for one in _imposed(assessment)},
    }
    kind, _, name = word.partition(":")
    if kind in kinds and name in known[kind]:
        return kind, name
    found = [(one, name) for one in kinds for name in meant(word, known[one])]
    # An id goes before a title of the same words.
    found = [one for one in found if one[1] == word] or found
    if len(found) == 1:
        return found[0]
    if found:
        said = tuple(f"`{one}:{name}`" for one, name in found)
        message = "`{name}` may mean several things: say one of {known}"
        raise UsageError([fault(book.key, message, name=word, known=said)])
    every = [name for one in kinds for name in names(known[one])]
    message = (
        "has no rule, limiter or measure `{name}`"
        if "rule" in kinds
        else "imposes no measure and has no limiter `{name}`"
    )
    raise UsageError([fault(book.key, message, nearest(word, every), name=word)])


def _imposed(assessment: Assessment) -> list[str]:
    """Return the measures that the book's rows impose, and those that these entail."""
    book = assessment.book
    found = [name for row in book.consequences for one in row.options for name in one]
    for name in found:
        found.extend(
            one for one in book.measures[name].entails if one in book.measures and one not in found
        )
    return found
