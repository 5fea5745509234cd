"""`steelyard show`: list saved assessments, or print one."""

from __future__ import annotations

import json
import sys
from typing import Any

import click

from steelyard.cli.settings import Settings, format_option, settings_options
from steelyard.errors import BookError


@click.command("show")
@click.argument("assessment", required=False, metavar="[ID]")
@click.option("--book", default="", metavar="BOOK", help="Only assessments by this book.")
@click.option("--subject", default="", metavar="ID", help="Only assessments of this unit.")
@click.option("--period", default="", metavar="PERIOD", help="Only assessments of this period.")
@click.option(
    "--search", default="", metavar="TEXT", help="Only assessments in which this text stands."
)
@click.option(
    "--limit", type=click.IntRange(min=1), metavar="COUNT", help="At most so many, newest first."
)
@format_option
@settings_options
@click.pass_obj
def command(settings: Settings, /, assessment: str | None, form: str, **wanted: Any) -> None:
    """List saved assessments, newest first, or print the one whose ID (or its beginning) is
    given.
    """
    from steelyard.store.store import Store
    from steelyard.work.naming import judged_again

    with Store.open(settings.db, create=False) as store:
        if assessment is None:
            _list(settings, store.list(**wanted), form)
            return
        found = store.get(assessment)
        if form == "json":
            sys.stdout.write(json.dumps(found, ensure_ascii=False, indent=2) + "\n")
            return
        book = store.book(found["book"]["digest"])
        try:
            again = judged_again(settings, store, found)
        except BookError as error:
            # What was found and why was saved, whatever became of the plugin of a rule's form.
            settings.warn(error.faults)
            again = None
    from steelyard.report.unit.report import unit_page
    from steelyard.report.unit.saved import saved_page

    settings.show(
        saved_page(found, book, settings.language)
        if again is None
        else unit_page(again, settings.language, terse=True)
    )


def _list(settings: Settings, rows: list[dict[str, Any]], form: str) -> None:
    if form == "json":
        sys.stdout.write(json.dumps({"assessments": rows}, ensure_ascii=False, indent=2) + "\n")
        return
    from steelyard.report.unit.assessments import assessments_page

    if not rows:
        click.echo(settings.say("no assessment is saved here that fits"))
        return
    settings.show(assessments_page(rows, settings.language, saved=True))
