"""The verbs of the public interface: what a notebook does in a line each."""

from __future__ import annotations

import io
import json
import os
import warnings
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from steelyard.errors import CaseError, UsageError, fault, nearest
from steelyard.messages import reader_language
from steelyard.ticks import Ticks, silent
from steelyard.work.workspace import Workspace

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from steelyard.book.model import RuleBook
    from steelyard.bulk.assessing import Ran
    from steelyard.case.model import Case
    from steelyard.comparison.comparison import Comparison
    from steelyard.comparison.options import Options
    from steelyard.comparison.snapshot import Source
    from steelyard.comparison.table import Table
    from steelyard.errors import Fault
    from steelyard.judging.assessment import Assessment
    from steelyard.judging.findings import Judges
    from steelyard.messages import Language
    from steelyard.store.store import SaveResult, Store

_HEARD = ("STEELYARD_PLUGINS", "STEELYARD_BLOCK", "STEELYARD_BOOKS")


def load_book(reference: str | Path, *, folders: Iterable[str | Path] = ()) -> RuleBook:
    """Return the rule book that a reference means: `id`, `id@version`, or a file.

    Books are those of the installed plugins, of STEELYARD_BOOKS, and in `folders`. Raises BookError
    with every fault of the book.
    """
    from steelyard.work.naming import book_at

    return book_at(_workspace(tuple(str(one) for one in folders)), str(reference))


def read_case(
    source: str | Path | Mapping[str, Any],
    book: RuleBook | None = None,
    *,
    parts: Iterable[Assessment] = (),
) -> Case:
    """Return the case in a file (xlsx, csv, yaml, json), or the one that a mapping says in the same
    words.

    It is read against `book`, else against the book that it names, which a mapping may then leave
    out. A unit that is rolled up from others is read with the assessments of its `parts`. Raises
    CaseError with every fault of the case.
    """
    from steelyard.case.formats.files import cases_in, read_json
    from steelyard.case.reading.read import book_of, parse_case
    from steelyard.work.evidence import told_of_pictures
    from steelyard.work.part_lookup import Parts

    workspace = _workspace()

    def find(reference: str, place: str) -> RuleBook:
        if book is not None and reference.partition("@")[0] == book.id:
            return book
        return workspace.book_for_case(reference, place)

    with Parts("", _Given(parts)) as found:
        found.expect(())
        if not isinstance(source, Mapping):
            cases = cases_in(Path(source), find, found)
            if len(cases) != 1:
                raise CaseError(
                    [fault(str(source), "holds {count} cases, and one is wanted", count=len(cases))]
                )
            return told_of_pictures(cases[0])
        said = dict(source) if book is None else {"book": book.key, **source}
        # The mapping goes the way of a file, so that it means the same: numbers as they are typed.
        document = read_json(json.dumps(said, ensure_ascii=False, default=str), "case")
        used = find(*book_of(document, "case"))
        return parse_case(document, used, "case", found, typed=True)


def judge(book: RuleBook, case: Case, judges: Judges | None = None) -> Assessment:
    """Weigh a case by a book; rules of the form `judged` are left to `judges`, else to the plugins.

    The same book and case give the same assessment, byte for byte.
    """
    from steelyard.judging.assessment import weigh

    return weigh(book, case, _workspace().plugins.judge if judges is None else judges)


def explain(assessment: Assessment, rule: str = "", language: Language | None = None) -> str:
    """Return why a rule came out as it did; without one, the whole assessment as a text: score,
    grade, what cost points, what follows, and what is still to be shown.

    Words are those of the reader's locale, unless a `language` is named. Raises UsageError for a
    rule that the book does not have.
    """
    spoken = language or reader_language()
    if rule:
        for one in assessment.findings:
            if one.rule == rule and one.because is not None:
                return one.because.of(spoken)
        known = assessment.book.rules
        raise UsageError(
            [fault(assessment.book.key, "unknown rule `{name}`", nearest(rule, known), name=rule)]
        )
    from steelyard.report.formats.terminal import Terminal
    from steelyard.report.unit.report import unit_page

    held = io.StringIO()
    Terminal(spoken, file=held).page(unit_page(assessment, spoken, terse=True))
    return held.getvalue()


