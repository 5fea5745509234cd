"""`steelyard report`: what an assessment says, on pages to hand out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from steelyard.cli.settings import Settings, settings_options
from steelyard.errors import UsageError, fault

if TYPE_CHECKING:
    from collections.abc import Mapping

    from steelyard.judging.assessment import Assessment
    from steelyard.report.formats.write import Format
    from steelyard.report.page import Page


_COMPARING = {
    "--period": "period",
    "--against": "against",
    "--sector": "sectors",
    "--book": "only_books",
}


@click.command("report")
@click.argument("assessment", required=False, metavar="[ID]")
@click.option(
    "--format",
    "form",
    type=click.Choice(["html", "docx", "xlsx", "pdf"]),
    help="How to write it (default: by FILE's suffix).",
)
@click.option("-o", "output", metavar="FILE", help="Where to write: .html, .docx, .xlsx or .pdf.")
@click.option(
    "--compare",
    "compared",
    is_flag=True,
    help="Report a comparison: the saved one of that ID, or a fresh one of all units.",
)
@click.option(
    "--period",
    default="",
    metavar="PERIOD",
    help="With --compare: the period (default: the latest one).",
)
@click.option(
    "--against",
    default="",
    metavar="PERIOD",
    help="With --compare: an earlier period, to say what changed since.",
)
@click.option(
    "--sector",
    "sectors",
    multiple=True,
    metavar="SECTOR",
    help="With --compare: only this sector; may be given again.",
)
@click.option(
    "--book",
    "only_books",
    multiple=True,
    metavar="BOOK",
    help="With --compare: only this book; may be given again.",
)
@click.option("--names", is_flag=True, help="Show persons by their names too, not by id alone.")
@click.option(
    "--template", "template", metavar="FILE.docx", help="A Word document to set the report into."
)
@click.option(
    "--issuer", default="", metavar="NAME", help="Who issues the report, for its red head."
)
@click.option(
    "--write-template",
    "starter",
    metavar="FILE.docx",
    help="Write the letter that reports are set into, to change it.",
)
@click.option("--force", is_flag=True, help="Write over FILE if it is there already.")
@settings_options
@click.pass_obj
def command(
    settings: Settings,
    /,
    assessment: str | None,
    form: Format | None,
    output: str | None,
    template: str | None,
    issuer: str,
    starter: str | None,
    *,
    compared: bool,
    names: bool,
    force: bool,
    **asked: Any,
) -> None:
    """Write the report of a saved assessment, by its ID or its beginning, or of the case in a file,
    without saving it.

    With --compare, write that of a comparison of many units.
    """
    from steelyard.case.formats.output import refuse_taken
    from steelyard.report.formats.write import format_of, made, require, write

    if starter is not None:
        _write_template(settings, starter, force=force)
        if assessment is None and not compared:
            return
    if assessment is None and not compared:
        raise UsageError([fault("steelyard report", "`{name}` is missing", name="ID")])
    _check(asked, compared=compared, saved=assessment is not None, names=names)
    if output is None:
        raise UsageError([fault("steelyard report", "`{name}` is missing", name="-o FILE")])
    path = Path(output)
    kind = format_of(path, form)
    if template is not None and kind != "docx":
        raise UsageError(
            [fault("--template", "is for the format `docx`, not `{format}`", format=kind)]
        )
    if not force:
        refuse_taken(path)
    require(kind)
    page = (
        _compared(settings, assessment, asked, kind)
        if compared
        else _page(settings, str(assessment), named=names)
    )
    if issuer.strip():
        from steelyard.report.page import in_line

        page = page._replace(head=in_line(issuer))
    write(path, made(page, kind, Path(template) if template is not None else None), over=force)
    click.echo(settings.say("wrote {file}").format(file=output), err=True)


def _check(asked: dict[str, Any], *, compared: bool, saved: bool, names: bool) -> None:
    """Refuse options that would be passed over."""
    given = [option for option, key in _COMPARING.items() if asked[key]]
    if not compared and given:
        raise UsageError([fault(option, "goes with `--compare`") for option in given])
    if compared and saved and given:
        raise UsageError([fault(option, "a saved comparison has its own") for option in given])
    if compared and names:
        raise UsageError([fault("--names", "a comparison names no persons")])


def _compared(settings: Settings, word: str | None, asked: dict[str, Any], form: Format) -> Page:
    """Return the page of a saved comparison made again, or of a fresh one."""
    from steelyard.comparison.options import Options
    from steelyard.comparison.saved import compare_saved, replay, same
    from steelyard.report.comparison.report import MOST, comparison_page
    from steelyard.store.store import Store

    with Store.open(settings.db, create=False) as store:
        told: dict[str, Any] = {
            "measures": settings.plugins.measures,
            "judges": settings.plugins.judge,
        }
        if word is not None:
            found, kept = replay(store, word, **told)
            if not same(found, kept):
                settings.warn(
                    [
                        fault(
                            f"--compare: {word}",
                            "worked out again, it gives another result than the one saved",
                        )
                    ]
                )
        else:
            options = Options(
                period=asked["period"],
                against=asked["against"],
                sectors=asked["sectors"],
                books=asked["only_books"],
            )
            found = compare_saved(store, options, **told)
    return comparison_page(found, settings.language, MOST[form])


def _page(settings: Settings, word: str, *, named: bool) -> Page:
    """Return the page of one assessment."""
    from steelyard.cli.naming import assessment_at
    from steelyard.report.unit.report import unit_page

    assessment = assessment_at(settings, word)
    names = _names(settings, word, assessment) if named else {}
    before = len(settings.plugins.faults)
    sections = settings.plugins.report_sections(assessment, settings.language)
    settings.warn(settings.plugins.faults[before:])
    return unit_page(assessment, settings.language, names, sections)


def _names(settings: Settings, word: str, assessment: Assessment) -> Mapping[str, str]:
    """Return the names of the persons of a case: its file holds them, the store keeps them
    apart.
    """
    from steelyard.store.store import Store

    if Path(word).is_file():
        return assessment.case.names
    with Store.open(settings.db, create=False) as store:
        return store.names(assessment.case.digest)


def _write_template(settings: Settings, starter: str, *, force: bool) -> None:
    from steelyard.case.formats.output import refuse_taken
    from steelyard.report.formats.letter import letter
    from steelyard.report.formats.write import require, write

    path = Path(starter)
    if path.suffix.lower() != ".docx":
        raise UsageError([fault(starter, "a template is a Word document: name it .docx")])
    if not force:
        refuse_taken(path)
    require("docx")
    write(path, letter(), over=force)
    click.echo(settings.say("wrote {file}").format(file=starter), err=True)
