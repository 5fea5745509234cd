"""Writing reports of assessments and comparisons, and the letter that they are set into."""

from __future__ import annotations

import datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from steelyard.errors import UsageError, fault, nearest
from steelyard.files import refuse_unwritable, write
from steelyard.ticks import Ticks, silent
from steelyard.work.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from steelyard.comparison.comparison import Comparison
    from steelyard.comparison.options import Options
    from steelyard.judging.assessment import Assessment
    from steelyard.messages import Language
    from steelyard.report.formats.write import Format
    from steelyard.report.page import Page

_LONGEST = 60
_SHORT = 8


class Dated(NamedTuple):
    """How reports are dated: on the day of what they tell, never later than `today`; or on a day
    that was asked for.
    """

    today: datetime.date
    asked: datetime.date | None = None

    def of(self, day: datetime.date) -> datetime.date:
        """Return the date of a report that tells of a day; raises UsageError where the day asked
        for is still to come.
        """
        if self.asked is not None and self.asked > self.today:
            said = "{day} is still to come, and no report is dated in the future"
            raise UsageError([fault("--date", said, day=self.asked.isoformat())])
        return self.asked or min(day, self.today)


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


def unit_page(
    workspace: Workspace,
    word: str,
    language: Language,
    dated: Dated,
    *,
    named: bool,
    worth: bool = False,
) -> Page:
    """Return the report of the assessment that a word means, with the names of persons if asked,
    and with what each change alone is `worth`.
    """
    from steelyard.work.naming import assessment_at

    assessment = assessment_at(workspace, word)
    names = _names(workspace, word, assessment) if named else {}
    return _page_of(workspace, assessment, language, dated, names, worth=worth)


def _page_of(
    workspace: Workspace,
    assessment: Assessment,
    language: Language,
    dated: Dated,
    names: Mapping[str, str],
    *,
    worth: bool = False,
) -> Page:
    from steelyard.report.unit.report import unit_page as page_of
    from steelyard.work.planning import worths_of

    sections = workspace.plugins.report_sections(assessment, language)
    day = dated.of(assessment.case.as_of)
    found = worths_of(workspace, assessment) if worth else None
    return page_of(assessment, language, names, sections, day=day, worth=found)


def comparison_page(
    workspace: Workspace, compared: str | Options, form: Format, language: Language, dated: Dated
) -> Page:
    """Return the report of a saved comparison made again, by its id, or of a fresh one."""
    from steelyard.work.comparing import compare_saved, page_of

    if isinstance(compared, str):
        found = _made_again(workspace, compared)
    else:
        found = compare_saved(workspace, compared)
    page = page_of(found, form, language)
    return page._replace(day=dated.of(page.day))


def _made_again(workspace: Workspace, reference: str) -> Comparison:
    """Return a saved comparison made again; a notice tells where that gives another result."""
    from steelyard.work.comparing import replay

    again = replay(workspace, reference)
    if not again.same:
        said = "worked out again, it gives another result than the one saved"
        workspace.warn([fault(f"--compare: {reference}", said)])
    return again.found


def page_in(
    workspace: Workspace, word: str, reference: str, language: Language, dated: Dated
) -> Page:
    """Return the page of one unit in a saved comparison; the word is its id, or that of its
    assessment or the beginning of it.

    Raises UsageError where the comparison has no such unit, or several.
    """
    found = _made_again(workspace, reference)
    return _page_at(workspace, found, _row_of(found, word), language, dated)


def _row_of(found: Comparison, word: str) -> int:
    heads = found.now.table.heads
    units = [row for row, unit in enumerate(heads.unit) if unit == word]
    rows = units or [
        row for row, name in enumerate(heads.assessment) if word and name.startswith(word)
    ]
    if not rows:
        near = nearest(word, heads.unit)
        said = "comparison `{id}` has no unit or assessment `{name}`"
        raise UsageError([fault("--in", said, near, id=found.id, name=word)])
    if len(rows) > 1:
        said = "`{name}` means several assessments: {ids}"
        ids = ", ".join(f"{heads.assessment[row]} ({heads.book[row]})" for row in rows)
        raise UsageError([fault("--in", said, name=word, ids=ids)])
    return rows[0]


