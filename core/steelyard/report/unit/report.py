"""The report of one unit: its parts in the order in which a reader asks for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from steelyard.messages import Language
from steelyard.report.page import Page, Paragraph, Part, clean, in_line, number_in, sentence
from steelyard.report.phrases import interval
from steelyard.report.unit.consequences import consequences
from steelyard.report.unit.costs import costs
from steelyard.report.unit.findings import findings
from steelyard.report.unit.ledger_and_method import ledger, method
from steelyard.report.unit.missing import missing
from steelyard.report.unit.reader import Reader
from steelyard.report.unit.summary import glance, grade_text

if TYPE_CHECKING:
    from steelyard.judging.assessment import Assessment

Section = tuple[str, str]
"""A further section as a plugin gives it: title and text."""


def unit_page(
    assessment: Assessment,
    language: Language,
    names: Mapping[str, str] | None = None,
    sections: Iterable[Section] = (),
) -> Page:
    """Return the report of an assessment; persons appear by id but for those whose `names` are
    given.
    """
    reader = Reader(assessment, language, names or {})
    book, case = assessment.book, assessment.case
    say = reader.say
    parts = [
        glance(reader),
        costs(reader),
        missing(reader),
        consequences(reader),
        findings(reader),
        ledger(reader),
        method(reader),
        *(_further(number, *section) for number, section in enumerate(sections, 1)),
    ]
    unit = in_line(case.subject_name or case.subject_id)
    subtitle = say("{book} · {period} · as of {day}").format(
        book=in_line(reader.of(book.title)), period=case.period, day=case.as_of.isoformat()
    )
    score = interval(reader.text(assessment.scored.low), reader.text(assessment.scored.high))
    return Page(
        language=language,
        head=say("Assessment report"),
        title=unit,
        subtitle=subtitle,
        day=case.as_of,
        key=assessment.id,
        parts=tuple(parts),
        words={
            "unit": unit,
            "unit_id": clean(case.subject_id),
            "book": in_line(reader.of(book.title)),
            "book_id": book.key,
            "period": case.period,
            "score": score,
            "full": reader.text(book.points),
            "grade": grade_text(reader),
            "coverage": number_in(assessment.coverage, "percent", 2),
            "assessment": assessment.id,
        },
    )


def _further(number: int, title: str, text: str) -> Part:
    paragraphs = (part.strip() for part in clean(text).split("\n\n"))
    return Part(
        f"more-{number}",
        in_line(title),
        tuple(Paragraph(sentence(part)) for part in paragraphs if part),
    )
