"""The report of one unit: its parts in the order in which a reader asks for them."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from steelyard.messages import Language
from steelyard.report.page import Page, Paragraph, Part, clean, in_line, number_in, sentence
from steelyard.report.phrases import interval
from steelyard.report.unit.attainment import attainment
from steelyard.report.unit.consequences import consequences
from steelyard.report.unit.costs import costs
from steelyard.report.unit.files import has_files, shown_files
from steelyard.report.unit.findings import findings
from steelyard.report.unit.foremost import glance, grade_text, summed_up
from steelyard.report.unit.ledger_and_method import ledger, method
from steelyard.report.unit.missing import missing
from steelyard.report.unit.notes import notes
from steelyard.report.unit.parts import rolled
from steelyard.report.unit.reader import Reader
from steelyard.report.unit.worths import worths

if TYPE_CHECKING:
    from steelyard.judging.assessment import Assessment
    from steelyard.plan.what_if import Worth

_TOLD = (glance, consequences, costs, attainment, missing)
_BEHIND = (findings, ledger, method)
_TERSE = (glance, costs, rolled, consequences, missing)
Section = tuple[str, str]
"""A further section as a plugin gives it: title and text."""


def unit_page(
    assessment: Assessment,
    language: Language,
    names: Mapping[str, str] | None = None,
    sections: Iterable[Section] = (),
    *,
    day: datetime.date | None = None,
    terse: bool = False,
    worth: Sequence[Worth] | None = None,
) -> Page:
    """Return the report of an assessment; persons appear by id but for those whose `names` are
    given, and what each change alone is worth where `worth` says it.

    It is dated `day`, else the day of the assessment. A `terse` one, for a terminal, leaves out
    what nobody reads there: how each rule stands, the ledger, the method.
    """
    reader = Reader(assessment, language, names or {}, day=day, terse=terse)
    book, case = assessment.book, assessment.case
    say = reader.say
    # The tables of a terse report stand under their own titles.
    parts = [
        *(
            [part(reader)._replace(title="") for part in _TERSE]
            if terse
            else [
                *(part(reader) for part in _TOLD),
                *([] if worth is None else [worths(reader, worth)]),
                *(part(reader) for part in _BEHIND),
            ]
        ),
        *([notes(reader)._replace(title="") if terse else notes(reader)] if case.remarks else []),
        *([shown_files(reader)] if not terse and has_files(reader) else []),
        *(_further(number, *section) for number, section in enumerate(sections, 1)),
        *([summed_up(reader)] if terse else []),
    ]
    unit = in_line(case.subject_name or case.subject_id)
    title = in_line(reader.of(book.title))
    if terse:
        subtitle = f"{clean(str(case.unit))} · {title} {book.version} · {case.period}"
        if case.as_of < case.last:
            subtitle += " · " + say("as of {day}").format(day=case.as_of.isoformat())
    else:
        subtitle = say("{book} · {period} · as of {day}").format(
            book=title, period=case.period, day=case.as_of.isoformat()
        )
    score = interval(reader.text(assessment.scored.low), reader.text(assessment.scored.high))
    return Page(
        language=language,
        head=say("Assessment report"),
        title=unit,
        subtitle=subtitle,
        day=reader.day,
        key=assessment.id,
        parts=tuple(parts),
        words={
            "unit": unit,
            "unit_id": clean(str(case.unit)),
            "book": title,
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
