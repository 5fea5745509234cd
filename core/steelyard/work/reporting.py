"""Writing reports of assessments and comparisons, and the letter that they are set into."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from steelyard.errors import UsageError, fault
from steelyard.files import refuse_unwritable, write
from steelyard.work.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from steelyard.comparison.options import Options
    from steelyard.judging.assessment import Assessment
    from steelyard.messages import Language
    from steelyard.report.formats.write import Format
    from steelyard.report.page import Page


def write_report(
    path: Path,
    page: Callable[[Format], Page],
    *,
    form: Format | None = None,
    template: Path | None = None,
    issuer: str = "",
    over: bool = False,
    named: bool = False,
) -> None:
    """Write a report in the format asked for, else its file's; `page` makes it once it is sure that
    it can be written. One with persons `named` is for its owner alone.
    """
    from steelyard.report.formats.write import format_of, made, require

    kind = format_of(path, form)
    if template is not None and kind != "docx":
        raise UsageError(
            [fault("--template", "is for the format `docx`, not `{format}`", format=kind)]
        )
    refuse_unwritable(path, over=over)
    require(kind)
    found = page(kind)
    if issuer.strip():
        from steelyard.report.page import in_line

        found = found._replace(head=in_line(issuer))
    write(path, made(found, kind, template), over=over, private=named)


def write_letter(path: Path, *, over: bool = False) -> None:
    """Write the letter that reports are set into, to be changed."""
    from steelyard.report.formats.letter import letter
    from steelyard.report.formats.write import require

    if path.suffix.lower() != ".docx":
        raise UsageError([fault(str(path), "a template is a Word document: name it .docx")])
    refuse_unwritable(path, over=over)
    require("docx")
    write(path, letter(), over=over)


def unit_page(workspace: Workspace, word: str, language: Language, *, named: bool) -> Page:
    """Return the report of the assessment that a word means, with the names of persons if asked."""
    from steelyard.report.unit.report import unit_page as page_of
    from steelyard.work.naming import assessment_at

    assessment = assessment_at(workspace, word)
    names = _names(workspace, word, assessment) if named else {}
    sections = workspace.plugins.report_sections(assessment, language)
    return page_of(assessment, language, names, sections)


def comparison_page(
    workspace: Workspace, compared: str | Options, form: Format, language: Language
) -> Page:
    """Return the report of a saved comparison made again, by its id, or of a fresh one."""
    from steelyard.work.comparing import compare_saved, page_of, replay

    if isinstance(compared, str):
        again = replay(workspace, compared)
        if not again.same:
            workspace.warn(
                [
                    fault(
                        f"--compare: {compared}",
                        "worked out again, it gives another result than the one saved",
                    )
                ]
            )
        return page_of(again.found, form, language)
    return page_of(compare_saved(workspace, compared), form, language)


def _names(workspace: Workspace, word: str, assessment: Assessment) -> Mapping[str, str]:
    """Return the names of the persons of a case: its file holds them, the store keeps them
    apart.
    """
    from steelyard.store.store import Store

    if Path(word).is_file():
        return assessment.case.names
    with Store.open(workspace.db, create=False) as store:
        return store.names(assessment.case.digest)
