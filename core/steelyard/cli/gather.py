"""`steelyard gather`: one case from what many hands have filled in."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from steelyard.cli.said import worded
from steelyard.cli.settings import Settings, format_option, settings_options

if TYPE_CHECKING:
    from steelyard.work.gather.gathering import Gathered


@click.command("gather")
@click.argument("files", nargs=-1, required=True, metavar="FILE…")
@click.option("-o", "output", required=True, metavar="CASE", help="Where to write: .xlsx or .yaml.")
@click.option(
    "--evidence",
    metavar="FOLDER",
    help="Take the pictures that workbooks hold out into this folder.",
)
@click.option("--recursive", is_flag=True, help="Open the folders within folders too.")
@click.option("--force", is_flag=True, help="Write over CASE if it is there already.")
@format_option
@settings_options
@click.pass_obj
def command(
    settings: Settings,
    files: tuple[str, ...],
    output: str,
    evidence: str | None,
    form: str,
    *,
    recursive: bool,
    force: bool,
) -> None:
    """Join what many hands have filled in for one unit and period, in FILES or folders, into CASE.

    Where they disagree, what each says is listed with its place and the value is left open, as a
    range, until that is settled.
    """
    from steelyard.work.gather.gathering import gather

    found = gather(
        settings,
        files,
        Path(output),
        evidence=evidence or "",
        recursive=recursive,
        over=force,
    )
    if form == "json":
        text = json.dumps(found.document(), ensure_ascii=False, indent=2)
        sys.stdout.write(text + "\n")
    else:
        _print(settings, found)
    settings.announce("wrote {file}", file=output)


def _print(settings: Settings, found: Gathered) -> None:
    say, language = settings.say, settings.language
    colon = "：" if language == "zh" else ": "
    for one in found.counts:
        told = say("{file}: facts: {facts}, records: {records}, by {by}")
        unsaid = say("{file}: facts: {facts}, records: {records}")
        click.echo((told if one.by else unsaid).format(**one._asdict()))
    for same in found.same:
        told = say("{place}: bears no id and says what {other} says: taken for one record")
        click.echo(told.format(**same._asdict()))
    for conflict in found.conflicts:
        kept = worded(settings, conflict.kept, conflict.options)
        told = say("{what} ({title}): left open as {kept}")
        click.echo(told.format(what=conflict.what, title=conflict.title.of(language), kept=kept))
        for said in conflict.said:
            by = f" ({said.by})" if said.by else ""
            click.echo(f"  {worded(settings, said.value, conflict.options)}{by}{colon}{said.place}")
    silent = (
        say("nothing yet from {office}")
        if found.parted == "office"
        else say("nothing yet of what is shown by {office}")
    )
    for office in found.silent:
        click.echo(silent.format(office=office.of(language)))
    told = say("files: {files}, conflicts to settle: {conflicts}")
    click.echo(told.format(files=len(found.counts), conflicts=len(found.conflicts)))
