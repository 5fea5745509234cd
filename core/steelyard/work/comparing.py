"""Comparing the assessments of a store, and reporting what was found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, NamedTuple

from steelyard.comparison.attainment import spread_of
from steelyard.comparison.snapshot import TableSource
from steelyard.comparison.table import Table, row_of
from steelyard.errors import UsageError, fault
from steelyard.files import refuse_unwritable, write
from steelyard.ticks import Ticks, silent
from steelyard.work.workspace import Workspace

if TYPE_CHECKING:
    from steelyard.book.model import RuleBook
    from steelyard.comparison.comparison import Comparison
    from steelyard.comparison.options import Options
    from steelyard.judging.assessment import Assessment
    from steelyard.messages import Language
    from steelyard.report.formats.write import Format
    from steelyard.report.page import Page


Form = Literal["text", "json", "xlsx", "html"]
_SUFFIXES: Mapping[str, Form] = MappingProxyType(
    {".txt": "text", ".json": "json", ".xlsx": "xlsx", ".html": "html", ".htm": "html"}
)
_REPORTED = frozenset({".docx", ".pdf"})
MOST: Mapping[str, int] = MappingProxyType({"html": 2_000, "xlsx": 20_000, "docx": 200, "pdf": 200})
"""How many units a report of each format lists at most."""


class Assessed(TableSource):
    """Assessments at hand as a source, which has their books and cases too."""

    def __init__(self, assessments: Iterable[Assessment]) -> None:
        """Take the assessments, in the order in which they were made."""
        held = list(assessments)
        self._assessments = {one.id: one for one in held}
        self._by_digest = {one.book.digest: one.book for one in held}
        spreads = {digest: spread_of(book) for digest, book in self._by_digest.items()}
        super().__init__(Table.of(row_of(one.to_json()) for one in held), spreads)

    def book(self, digest: str) -> RuleBook | None:
        """Return a book that an assessment was made by."""
        return self._by_digest.get(digest)

    def assessment(self, assessment: str) -> Assessment | None:
        """Return an assessment by its id."""
        return self._assessments.get(assessment)


class Replayed(NamedTuple):
    """A kept comparison made again: whether it is still the same, its id, and how it was printed
    the last time.
    """

    found: Comparison
    same: bool
    id: str
    printed: str


def compare_saved(
    workspace: Workspace, options: Options, *, printed: str | None = None, ticks: Ticks = silent
) -> Comparison:
    """Compare the assessments of the workspace's store, and keep the comparison there with how it
    is `printed`, unless that is None.
    """
    from steelyard.comparison import saved
    from steelyard.store.store import Store

    with Store.open(workspace.db, create=False) as store:
        if printed is not None:
            # Before the work, which may be long.
            store.refuse_unwritable()
        found = saved.compare_saved(
            store,
            options,
            measures=workspace.plugins.measures,
            judges=workspace.plugins.judge,
            forms=workspace.forms,
            ticks=ticks,
        )
        if printed is not None:
            saved.save(store, found, printed)
    return found


def compare_runs(
    workspace: Workspace, folders: Sequence[Path], options: Options, ticks: Ticks = silent
) -> Comparison:
    """Compare the units of some runs of bulk, each in its folder; nothing of it is kept.

    Units that were not weighed are told of as a notice.
    """
    from steelyard.comparison.comparison import compare
    from steelyard.comparison.weighed import Weighed

    plugins = workspace.plugins
    with TemporaryDirectory(prefix="steelyard-") as spill:
        source = Weighed(folders, Path(spill), measures=plugins.measures, forms=workspace.forms)
    found = compare(source, options, judges=plugins.judge, ticks=ticks)
    message = "units not weighed, and so not compared: {count} (see rejected.parquet)"
    told = [
        fault(str(folder), message, count=count)
        for folder, count in source.rejected.items()
        if count
    ]
    if told:
        workspace.warn(told)
    return found


def replay(workspace: Workspace, reference: str, *, ticks: Ticks = silent) -> Replayed:
    """Make a kept comparison again; raises StoreError where that cannot be."""
    from steelyard.comparison import saved
    from steelyard.store.store import Store

    with Store.open(workspace.db, create=False) as store:
        found, made = saved.replay(
            store,
            reference,
            measures=workspace.plugins.measures,
            judges=workspace.plugins.judge,
            forms=workspace.forms,
            ticks=ticks,
        )
    return Replayed(found, saved.same(found, made), made.id, made.printed)


def form_of(asked: Form | None, output: str | None, otherwise: Form = "text") -> Form:
    """Return how a comparison is written: as asked, else by the file's suffix, where it is printed
    otherwise.

    Raises UsageError where the suffix is that of another format, or of none and none is asked for.
    """
    suffix = Path(output).suffix.lower() if output else ""
    if suffix in _REPORTED:
        said = "a comparison is written in this format by `steelyard report --compare -o {file}`"
        raise UsageError([fault(str(output), said, file=output)])
    implied = _SUFFIXES.get(suffix)
    if asked is not None and implied not in (None, asked):
        raise UsageError([fault(str(output), "is no name for the format `{format}`", format=asked)])
    if output and str(output) != "-" and asked is None and implied is None:
        said = "a comparison is written as one of {suffixes}, or as `--format` says"
        raise UsageError([fault(output, said, suffixes=tuple(_SUFFIXES)[:4])])
    return asked or implied or otherwise


def check_target(form: Form, output: str | None, *, over: bool) -> None:
    """Refuse before the work what could not be written after it."""
    if form == "xlsx" or form == "html":
        from steelyard.report.formats.write import require

        if not output:
            raise UsageError([fault("--format", "`{form}` needs -o FILE", form=form)])
        require(form)
    if output:
        refuse_unwritable(Path(output), over=over)


def page_of(found: Comparison, form: Format, language: Language) -> Page:
    """Return the report of a comparison, with as many units as the format bears."""
    from steelyard.report.comparison.report import comparison_page

    return comparison_page(found, language, MOST[form])


def write_comparison(
    found: Comparison, form: Format, path: Path, language: Language, *, over: bool
) -> None:
    """Write the report of a comparison."""
    from steelyard.report.formats.write import made

    write(path, made(page_of(found, form, language), form), over=over)
