"""`steelyard template`: an empty case to fill in."""

from __future__ import annotations

from pathlib import Path

import click

from steelyard.cli.settings import Settings, settings_options
from steelyard.errors import UsageError, fault


@click.command("template")
@click.argument("book", metavar="BOOK")
@click.option("-o", "output", required=True, metavar="FILE", help="Where to write: .xlsx or .yaml; with --wide .xlsx or .csv.")
@click.option("--wide", is_flag=True, help="One row per unit, for the facts and checklists of many units.")
@settings_options
@click.pass_obj
def command(settings: Settings, book: str, output: str, *, wide: bool) -> None:
    """Write an empty case for BOOK; everything in it is unknown until it is filled in."""
    found = settings.library.find(book)
    path = Path(output)
    suffix = path.suffix.lower()
    if wide and suffix in {".xlsx", ".csv"}:
        from steelyard.case.wide import write_wide

        write_wide(found, path)
    elif not wide and suffix == ".xlsx":
        from steelyard.case.workbook import write_workbook

        titles = {clause.id: clause.title for clause in settings.library.clauses(book).values()}
        write_workbook(found, path, titles)
    elif not wide and suffix in {".yaml", ".yml"}:
        from steelyard.case.template import write_yaml

        write_yaml(found, path)
    else:
        wanted = ".xlsx, .csv" if wide else ".xlsx, .yaml"
        raise UsageError([fault(output, "the template is written as one of {suffixes}", suffixes=wanted)])
    click.echo(settings.say("wrote {file}").format(file=output), err=True)
