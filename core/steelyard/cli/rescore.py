"""`steelyard rescore`: a saved assessment under another book, and what the rules and what the unit
changed.
"""

from __future__ import annotations

import click

from steelyard.cli.settings import Settings, format_option, print_json, settings_options
from steelyard.errors import UsageError, Word, fault


@click.command("rescore")
@click.argument("assessment", metavar="ASSESSMENT")
@click.option(
    "--book",
    default="",
    metavar="BOOK",
    help="The book to weigh by: an id, id@version or a file (default: that of --against).",
)
@click.option(
    "--against",
    default="",
    metavar="ASSESSMENT2",
    help="A later assessment of the same unit, to split the change.",
)
@click.option(
    "--as-of", "day", default="", metavar="DATE", help="The day whose figures of the book are used."
)
@format_option
@settings_options
@click.pass_obj
def command(
    settings: Settings, assessment: str, book: str, against: str, day: str, form: str
) -> None:
    """Weigh a saved ASSESSMENT (its id, or the case in a file) again by another book, and say what
    that changes.

    With --against the change to a later assessment is split into what the rules and what the unit
    changed.
    """
    from steelyard.work.naming import day_of
    from steelyard.work.rescoring import rescored

    if not book and not against:
        raise UsageError(
            [fault("steelyard rescore", "`{name}` is missing", name=Word("--book BOOK"))]
        )
    figures = day_of("--as-of", day) if day else None
    change = rescored(settings, assessment, book=book, against=against, day=figures)
    if form == "json":
        print_json(change.to_json())
        return
    from steelyard.report.change import change_page

    settings.show(change_page(change, settings.language))
