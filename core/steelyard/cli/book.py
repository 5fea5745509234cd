"""`steelyard book`: look into one rule book."""

from __future__ import annotations

import json
import sys

import click

from steelyard.cli.settings import Settings, format_option, settings_options


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
        said = {"id": found.id, "version": found.version, "digest": found.digest, "book": found.document}
        sys.stdout.write(json.dumps(said, ensure_ascii=False, indent=2) + "\n")
        return
    from steelyard.report.terminal import Terminal

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
            {"id": clause.id, "kind": clause.kind, "title": clause.title._asdict(), "cited_by": list(names)}
            for clause, names in found.clauses
        ]
        said = {"clauses": rows, "checkable": found.checkable, "cited": found.cited}
        sys.stdout.write(json.dumps(said, ensure_ascii=False, indent=2) + "\n")
        return
    from steelyard.report.terminal import Terminal

    Terminal(settings.language).clauses(found)


@command.command("check")
@click.argument("file", metavar="FILE")
@format_option
@settings_options
@click.pass_obj
def check(settings: Settings, file: str, form: str) -> None:
    """Check the rule book in FILE, and say what was probably not meant; exit code 1 where there is any such thing."""
    from pathlib import Path

    from steelyard.book.library import Library, scan
    from steelyard.book.lint import lint
    from steelyard.errors import BookError

    found = scan(Path(file), file)
    if found.faults:
        raise BookError(found.faults)
    # The file stands for itself, also where an installed book bears its name.
    others = [one for one in settings.library.sources if one.key not in {source.key for source in found.sources}]
    library = Library([*others, *found.sources], (), settings.plugins.measures)
    said = [one for source in found.sources for one in lint(library.find(source.key), library.clauses(source.key))]
    if form == "json":
        rows = [{"place": one.place, "message": one._replace(place="").text()} for one in said]
        sys.stdout.write(json.dumps({"remarks": rows}, ensure_ascii=False, indent=2) + "\n")
    else:
        for one in said:
            click.echo(one.text(settings.say))
        if not said:
            click.echo(settings.say("{file}: nothing to remark").format(file=file))
    if said:
        sys.exit(1)


@command.command("schema")
def schema() -> None:
    """Print the JSON Schema of rule books, for editors that complete and check them."""
    from steelyard.book.schema import book_schema

    sys.stdout.write(json.dumps(book_schema(), ensure_ascii=False, indent=2) + "\n")
