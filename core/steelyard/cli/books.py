"""`steelyard books`: the rule books at hand, with how many of their clauses are carried out."""

from __future__ import annotations

import json
import sys

import click

from steelyard.cli.settings import Settings, format_option, settings_options


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
        sys.stdout.write(json.dumps({"books": rows}, ensure_ascii=False, indent=2) + "\n")
        return
    from steelyard.report.book.library import books_page

    settings.show(books_page(rows, settings.language))
