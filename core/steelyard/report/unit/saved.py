"""A saved assessment as it was saved, where it cannot be judged again: from its published form
alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from steelyard.case.unit import Unit
from steelyard.messages import Language
from steelyard.report.page import Block, Column, Fact, Facts, Page, Row, Table, in_line
from steelyard.report.phrases import Phrases, cited, interval


def saved_page(found: Mapping[str, Any], book: Mapping[str, Any], language: Language) -> Page:
    """Return an assessment from its published form, with the titles of its resolved book."""
    phrases = Phrases(language)
    subject, score, grade = found["subject"], found["score"], found["grade"]
    grades = _titles(book.get("grades"), language)
    ends = [grades.get(grade[end], grade[end]) for end in ("low", "high")]
    facts = (
        Fact(phrases.say("Score"), f"{interval(score['low'], score['high'])} / {score['full']}"),
        Fact(phrases.say("Grade"), interval(*ends)),
        Fact(phrases.say("Coverage"), Decimal(found["coverage"]), "percent", 2),
    )
    blocks: list[Block] = [Facts(facts, large=True), _findings(found, book, phrases)]
    if found["consequences"]:
        blocks.append(_consequences(found, book, phrases))
    named = f"{found['book']['id']}@{found['book']['version']}"
    return Page.plain(
        language,
        found["id"],
        in_line(subject["name"] or subject["id"]),
        blocks,
        f"{Unit.of(subject)} · {named} · {found['period']}",
    )


def _findings(found: Mapping[str, Any], book: Mapping[str, Any], phrases: Phrases) -> Table:
    say, rules = phrases.say, _titles(book.get("rules"), phrases.language)
    columns = (
        Column(say("Rule"), width=24),
        Column(say("Points"), "points", 14, whole=True),
        Column(say("Outcome"), width=12),
        Column(say("Why"), width=38),
        Column(say("Clauses"), width=17),
    )
    rows = (
        Row.of(
            rules.get(one["rule"], one["rule"]),
            f"{interval(one['points']['low'], one['points']['high'])} / {one['points']['full']}",
            phrases.outcome(one["outcome"]),
            one["because"][phrases.language],
            cited(tuple(one["cites"])),
        )
        for one in found["findings"]
    )
    return Table.plain("findings", say("Findings by section"), columns, rows)


def _consequences(found: Mapping[str, Any], book: Mapping[str, Any], phrases: Phrases) -> Table:
    say, measures = phrases.say, _titles(book.get("measures"), phrases.language)
    kinds = _titles(book.get("parties"), phrases.language)
    columns = (
        Column(say("On whom"), width=16),
        Column(say("What follows"), width=30),
        Column(say("Certain"), width=9),
        Column(say("Why"), width=38),
    )
    rows = (
        Row.of(
            _whom(one["falls_on"], kinds, phrases),
            " / ".join(
                phrases.listed(measures.get(name, name) for name in bundle)
                for bundle in one["options"]
            ),
            phrases.sure(one["certain"]),
            one["because"][phrases.language],
        )
        for one in found["consequences"]
    )
    return Table.plain("consequences", say("Consequences by party"), columns, rows)


def _whom(falls_on: Mapping[str, Any], kinds: Mapping[str, str], phrases: Phrases) -> str:
    if falls_on["kind"] == "subject":
        return phrases.say("the unit")
    if "role" in falls_on:
        return phrases.say("{kind} not named").format(kind=falls_on["role"][phrases.language])
    return f"{kinds.get(falls_on['kind'], falls_on['kind'])} {falls_on['id']}"


def _titles(part: object, language: Language) -> dict[str, str]:
    """Return the titles of a part of a resolved book as it is written, by id."""
    entries = (
        part.items()
        if isinstance(part, Mapping)
        else [(one["id"], one) for one in part] if isinstance(part, list) else []
    )  # fmt: skip
    titles = ((name, entry.get("title")) for name, entry in entries if isinstance(entry, Mapping))
    return {
        name: str(title[language]) if isinstance(title, Mapping) else str(title)
        for name, title in titles
        if title
    }
