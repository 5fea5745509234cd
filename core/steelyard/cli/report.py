"""`steelyard report`: what an assessment says, on pages to hand out."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from steelyard.cli.option_types import OneOf
from steelyard.cli.periods import PERIOD
from steelyard.cli.settings import Settings, settings_options
from steelyard.errors import Plural, UsageError, Word, fault

if TYPE_CHECKING:
    from steelyard.comparison.options import Options
    from steelyard.report.formats.write import Format
    from steelyard.report.page import Page
    from steelyard.work.reporting import Dated


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
    type=OneOf(["html", "docx", "xlsx", "pdf"]),
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
    "--in",
    "within",
    default="",
    metavar="COMPARISON",
    help="One unit's page in a saved comparison: its row, its peers, its changes.",
)
@click.option(
    "--all",
    "everyone",
    is_flag=True,
    help="Write every unit's report into the folder that -o names.",
)
@click.option(
    "--date",
    "date",
    default="",
    metavar="DATE",
    help="The day on the report (default: that of the assessment, or today where it is to come).",
)
@click.option(
    "--period",
    default="",
    type=PERIOD,
    metavar="PERIOD",
    help="With --compare or --all: the period (default: the latest one).",
)
@click.option(
    "--against",
    default="",
    type=PERIOD,
    metavar="PERIOD",
    help="With --compare: an earlier period, to say what changed since.",
)
@click.option(
    "--sector",
    "sectors",
    multiple=True,
    metavar="SECTOR",
    help="With --compare or --all: only this sector; may be given again.",
)
@click.option(
    "--book",
    "only_books",
    multiple=True,
    metavar="BOOK",
    help="With --compare or --all: only this book; may be given again.",
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
    within: str,
    everyone: bool,
    date: str,
    names: bool,
    force: bool,
    **asked: Any,
) -> None:
    """Write the report of a saved assessment, by its ID or its beginning, or of the case in a file,
    without saving it.

    With --compare, write that of a comparison of many units; with --in, one unit's page in a saved
    comparison; with --all, a file for each unit.
    """
    from steelyard.work.naming import day_of
    from steelyard.work.reporting import (
        Dated,
        comparison_page,
        page_in,
        unit_page,
        write_letter,
        write_report,
    )

    if starter is not None:
        write_letter(Path(starter), over=force)
        settings.announce("wrote {file}", file=starter)
        if assessment is None and not compared and not everyone:
            return
    many = compared or everyone
    if assessment is None and not many:
        raise UsageError([fault("steelyard report", "`{name}` is missing", name="ID")])
    _check(asked, compared=compared, everyone=everyone, within=within, names=names,
           saved=assessment is not None)  # fmt: skip
    if output is None:
        raise UsageError([fault("steelyard report", "`{name}` is missing", name=Word("-o FILE"))])
    today = datetime.datetime.now().astimezone().date()
    dated = Dated(today, day_of("--date", date) if date else None)
    if everyone:
        if force:
            raise UsageError([fault("--force", "a folder is not written over: choose a new one")])
        _write_all(settings, Path(output), dated, asked, form=form, within=within, issuer=issuer,
                   template=template)  # fmt: skip
        return

    def page(kind: Format) -> Page:
        if within:
            return page_in(settings, str(assessment), within, settings.language, dated)
        if not compared:
            return unit_page(
                settings, str(assessment), settings.language, dated,
                named=names, worth=kind == "html",
            )  # fmt: skip
        what = _options(asked) if assessment is None else assessment
        return comparison_page(settings, what, kind, settings.language, dated)

    write_report(
        Path(output),
        page,
        form=form,
        template=Path(template) if template is not None else None,
        issuer=issuer,
        over=force,
        named=names,
    )
    settings.announce("wrote {file}", file=output)


def _write_all(
    settings: Settings,
    folder: Path,
    dated: Dated,
    asked: dict[str, Any],
    *,
    form: Format | None,
    within: str,
    issuer: str,
    template: str | None,
) -> None:
    """Write a file for each unit."""
    from steelyard.cli.progress import ticking
    from steelyard.work.reporting import write_all

    if template is not None:
        raise UsageError([fault("--template", "goes with one report, not with `--all`")])
    wanted = {
        "period": asked["period"],
        "books": tuple(asked["only_books"]),
        "sectors": tuple(asked["sectors"]),
    }
    with ticking(settings) as ticks:
        count = write_all(
            settings,
            folder,
            settings.language,
            dated,
            form=form or "html",
            compared=within,
            wanted=wanted,
            issuer=issuer,
            ticks=ticks,
        )
    settings.announce(
        Plural("wrote {count} report into {folder}", "wrote {count} reports into {folder}"),
        count=count,
        folder=folder,
    )


def _check(
    asked: dict[str, Any],
    *,
    compared: bool,
    everyone: bool,
    within: str,
    names: bool,
    saved: bool,
) -> None:
    """Refuse options that would be passed over."""
    given = [option for option, key in _COMPARING.items() if asked[key]]
    faults = []
    if everyone and (saved or compared):
        faults.append(fault("--all", "reports every unit: name no ID and no `--compare` beside it"))
    elif within and (compared or not (saved or everyone)):
        faults.append(fault("--in", "goes with the ID of one unit, or with `--all`"))
    if everyone and asked["against"]:
        faults.append(fault("--against", "goes with `--compare`"))
    if within or (compared and saved):
        faults += [fault(option, "a saved comparison has its own") for option in given]
    elif not compared and not everyone:
        faults += [fault(option, "goes with `--compare`") for option in given]
    if names and (compared or within):
        faults.append(fault("--names", "a comparison names no persons"))
    elif names and everyone:
        faults.append(fault("--names", "goes with one report, not with `--all`"))
    if faults:
        raise UsageError(faults)


def _options(asked: dict[str, Any]) -> Options:
    from steelyard.comparison.options import Options

    return Options(
        period=asked["period"],
        against=asked["against"],
        sectors=asked["sectors"],
        books=asked["only_books"],
    )
