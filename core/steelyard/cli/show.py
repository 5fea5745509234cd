"""`steelyard show`: list saved assessments, or print one."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from steelyard.cli.option_types import Whole
from steelyard.cli.periods import PERIOD
from steelyard.cli.settings import Settings, format_option, print_json, settings_options
from steelyard.errors import BookError, Plural, UsageError, fault

if TYPE_CHECKING:
    from steelyard.store.store import Store


@click.command("show")
@click.argument("assessment", required=False, metavar="[ID]")
@click.option("--book", default="", metavar="BOOK", help="Only assessments by this book.")
@click.option(
    "--subject",
    default="",
    metavar="ID",
    help="Only assessments of this unit: its id, or `WHOLE/ID`.",
)
@click.option(
    "--period", default="", type=PERIOD, metavar="PERIOD", help="Only assessments of this period."
)
@click.option(
    "--search", default="", metavar="TEXT", help="Only assessments in which this text stands."
)
@click.option(
    "--limit",
    type=Whole(min=1),
    metavar="COUNT",
    help="At most so many, newest first.",
)
@click.option("--check", is_flag=True, help="Say whether all of the store is as it was saved.")
@format_option
@settings_options
@click.pass_obj
def command(
    settings: Settings, /, assessment: str | None, form: str, *, check: bool, **wanted: Any
) -> None:
    """List saved assessments, newest first, or print the one whose ID (or its beginning) is
    given.
    """
    from steelyard.cli.progress import ticking
    from steelyard.store.store import Store
    from steelyard.work.naming import judged_again

    if check and (assessment is not None or any(wanted.values())):
        raise UsageError([fault("--check", "looks at the whole store: name nothing beside it")])
    with Store.open(settings.db, create=False) as store:
        if check:
            _check(settings, store, form)
            return
        if assessment is None:
            with ticking(settings) as ticks:
                rows = store.list(**wanted, ticks=ticks)
            _list(settings, rows, form)
            return
        found = store.get(assessment)
        if form == "json":
            print_json(found)
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


def _check(settings: Settings, store: Store, form: str) -> None:
    """Name all that is not as it was saved; leave with 1 where there is anything."""
    from steelyard.cli.progress import ticking
    from steelyard.store.check import faults

    with ticking(settings) as ticks:
        found = list(faults(store, ticks))
    count = store.query("SELECT count(*) FROM assessments")[0][0]
    if form == "json":
        told = [one.text(settings.say) for one in found]
        print_json({"schema": "steelyard/store-check@1", "assessments": count, "faults": told})
    for one in found if form == "text" else ():
        click.echo(one.text(settings.say))
    if found:
        sys.exit(1)
    if form == "text":
        message = settings.say(
            Plural(
                "{count} assessment is here, and all is as it was saved",
                "{count} assessments are here, and all is as it was saved",
            )
        )
        click.echo(message.format(count=count))


def _list(settings: Settings, rows: list[dict[str, Any]], form: str) -> None:
    if form == "json":
        print_json({"schema": "steelyard/assessments@1", "assessments": rows})
        return
    from steelyard.report.unit.assessments import assessments_page

    if not rows:
        click.echo(settings.say("no assessment is saved here that fits"))
        return
    settings.show(assessments_page(rows, settings.language, saved=True, grades=settings.grades))
