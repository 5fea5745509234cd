"""Many assessments, a line each, from their published forms."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from steelyard.case.unit import Unit
from steelyard.messages import Language
from steelyard.report.page import Column, Page, Row, Table
from steelyard.report.phrases import Phrases, interval
from steelyard.report.unit.notes import note_blocks


def assessments_page(
    assessments: Iterable[Mapping[str, Any]],
    language: Language,
    notes: Sequence[str] = (),
    *,
    saved: bool,
) -> Page:
    """Return assessments from their published form, or from the summaries of a store, and the notes
    on how their cases were read.

    Those `saved` are called by their ids; of those just weighed one asks how much of them is known.
    """
    say = Phrases(language).say
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
    table = Table.plain("assessments", title, columns, [_row(one) for one in assessments])
    table = table.pick(range(6) if saved else range(1, 7))
    blocks = (table, *note_blocks(say("Notes"), notes))
    return Page.plain(language, "assessments", title, blocks)._replace(headed=False)


def _row(one: Mapping[str, Any]) -> Row:
    book, subject, score, grade = one["book"], one["subject"], one["score"], one["grade"]
    known = one.get("coverage")
    return Row.of(
        str(one.get("id", ""))[:8],
        f"{Unit.of(subject)} {subject['name']}".strip(),
        one["period"],
        f"{book['id']}@{book['version']}",
        interval(score["low"], score["high"]),
        grade["low"] if grade["settled"] else f"{grade['low']} … {grade['high']}",
        None if known is None else Decimal(known),
    )
