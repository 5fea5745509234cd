"""`steelyard due`: what is late, due or coming, by office."""

from __future__ import annotations

import datetime
from pathlib import Path

import click

from steelyard.cli.settings import Settings, format_option, print_json, settings_options


@click.command("due")
@click.argument("files", nargs=-1, metavar="[FILE…]")
@click.option(
    "--on", "day", default="", metavar="DATE", help="The day to look from (default: today)."
)
@click.option("--recursive", is_flag=True, help="Open the folders within folders too.")
@click.option("-o", "output", metavar="FILE.ics", help="Write what is left as a calendar.")
@click.option("--force", is_flag=True, help="Write over FILE if it is there already.")
@format_option
@settings_options
@click.pass_obj
def command(
    settings: Settings,
    files: tuple[str, ...],
    day: str,
    output: str | None,
    form: str,
    *,
    recursive: bool,
    force: bool,
) -> None:
    """List what is late, due or coming in the cases of FILES or folders, by office; without any, in
    the newest assessments of the store.

    As JSON, what is done stands there too.
    """
    from steelyard.cli.progress import ticking
    from steelyard.work.deadlines import (
        asked_in_files,
        asked_in_store,
        check_calendar,
        due_json,
        write_calendar,
    )
    from steelyard.work.naming import day_of

    on = day_of("--on", day) if day else datetime.datetime.now().astimezone().date()
    if output is not None:
        check_calendar(Path(output), over=force)
    with ticking(settings) as ticks:
        if files:
            from steelyard.case.formats.folders import files_in

            chosen = files_in(files, recursive=recursive)
            settings.warn(chosen.passed)
            found = asked_in_files(settings, chosen.files, ticks)
        else:
            found = asked_in_store(settings, ticks)
    if output is not None:
        write_calendar(Path(output), found, on, settings.language, over=force)
        settings.announce("wrote {file}", file=output)
    elif form == "json":
        document = due_json(found, on)
        print_json(document)
    else:
        from steelyard.report.deadlines import due_page

        settings.show(due_page(found, on, settings.language))
