"""`steelyard books`: the rule books at hand, with how many of their clauses are carried out."""

from __future__ import annotations

import json
import sys

import click

from steelyard.cli.settings import Settings, format_option, settings_options
from steelyard.errors import BookError


@click.command("books")
@format_option
@settings_options
@click.pass_obj
def command(settings: Settings, form: str) -> None:
    """List the rule books of plugins and folders, with rules, clauses and the share that something
    carries out.

    A book with faults is named and passed over, unless --strict.
    """
    from steelyard.book.coverage import coverage_of

    library = settings.library
    rows = []
    for source in library.sources:
        try:
            book, inventory = library.find(source.key), library.clauses(source.key)
        except BookError as error:
            if settings.strict:
                raise
            settings.warn(error.faults)
            continue
        covered = coverage_of(book, inventory)
        rows.append(
            {
                "id": book.id,
                "version": book.version,
                "title": book.title._asdict(),
                "sector": book.sector,
                "plugin": source.plugin or source.origin,
                "rules": len(book.rules),
                "clauses": len(covered.clauses),
                "checkable": covered.checkable,
                "cited": covered.cited,
            }
        )
    if form == "json":
        sys.stdout.write(json.dumps({"books": rows}, ensure_ascii=False, indent=2) + "\n")
        return
    from steelyard.report.text.terminal import Terminal

    Terminal(settings.language).books(rows)
