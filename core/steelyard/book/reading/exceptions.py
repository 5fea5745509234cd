"""What a book says that it means so, though a proof would refute it."""

from __future__ import annotations

from dataclasses import replace

from steelyard.book.model import EXCEPTED_AT_CASES, EXCEPTED_AT_RECORDS, Exempt
from steelyard.book.reading.rules import Rules
from steelyard.expression.parse import condition
from steelyard.forms.phrases import titled as title_of


def exceptions(rules: Rules) -> tuple[Exempt, ...]:
    """Return the exceptions of a book; faults where one says `where` of a claim that is asked
    neither of records nor of cases.
    """
    found = []
    asked = EXCEPTED_AT_RECORDS | EXCEPTED_AT_CASES
    for number, entry in enumerate(rules.entry.exceptions):
        place = f"{rules.place('exceptions', number)}.where"
        where = None
        if entry.where is not None and entry.check not in asked:
            known = tuple(sorted(asked))
            rules.add(place, "`where` goes with one of {known}", known=known)
        elif entry.where is not None:
            register = _register(rules, entry.about) if entry.check in EXCEPTED_AT_RECORDS else None
            where = rules.read(condition, entry.where, replace(rules.open, record=register), place)
        found.append(
            Exempt(
                check=entry.check,
                about=entry.about,
                reason=title_of(entry.reason, entry.check),
                beside=entry.beside,
                where=where,
            )
        )
    return tuple(found)


def _register(rules: Rules, about: str) -> str | None:
    """Return the register at whose records an exception is read: the one it is about, or of which
    its rule takes points.
    """
    if about in rules.words.registers:
        return about
    rule = rules.rules.get(about)
    return None if rule is None else getattr(rule.form, "register", None)
