"""`steelyard book`: look into one rule book."""

from __future__ import annotations

import json
import sys

import click

from steelyard.cli.settings import Settings, format_option, settings_options
from steelyard.errors import Fault


@click.group("book")
def command() -> None:
    """Look into one rule book: its rules, its clauses, the form in which books are written."""


@command.command("show")
@click.argument("book", metavar="BOOK")
@format_option
@settings_options
@click.pass_obj
def show(settings: Settings, book: str, form: str) -> None:
    """Print the sections, rules, grades and consequences of BOOK."""
    found = settings.library.find(book)
    if form == "json":
        said = {
            "id": found.id,
            "version": found.version,
            "digest": found.digest,
            "extends": list(found.extends),
            "changed": dict(found.changed),
            "dropped": {name: reason._asdict() for name, reason in found.dropped.items()},
            "book": found.document,
        }
        sys.stdout.write(json.dumps(said, ensure_ascii=False, indent=2) + "\n")
        return
    from steelyard.report.text.terminal import Terminal

    Terminal(settings.language).book(found)


@command.command("clauses")
@click.argument("book", metavar="BOOK")
@format_option
@settings_options
@click.pass_obj
def clauses(settings: Settings, book: str, form: str) -> None:
    """Print every clause of BOOK's scheme with what carries it out."""
    from steelyard.book.coverage import coverage_of

    found = coverage_of(settings.library.find(book), settings.library.clauses(book))
    if form == "json":
        rows = [
            {
                "id": clause.id,
                "kind": clause.kind,
                "title": clause.title._asdict(),
                "cited_by": list(names),
            }
            for clause, names in found.clauses
        ]
        said = {"clauses": rows, "checkable": found.checkable, "cited": found.cited}
        sys.stdout.write(json.dumps(said, ensure_ascii=False, indent=2) + "\n")
        return
    from steelyard.report.text.terminal import Terminal

    Terminal(settings.language).clauses(found)


@command.command("check")
@click.argument("file", metavar="FILE")
@click.option(
    "--cases",
    metavar="DIR",
    default="",
    help="The folder of the book's case tables (default: cases or tests/cases nearby).",
)
@format_option
@settings_options
@click.pass_obj
def check(settings: Settings, file: str, cases: str, form: str) -> None:
    """Check the rule book in FILE, and say what was probably not meant; exit code 1 where there is
    any such thing.

    Rules that no case of the book's tables passes, fails or leaves unknown are named too.
    """
    from pathlib import Path

    from steelyard.book.library import scan
    from steelyard.book.lint import lint
    from steelyard.errors import BookError, fault
    from steelyard.testing.discovery import look
    from steelyard.testing.weigh import library_of

    found = scan(Path(file), file)
    if found.faults:
        raise BookError(found.faults)
    # The file stands for itself, also where an installed book bears its name.
    library = library_of(found.sources, settings.library.sources, settings.plugins.measures)
    said: list[Fault] = []
    notes: list[Fault] = []
    for source in found.sources:
        said += lint(
            library.find(source.key), library.clauses(source.key), library.places(source.key)
        )
        looked = look(source, library, settings.plugins.judge, cases)
        said += looked.remarks
        if not looked.tables and cases:
            said.append(
                fault(
                    source.name,
                    "{folder} holds no case table of {book}",
                    folder=cases,
                    book=source.id,
                )
            )
        elif not looked.tables:
            notes.append(
                fault(
                    source.name,
                    "no case table was found nearby, such as cases/{stem}.yaml",
                    stem=source.id.partition("/")[2],
                )
            )
    if form == "json":
        rows, asides = (
            [{"place": one.place, "message": one._replace(place="").text()} for one in part]
            for part in (said, notes)
        )
        sys.stdout.write(
            json.dumps({"remarks": rows, "notes": asides}, ensure_ascii=False, indent=2) + "\n"
        )
    else:
        for one in notes:
            # An authority's small book may do without tables: this is no remark.
            click.echo(f"{settings.say('note')}: {one.text(settings.say)}", err=True)
        for one in said:
            click.echo(one.text(settings.say))
        if not said:
            click.echo(settings.say("{file}: nothing to remark").format(file=file))
    if said:
        sys.exit(1)


@command.command("diff")
@click.argument("old", metavar="A")
@click.argument("new", metavar="B")
@format_option
@settings_options
@click.pass_obj
def diff(settings: Settings, old: str, new: str, form: str) -> None:
    """Tell in words what changed from book A to book B: ids, id@version or files."""
    from steelyard.book.difference.difference import diff as differences
    from steelyard.cli.naming import books_at

    found = differences(*books_at(settings, (old, new)))
    if form == "json":
        sys.stdout.write(json.dumps(found.to_json(), ensure_ascii=False, indent=2) + "\n")
        return
    from steelyard.report.text.differences import Differences

    Differences(settings.language).diff(found)


@command.command("schema")
def schema() -> None:
    """Print the JSON Schema of rule books, for editors that complete and check them."""
    from steelyard.book.schema import book_schema

    sys.stdout.write(json.dumps(book_schema(), ensure_ascii=False, indent=2) + "\n")