def compare(
    source: Iterable[Assessment] | Table | Source | Store,
    options: Options | None = None,
    *,
    ticks: Ticks = silent,
) -> Comparison:
    """Compare assessments, those of a store, or a table of one's own.

    The same source and options give the same comparison, bit by bit. `ticks` hears how far long
    work is. Raises UsageError for what is not there to be compared.
    """
    from steelyard.comparison.comparison import compare as over
    from steelyard.comparison.options import Options as Chosen
    from steelyard.comparison.saved import Saved
    from steelyard.comparison.table import Table as Columns
    from steelyard.store.store import Store as File
    from steelyard.work.comparing import Assessed

    workspace = _workspace()
    plugins = workspace.plugins
    chosen = options or Chosen()
    if isinstance(source, File):
        source = Saved(
            source,
            chosen,
            measures=plugins.measures,
            judges=plugins.judge,
            forms=workspace.forms,
        )
    elif isinstance(source, Iterable) and not isinstance(source, Columns):
        source = Assessed(source)
    return over(source, chosen, judges=plugins.judge, ticks=ticks)


def weigh_tables(
    book: RuleBook,
    output: str | Path,
    *,
    facts: str | Path | DataFrame = "",
    registers: Mapping[str, str | Path | DataFrame] | None = None,
    parties: str | Path | DataFrame = "",
    waivers: str | Path | DataFrame = "",
    registers_known: str | Path | DataFrame = "",
    cases: str | Path | DataFrame = "",
    known: Sequence[str] = (),
    period: str = "",
    findings: bool = False,
    consequences: bool = False,
    session: SparkSession | None = None,
    ticks: Ticks = silent,
) -> Ran:
    """Weigh the units of whole tables by a book, and write what comes of it into a new folder.

    Tables are files by their paths, as `steelyard bulk` takes them. With a `session` of Spark the
    work is done there, and tables may be DataFrames too; without one DuckDB does it here. Returns
    how many units there were, how many were weighed, and how many rows were rejected. Raises
    UsageError where the tables or the folder will not do.
    """
    from steelyard.bulk.assessing import Wanted
    from steelyard.bulk.intake.given import Named
    from steelyard.work.in_bulk import HandedOver, weigh_by

    given = HandedOver(session)
    named = Named(
        facts=given.path("facts", facts),
        registers=tuple(
            (name, given.register(name, one)) for name, one in (registers or {}).items()
        ),
        parties=given.path("parties", parties),
        waivers=given.path("waivers", waivers),
        registers_known=given.path("registers_known", registers_known),
        cases=given.path("cases", cases),
        known=tuple(known),
        period=period,
    )
    wanted = Wanted(findings, consequences)
    return weigh_by(given.engine, book, named, wanted, Path(output), ticks=ticks)


def save(store: Store, assessments: Iterable[Assessment]) -> SaveResult:
    """Save assessments in a store with all that they rest on; what is there already is left as it
    is.
    """
    from steelyard.store.rows import entry_of
    from steelyard.work.weighing import surveys_of

    plugins = _workspace().plugins
    versions = plugins.versions()
    return store.save(
        entry_of(one, versions)._replace(sampled=surveys_of(one, plugins.judge))
        for one in assessments
    )


class _Given:
    """Assessments of parts that are at hand."""

    def __init__(self, assessments: Iterable[Assessment]) -> None:
        self._documents = [one.to_json() for one in assessments]
        self.count = len(self._documents)

    def document(self, place: int) -> dict[str, Any]:
        return self._documents[place]


class _Notebook(Workspace):
    """A workspace whose notices are Python's warnings."""

    def warn(self, faults: Iterable[Fault]) -> None:
        for one in faults:
            warnings.warn(one.text(), stacklevel=2)


def _workspace(folders: tuple[str, ...] = ()) -> Workspace:
    """Return plugins and books; they are found again where the environment says others."""
    return _found(folders, tuple(os.environ.get(one, "") for one in _HEARD))


@cache
def _found(folders: tuple[str, ...], _heard: tuple[str, ...]) -> Workspace:
    return _Notebook(folders=folders)
