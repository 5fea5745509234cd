"""Titles that are missing, that two options share, or that say none or unknown."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping

from steelyard.book.model import RuleBook
from steelyard.book.remarks.standing import Places
from steelyard.book.terms import NONE_WORDS, UNKNOWN_WORDS
from steelyard.errors import Fault, fault
from steelyard.messages import Title

_Path = tuple[str | int, ...]


def wording(book: RuleBook, place: Places) -> Iterator[Fault]:
    """Remark titles that are not in both languages, and options that readers cannot tell apart."""
    for where, title in _titles(book):
        if (
            not title.zh
            or not title.en
            or (title.zh == title.en and not _speaks_for_both(title.zh))
        ):
            yield fault(place(*where), "has no title in both languages")
    for name, options in book.options.items():
        yield from _options(options, place("options", name))
    for fact in book.facts.values():
        if not fact.named_options:
            yield from _options(fact.options, fact.place)
    for owner in (book.registers, book.kinds):
        for columns in owner.values():
            for slot in columns.fields.values():
                if not slot.named_options:
                    yield from _options(slot.options, slot.place)


def _titles(book: RuleBook) -> Iterator[tuple[_Path, Title]]:
    yield ("title",), book.title
    for fact in book.facts.values():
        if fact.origin in {"fact", "derived"}:
            yield ("facts", fact.id), fact.title
    for rule in book.rules.values():
        yield ("rules", rule.id), rule.title
        for item in rule.form.items:
            yield ("rules", rule.id, "checklist", item.id), item.title
    for part, things in (("records", book.registers), ("parties", book.kinds)):
        for thing in things.values():
            yield (part, thing.id), thing.title
            for field in thing.fields.values():
                yield (part, thing.id, field.id), field.title
    yield from ((("sections", one.id), one.title) for one in book.sections.values())
    yield from ((("grades", one.id), one.title) for one in book.grades)
    yield from ((("measures", one.id), one.title) for one in book.measures.values())
    yield from ((("stages", one.id), one.title) for one in book.stages.values())
    yield from ((("offices", name), title) for name, title in book.offices.items())


def _speaks_for_both(title: str) -> bool:
    """Whether one title may stand for both languages: figures, signs and initials, such as `5S`,
    `ISO 9001` or `110`, are written alike in both; Chinese characters and English words are not.
    """
    return not any(sign.islower() or unicodedata.category(sign) == "Lo" for sign in title)


def _options(options: Mapping[str, Title], place: str) -> Iterator[Fault]:
    """Remark options of one title, and those that a clerk's none or unknown would choose."""
    first: dict[str, str] = {}
    for option, title in options.items():
        words = dict.fromkeys(_folded(word) for word in (title.zh, title.en))
        for word in words:
            other = first.setdefault(word, option)
            if other != option:
                yield fault(
                    place,
                    "options `{other}` and `{option}` share a title",
                    other=other,
                    option=option,
                )
                break
        if not NONE_WORDS.isdisjoint(words) or not UNKNOWN_WORDS.isdisjoint(words):
            yield fault(
                place,
                "option `{option}` is titled as what says that there is none, or that it "
                "is not known",
                option=option,
            )


def _folded(word: str) -> str:
    seen = "".join(sign for sign in word if unicodedata.category(sign) != "Cf")
    return unicodedata.normalize("NFKC", seen).strip().lower()
