"""`steelyard book`: look into one rule book."""

from __future__ import annotations

import sys

import click

from steelyard.cli.settings import Settings, format_option, print_json, settings_options


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
            "schema": "steelyard/book@1",
            "id": found.id,
            "version": found.version,
            "digest": found.digest,
            "extends": list(found.extends),
            "changed": dict(found.changed),
            "dropped": {name: reason._asdict() for name, reason in found.dropped.items()},
            "book": found.document,
        }
        print_json(said)
        return
    from steelyard.report.book.book import book_page

    settings.show(book_page(found, settings.language))


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
        said = {
            "schema": "steelyard/clauses@1",
            "clauses": rows,
            "checkable": found.checkable,
            "cited": found.cited,
        }
        print_json(said)
        return
    from steelyard.report.book.library import clauses_page

    settings.show(clauses_page(found, settings.language))


@command.command("check")
@click.argument("file", metavar="BOOK")
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
    """Check BOOK, a file or the id of a book at hand, and say what was probably not meant; exit
    code 1 where there is any such thing.

    Rules that no case of the book's tables passes, fails or leaves unknown are named too.
    """
    from steelyard.work.book_check import check_book

    found = check_book(settings, file, cases)
    if form == "json":
        rows, asides = (
            [{"place": one.place, "message": one._replace(place="").text()} for one in part]
            for part in (found.remarks, found.notes)
        )
        print_json({"schema": "steelyard/book-check@1", "remarks": rows, "notes": asides})
    else:
        for one in found.notes:
            click.echo(f"{settings.say('note')}: {one.text(settings.say)}", err=True)
        for one in found.remarks:
            click.echo(one.text(settings.say))
        if not found.remarks:
            click.echo(settings.say("{file}: nothing to remark").format(file=file))
    if found.remarks:
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
    from steelyard.work.naming import books_at

    found = differences(*books_at(settings, (old, new)))
    if form == "json":
        print_json(found.to_json())
        return
    from steelyard.report.book.difference import difference_page

    settings.show(difference_page(found, settings.language))


@command.command("code")
@click.argument("book", metavar="BOOK")
@settings_options
@click.pass_obj
def code(settings: Settings, book: str) -> None:
    """Print the Python text that judges by BOOK (an id, id@version or a file), the ids of its rules
    in comments.
    """
    from steelyard.work.books_at_hand import code_of

    sys.stdout.write(code_of(settings, book))


@command.command("schema")
@settings_options
@click.pass_obj
def schema(settings: Settings) -> None:
    """Print the JSON Schema of rule books, for editors that complete and check them.

    Rules may be in the forms of the plugins in use.
    """
    from steelyard.book.schema import book_schema

    print_json(book_schema(settings.forms))
