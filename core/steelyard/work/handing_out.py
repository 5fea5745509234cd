"""Workbooks handed out: one for each office or method, or of what is due or matters most."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from steelyard.book.handouts import By, Handout, file_names, handouts
from steelyard.case.formats.grid import marked, table
from steelyard.case.formats.prompts import example_period
from steelyard.case.formats.round_trip import Carried, only
from steelyard.case.reading.parse_values import Wrong, read_date, read_period
from steelyard.case.reading.read import parse_case
from steelyard.errors import CaseError, UsageError, fault
from steelyard.files import new_folder, refuse_taken, refuse_unwritable
from steelyard.located_yaml import Table, Value
from steelyard.work.blank_cases import carried_cases
from steelyard.work.gather.returns import hand
from steelyard.work.workspace import Workspace

if TYPE_CHECKING:
    from steelyard.book.model import RuleBook
    from steelyard.messages import Language


class Written(NamedTuple):
    """A workbook that was written, and what it asks for."""

    path: Path
    handout: Handout


def hand_out(
    workspace: Workspace,
    reference: str,
    path: Path,
    *,
    by: By | None = None,
    due: str = "",
    what_matters: bool = False,
    source: str | None = None,
    over: bool = False,
    language: Language = "en",
) -> list[Written]:
    """Write the workbooks of a book's handouts: into the new folder `path` one for each office or
    method, named in a language, or without `by` the one file `path`.

    Raises UsageError where nothing is to be handed out.
    """
    from steelyard.case.formats.workbook import write_workbook

    book = workspace.library.find(reference)
    if by == "office" and not book.offices:
        raise UsageError([fault("--by office", "{book} names no offices", book=book.key)])
    if by is None and path.suffix.lower() != ".xlsx":
        raise UsageError(
            [fault(str(path), "what is handed out is written as {suffix}", suffix=".xlsx")]
        )
    if by is None:
        refuse_unwritable(path, over=over)
    else:
        refuse_taken(path)
    case = None if source is None else only(carried_cases(workspace, book, source), source)
    until = _day(due) if due else None
    first, last = _period(book, case, until)
    parts = handouts(book, by, first, last, until)
    if not parts:
        raise UsageError(
            [fault("--due", "nothing of {book} is due by {day}", book=book.key, day=due)]
        )
    if what_matters:
        order = _most_valuable(workspace, book, case, f"{first.year}")
        parts = [one._replace(order=order) for one in parts]
    clauses = {clause.id: clause.title for clause in workspace.library.clauses(reference).values()}

    def written(one: Handout, file: Path, *, again: bool) -> None:
        given = _part_of(book, case, one, str(source))
        write_workbook(book, file, clauses, given, one, over=again)

    if by is None:
        written(parts[0], path, again=over)
        return [Written(path, parts[0])]
    names = [f"{name}.xlsx" for name in file_names(parts, by, language)]
    with new_folder(path) as folder:
        for one, name in zip(parts, names, strict=True):
            written(one, folder / name, again=False)
    return [Written(path / name, one) for one, name in zip(parts, names, strict=True)]


def _day(said: str) -> datetime.date:
    """Return the day that `--due` means: a day, or the last of a month, quarter, half or year."""
    period = read_period(said)
    if not isinstance(period, Wrong):
        return period[2]
    day = read_date(said)
    if isinstance(day, Wrong):
        raise UsageError(
            [fault("--due", "`{text}` is neither a day nor a period such as 2026-03", text=said)]
        )
    return datetime.date.fromordinal(day)


def _period(
    book: RuleBook, case: Carried | None, until: datetime.date | None
) -> tuple[datetime.date, datetime.date]:
    """Return the first and the last day of the period: that of the case, else the year of the day
    that is meant, or the one that a fresh template names.
    """
    if case is not None:
        return case.case.first, case.case.last
    year = until.year if until is not None else int(example_period(book.effective))
    return datetime.date(year, 1, 1), datetime.date(year, 12, 31)


def _blank(book: RuleBook, period: str) -> Carried:
    place = f"template of {book.key}"
    entries: dict[str, Value] = {
        "book": marked(book.key, place),
        "subject": table(place, {"id": marked("unit-1", place)}),
        "period": marked(period, place),
    }
    document = table(place, entries)
    return Carried(parse_case(document, book, place), document)


def _most_valuable(
    workspace: Workspace, book: RuleBook, case: Carried | None, period: str
) -> tuple[str, ...]:
    """Return the facts that are still to be shown, by the points that hang on them, most first."""
    from steelyard.judging.assessment import weigh
    from steelyard.judging.missing import still_to_show

    assessment = weigh(book, (case or _blank(book, period)).case, workspace.plugins.judge)
    return tuple(one.id for one in still_to_show(assessment) if one.kind == "fact")


def _part_of(book: RuleBook, case: Carried | None, one: Handout, source: str) -> Carried | None:
    """Return what a case says of a handout's facts and registers, and of all parties; what it does
    not say who has shown was shown by the case.
    """
    if case is None:
        return None
    document = Table(case.document)
    document.place, document.keys_at = case.document.place, case.document.keys_at
    document.size = case.document.size
    for part, kept in (("facts", one.facts), ("records", one.registers)):
        said = document.get(part)
        if isinstance(said, Table):
            held = {key: value for key, value in said.items() if key in kept}
            document[part] = table(said.place, held, said.keys_at)
    document.pop("waivers", None)
    document.pop("files", None)
    if document.get("by") is None:
        document["by"] = marked(hand(Path(source)), document.place)
    try:
        return Carried(parse_case(document, book, source), document)
    except CaseError as error:
        raise UsageError(error.faults) from None
