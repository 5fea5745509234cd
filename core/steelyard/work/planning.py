"""Planning: the way to a grade, and what other values would make of a case."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from steelyard.book.named import named, titled
from steelyard.errors import Fault, UsageError, fault
from steelyard.work.workspace import Workspace

if TYPE_CHECKING:
    from steelyard.judging.assessment import Assessment
    from steelyard.messages import Language
    from steelyard.plan.efforts import Efforts
    from steelyard.plan.planning import Plan
    from steelyard.plan.what_if import Worth


def efforts_in(file: str, assessment: Assessment) -> Efforts:
    """Return what a file says of efforts; what the book says where none is named."""
    from steelyard.case.formats.files import text_in
    from steelyard.plan.efforts import Efforts, read_efforts

    if not file:
        return Efforts()
    return read_efforts(text_in(Path(file)), file, assessment.book)


def budget_of(word: str) -> Fraction | None:
    """Return the budget that a word means; None for none; raises UsageError."""
    from steelyard.plan.efforts import number_of

    if not word:
        return None
    found = number_of(word)
    if found is None:
        message = "`{text}` is not a number from 0 to {most}"
        raise UsageError([fault("--budget", message, text=word, most=10**6)])
    return found


def grade_at(assessment: Assessment, word: str) -> int:
    """Return the place from the lowest of the grade that a word means, its id or its title; raises
    UsageError.
    """
    titles = {one.id: one.title for one in assessment.book.grades}
    message = "the book has no grade `{name}`; its grades are {known}"
    found = named("--to", word, titles, message, known=titled(titles))
    if isinstance(found, Fault):
        raise UsageError([found])
    return list(reversed(titles)).index(found)


def planned(
    workspace: Workspace, assessment: Assessment, to: str, *, budget: str = "", efforts: str = ""
) -> Plan:
    """Return the cheapest plan by which a case surely gets a grade.

    `budget` is the most that it may take, `efforts` a file of efforts. Raises UsageError.
    """
    target = grade_at(assessment, to)
    most = budget_of(budget)
    said = efforts_in(efforts, assessment)
    _require()
    from steelyard.plan.planning import plan

    return plan(assessment, target, workspace.plugins.judge, said, most)


def _require() -> None:
    if find_spec("highspy") is None:
        message = "a plan needs {modules}, which `pip install '{extra}'` brings"
        words = {"modules": "`highspy`", "extra": "steelyard[plan]"}
        raise UsageError([fault("steelyard plan", message, **words)])


def with_values(workspace: Workspace, assessment: Assessment, said: Sequence[str]) -> Assessment:
    """Return the assessment of a case with other values, written as `fact=value`."""
    from steelyard.plan.what_if import changed

    return changed(assessment, said, workspace.plugins.judge)


def worths_of(workspace: Workspace, assessment: Assessment, efforts: str = "") -> list[Worth]:
    """Return what each thing that may change is worth alone, most first."""
    from steelyard.plan.what_if import worths

    return worths(assessment, workspace.plugins.judge, efforts_in(efforts, assessment))


def write_tornado(
    path: Path,
    assessment: Assessment,
    worths: Sequence[Worth],
    language: Language,
    *,
    over: bool = False,
) -> None:
    """Write the chart of what each change alone is worth as SVG."""
    from steelyard.files import write
    from steelyard.report.charts import svg_file
    from steelyard.report.unit.reader import Reader
    from steelyard.report.unit.worths import tornado

    check_chart(path, over=over)
    write(path, svg_file(tornado(Reader(assessment, language, {}), worths)).encode(), over=over)


def check_chart(path: Path, *, over: bool) -> None:
    """Raise UsageError where no chart could be written, before any work is done for it."""
    from steelyard.files import refuse_unwritable
    from steelyard.report.formats.write import require

    if path.suffix.lower() != ".svg":
        raise UsageError([fault(str(path), "a chart is written as SVG: name it .svg")])
    refuse_unwritable(path, over=over)
    require("html")
