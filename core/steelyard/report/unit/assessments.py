"""Many assessments, a line each, from their published forms."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from functools import cache
from types import MappingProxyType
from typing import Any

from steelyard.messages import Language, Title
from steelyard.report.page import Column, Page, Row, Table
from steelyard.report.phrases import Phrases, interval
from steelyard.report.unit.notes import note_blocks

Grades = Callable[[str], Mapping[str, Title]]


def assessments_page(
    assessments: Iterable[Mapping[str, Any]],
    language: Language,
    notes: Sequence[str] = (),
    *,
    saved: bool,
    grades: Grades = lambda _key: MappingProxyType({}),
) -> Page:
    """Return assessments from their published form, or from the summaries of a store, and the notes
    on how their cases were read; `grades` gives the titles of the grades of a book by its key.

    Those `saved` are called by their ids; of those just weighed one asks how much of them is known.
    """
    phrases, titles = Phrases(language), cache(grades)
    say = phrases.say
    title = say("Assessments")
    columns = [
        Column(say("Id"), "code", 10, whole=True),
        Column(say("Subject"), width=28),
        Column(say("Period"), width=10),
        Column(say("Book"), width=26),
        Column(say("Score"), "points", 14),
        Column(say("Grade"), width=14),
        Column(say("Coverage"), "percent", 10, places=2),
    ]
    rows = (_row(phrases, one, titles) for one in assessments)
    table = Table.plain("assessments", title, columns, rows)
    table = table.pick(range(6) if saved else range(1, 7))
    blocks = (table, *note_blocks(say("Notes"), notes))
    return Page.plain(language, "assessments", title, blocks)._replace(headed=False)


def _row(phrases: Phrases, one: Mapping[str, Any], grades: Grades) -> Row:
    book, subject, score, grade = one["book"], one["subject"], one["score"], one["grade"]
    known, key = one.get("coverage"), f"{book['id']}@{book['version']}"
    titles = grades(key)
    ends = [
        phrases.say("vetoed") if end == "vetoed" else phrases.of(titles.get(end, Title(end, end)))
        for end in (grade["low"], grade["high"])
    ]
    return Row.of(
        str(one.get("id", ""))[:8],
        f"{subject['id']} {subject['name']}".strip(),
        one["period"],
        key,
        interval(score["low"], score["high"]),
        ends[0] if grade["settled"] else " … ".join(ends),
        None if known is None else Decimal(known),
    )