def _page_at(
    workspace: Workspace, found: Comparison, row: int, language: Language, dated: Dated
) -> Page:
    from steelyard.comparison.change import change_between
    from steelyard.report.comparison.unit import unit_in_comparison
    from steelyard.store.store import Store
    from steelyard.work.naming import judged_again

    heads, changes, change = found.now.table.heads, found.changes, None
    with Store.open(workspace.db, create=False) as store:
        now = judged_again(workspace, store, store.get(heads.assessment[row]))
        places = [] if changes is None else changes.now.tolist()
        if changes is not None and row in places:
            old = changes.earlier.table.heads.assessment[int(changes.before[places.index(row)])]
            then = judged_again(workspace, store, store.get(old))
            change = change_between(then, now, workspace.plugins.judge)
    day = dated.of(now.case.as_of)
    return unit_in_comparison(found, row, language, day, now, change)


def write_all(
    workspace: Workspace,
    folder: Path,
    language: Language,
    dated: Dated,
    *,
    form: Format = "html",
    compared: str = "",
    wanted: Mapping[str, Any] = MappingProxyType({}),
    issuer: str = "",
    ticks: Ticks = silent,
) -> int:
    """Write the report of every unit into a new folder, whole or not at all, and return how many.

    Reported are the newest assessments of the store, those `wanted` (as `newest` takes it), or with
    `compared` the pages of all units of a saved comparison.
    """
    from steelyard.files import new_folder
    from steelyard.report.formats.write import made, require
    from steelyard.report.page import in_line

    require(form)
    count = 0
    with new_folder(folder) as place:
        pages = (
            _pages_in(workspace, compared, language, dated)
            if compared
            else _pages_of(workspace, language, dated, wanted)
        )
        for all_of_them, page in pages:
            if issuer.strip():
                page = page._replace(head=in_line(issuer))  # noqa: PLW2901
            name = _file_name(page)
            (place / f"{name}.{form}").write_bytes(made(page, form))
            count += 1
            ticks("reporting", count, all_of_them)
    return count


def _pages_of(
    workspace: Workspace, language: Language, dated: Dated, wanted: Mapping[str, Any]
) -> Iterator[tuple[int, Page]]:
    from steelyard.store.store import Store
    from steelyard.work.naming import judged_again
    from steelyard.work.newest import newest

    with Store.open(workspace.db, create=False) as store:
        numbers = newest(store, **wanted)
        if not numbers:
            raise UsageError([fault(workspace.db, "no assessment is saved here that fits")])
        for number in numbers:
            assessment = judged_again(workspace, store, store.at(number)[1])
            yield len(numbers), _page_of(workspace, assessment, language, dated, {})


def _pages_in(
    workspace: Workspace, reference: str, language: Language, dated: Dated
) -> Iterator[tuple[int, Page]]:
    found = _made_again(workspace, reference)
    for row in range(len(found.now.table)):
        yield len(found.now.table), _page_at(workspace, found, row, language, dated)


def _file_name(page: Page) -> str:
    """Return a name for the file of a unit's page: its id, as far as any file system can bear it,
    and the beginning of the assessment's.
    """
    unit = page.words["unit_id"][:_LONGEST]
    safe = "".join(sign if sign.isalnum() or sign in "._-" else "_" for sign in unit)
    return f"{safe.lstrip('.')}-{page.words['assessment'][:_SHORT]}"


def _names(workspace: Workspace, word: str, assessment: Assessment) -> Mapping[str, str]:
    """Return the names of the persons of a case: its file holds them, the store keeps them
    apart.
    """
    from steelyard.store.store import Store

    if Path(word).is_file():
        return assessment.case.names
    with Store.open(workspace.db, create=False) as store:
        return store.names(assessment.case.digest)
