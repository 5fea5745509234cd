"""`steelyard books`: the rule books at hand, with how many of their clauses are carried out."""

from __future__ import annotations

import click

from steelyard.cli.settings import Settings, format_option, print_json, settings_options


@click.command("books")
@format_option
@settings_options
@click.pass_obj
def command(settings: Settings, form: str) -> None:
    """List the rule books of plugins and folders, with rules, clauses and the share that something
    carries out.

    A book with faults is named and passed over, unless --strict.
    """
    from steelyard.work.books_at_hand import list_books

    rows = list(list_books(settings))
    if form == "json":
        print_json({"schema": "steelyard/books@1", "books": rows})
        return
    from steelyard.report.book.library import books_page

    settings.show(books_page(rows, settings.language))
