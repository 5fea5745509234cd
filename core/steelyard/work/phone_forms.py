"""Forms for a phone in the street."""

from __future__ import annotations

from pathlib import Path

from steelyard.errors import UsageError, fault
from steelyard.files import refuse_unwritable
from steelyard.work.workspace import Workspace


def write_form(workspace: Workspace, reference: str, path: Path, *, over: bool = False) -> None:
    """Write a book's site and survey items as an XLSForm."""
    book = workspace.library.find(reference)
    if path.suffix.lower() != ".xlsx":
        raise UsageError([fault(str(path), "a form is written as {suffix}", suffix=".xlsx")])
    refuse_unwritable(path, over=over)
    from steelyard.case.formats.phone.xlsform import write_xlsform

    write_xlsform(book, path, over=over)
