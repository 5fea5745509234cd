"""`steelyard template`: a case to fill in, empty or carried from another file."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click

from steelyard.cli.option_types import OneOf
from steelyard.cli.settings import Settings, settings_options
from steelyard.errors import UsageError, fault


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
    "sources",
    multiple=True,
    metavar="CASE",
    help="Fill in what this case says: .xlsx, .csv, .yaml or .json.",
)
@click.option(
    "--wide", is_flag=True, help="One row per unit, for the facts and checklists of many units."
)
@click.option(
    "--by",
    type=OneOf(["office", "method"]),
    help="One workbook for each office, or each method, into the new folder FILE.",
)
@click.option(
    "--due", metavar="DAY", help="Only what is due by a day, or by the end of a month: 2026-03."
)
@click.option("--what-matters", is_flag=True, help="The most valuable first.")
@click.option(
    "--as",
    "form",
    type=OneOf(["xlsform"]),
    help="A form for ODK Collect and KoboToolbox, of what is seen on site or asked in a survey.",
)
@click.option("--force", is_flag=True, help="Write over FILE if it is there already.")
@settings_options
@click.pass_obj
def command(
    settings: Settings,
    book: str,
    output: str,
    sources: tuple[str, ...],
    by: Literal["office", "method"] | None,
    due: str | None,
    form: str | None,
    *,
    wide: bool,
    what_matters: bool,
    force: bool,
) -> None:
    """Write a case for BOOK to fill in; what is not carried over with --from is unknown until it is
    filled in.
    """
    if len(sources) > 1:
        raise UsageError(
            [
                fault(
                    "--from",
                    "stands {count} times: join the cases with `steelyard gather` first",
                    count=len(sources),
                )
            ]
        )
    source = sources[0] if sources else None
    parted = by is not None or due is not None or what_matters
    refuse_together(
        {"--wide": wide, "--by, --due, --what-matters": parted, "--as": form is not None}
    )
    if parted:
        refuse_together({"--by": by is not None, "--force": force})
        _hand_out(
            settings, book, output, source, by, due or "", what_matters=what_matters, force=force
        )
        return
    if form is not None:
        from steelyard.work.phone_forms import write_form

        if source is not None:
            refuse_together({"--from": True, "--as": True})
        write_form(settings, book, Path(output), over=force)
        settings.announce("wrote {file}", file=output)
        return
    from steelyard.work.blank_cases import write_blank

    write_blank(settings, book, Path(output), source=source, wide=wide, over=force)
    settings.announce("wrote {file}", file=output)


def _hand_out(
    settings: Settings,
    book: str,
    output: str,
    source: str | None,
    by: Literal["office", "method"] | None,
    due: str,
    *,
    what_matters: bool,
    force: bool,
) -> None:
    from steelyard.work.handing_out import hand_out

    written = hand_out(
        settings,
        book,
        Path(output),
        by=by,
        due=due,
        what_matters=what_matters,
        source=source,
        over=force,
        language=settings.language,
    )
    for one in written:
        settings.announce(
            "wrote {file}: facts: {facts}, registers: {registers}, wanted by {day}",
            file=one.path,
            facts=len(one.handout.facts),
            registers=len(one.handout.registers),
            day=one.handout.by,
        )


def refuse_together(said: dict[str, bool]) -> None:
    """Raise UsageError where more than one of some options is given."""
    given = [name for name, value in said.items() if value]
    if len(given) > 1:
        raise UsageError([fault(given[0], "cannot go together with {other}", other=given[1])])
