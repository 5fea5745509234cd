"""`steelyard report`: what an assessment says, on pages to hand out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from steelyard.cli.settings import Settings, settings_options
from steelyard.errors import UsageError, fault

if TYPE_CHECKING:
    from steelyard.comparison.options import Options
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
    from steelyard.work.reporting import comparison_page, unit_page, write_letter, write_report

    if starter is not None:
        write_letter(Path(starter), over=force)
        settings.announce("wrote {file}", file=starter)
        if assessment is None and not compared:
            return
    if assessment is None and not compared:
        raise UsageError([fault("steelyard report", "`{name}` is missing", name="ID")])
    _check(asked, compared=compared, saved=assessment is not None, names=names)
    if output is None:
        raise UsageError([fault("steelyard report", "`{name}` is missing", name="-o FILE")])

    def page(kind: Format) -> Page:
        if not compared:
            return unit_page(settings, str(assessment), settings.language, named=names)
        what = _options(asked) if assessment is None else assessment
        return comparison_page(settings, what, kind, settings.language)

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


def _check(asked: dict[str, Any], *, compared: bool, saved: bool, names: bool) -> None:
    """Refuse options that would be passed over."""
    given = [option for option, key in _COMPARING.items() if asked[key]]
    if not compared and given:
        raise UsageError([fault(option, "goes with `--compare`") for option in given])
    if compared and saved and given:
        raise UsageError([fault(option, "a saved comparison has its own") for option in given])
    if compared and names:
        raise UsageError([fault("--names", "a comparison names no persons")])


def _options(asked: dict[str, Any]) -> Options:
    from steelyard.comparison.options import Options

    return Options(
        period=asked["period"],
        against=asked["against"],
        sectors=asked["sectors"],
        books=asked["only_books"],
    )
