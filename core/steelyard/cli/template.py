"""`steelyard template`: a case to fill in, empty or carried from another file."""

from __future__ import annotations

from pathlib import Path

import click

from steelyard.cli.settings import Settings, settings_options


@click.command("template")
@click.argument("book", metavar="BOOK")
@click.option(
    "-o",
    "output",
    required=True,
    metavar="FILE",
    help="Where to write: .xlsx or .yaml; with --wide .xlsx or .csv.",
)
@click.option(
    "--from",
    "source",
    metavar="CASE",
    help="Fill in what this case says: .xlsx, .csv, .yaml or .json.",
)
@click.option(
    "--wide", is_flag=True, help="One row per unit, for the facts and checklists of many units."
)
@click.option("--force", is_flag=True, help="Write over FILE if it is there already.")
@settings_options
@click.pass_obj
def command(
    settings: Settings, book: str, output: str, source: str | None, *, wide: bool, force: bool
) -> None:
    """Write a case for BOOK to fill in; what is not carried over with --from is unknown until it is
    filled in.
    """
    from steelyard.work.blank_cases import write_blank

    write_blank(settings, book, Path(output), source=source, wide=wide, over=force)
    settings.announce("wrote {file}", file=output)
