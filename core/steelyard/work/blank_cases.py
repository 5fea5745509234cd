"""Cases to fill in, empty or filled with what another file says."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from steelyard.errors import UsageError, fault
from steelyard.files import refuse_unwritable
from steelyard.work.workspace import Workspace

if TYPE_CHECKING:
    from steelyard.book.model import RuleBook
    from steelyard.case.formats.round_trip import Carried


def write_blank(
    workspace: Workspace,
    book: str,
    path: Path,
    *,
    source: str | None = None,
    wide: bool = False,
    over: bool = False,
) -> None:
    """Write a case for a book to fill in; what is not carried over from `source` is unknown until
    it is filled in. A `wide` one has a row for each unit.
    """
    found = workspace.library.find(book)
    wanted = (".xlsx", ".csv") if wide else (".xlsx", ".yaml", ".yml")
    suffix = path.suffix.lower()
    if suffix not in wanted:
        raise UsageError(
            [
                fault(
                    str(path),
                    "the template is written as one of {suffixes}",
                    suffixes=tuple(wanted[:2]),
                )
            ]
        )
    refuse_unwritable(path, over=over)
    cases = carried_cases(workspace, found, source) if source is not None else []
    if wide:
        from steelyard.case.formats.wide import write_wide

        write_wide(found, path, cases, over=over)
        return
    from steelyard.case.formats.round_trip import only

    case = only(cases, str(source)) if source is not None else None
    if suffix == ".xlsx":
        from steelyard.case.formats.workbook import write_workbook

        titles = {clause.id: clause.title for clause in workspace.library.clauses(book).values()}
        write_workbook(found, path, titles, case, over=over)
    else:
        from steelyard.case.formats.template import write_yaml

        write_yaml(found, path, case, over=over)


def carried_cases(workspace: Workspace, book: RuleBook, source: str) -> list[Carried]:
    """Return the cases of a file; a notice names those for another version of the book."""
    from steelyard.case.formats.folders import files_in
    from steelyard.case.formats.round_trip import carried

    chosen = files_in([source])
    workspace.warn(chosen.passed)
    cases = [one for path in chosen.files for one in carried(path, book, workspace.book_for_case)]
    workspace.warn(
        fault(
            source,
            "is for version {other} of {book}, and is carried into version {version}: "
            "look it through",
            other=one.other,
            book=book.id,
            version=book.version,
        )
        for one in cases
        if one.other
    )
    return cases
