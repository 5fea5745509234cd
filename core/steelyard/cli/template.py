"""`steelyard template`: a case to fill in, empty or carried from another file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from steelyard.cli.settings import Settings, settings_options
from steelyard.errors import UsageError, fault

if TYPE_CHECKING:
    from steelyard.book.model import RuleBook
    from steelyard.case.formats.round_trip import Carried


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
    "source",
    metavar="CASE",
    help="Fill in what this case says: .xlsx, .csv, .yaml or .json.",
)
@click.option(
    "--wide", is_flag=True, help="One row per unit, for the facts and checklists of many units."
)
@click.option("--force", is_flag=True, help="Write over FILE if it is there already.")
@settings_options
@click.pass_obj
def command(
    settings: Settings, book: str, output: str, source: str | None, *, wide: bool, force: bool
) -> None:
    """Write a case for BOOK to fill in; what is not carried over with --from is unknown until it is
    filled in.
    """
    from steelyard.case.formats.output import refuse_taken

    found = settings.library.find(book)
    path = Path(output)
    wanted = (".xlsx", ".csv") if wide else (".xlsx", ".yaml", ".yml")
    suffix = path.suffix.lower()
    if suffix not in wanted:
        raise UsageError(
            [
                fault(
                    output,
                    "the template is written as one of {suffixes}",
                    suffixes=", ".join(wanted[:2]),
                )
            ]
        )
    if not force:
        refuse_taken(path)
    cases = _carried(settings, found, source) if source is not None else []
    if wide:
        from steelyard.case.formats.wide import write_wide

        write_wide(found, path, cases, over=force)
    else:
        from steelyard.case.formats.round_trip import only

        case = only(cases, str(source)) if source is not None else None
        if suffix == ".xlsx":
            from steelyard.case.formats.workbook import write_workbook

            titles = {clause.id: clause.title for clause in settings.library.clauses(book).values()}
            write_workbook(found, path, titles, case, over=force)
        else:
            from steelyard.case.formats.template import write_yaml

            write_yaml(found, path, case, over=force)
    click.echo(settings.say("wrote {file}").format(file=output), err=True)


def _carried(settings: Settings, book: RuleBook, source: str) -> list[Carried]:
    """Return the cases of a file; those that name another version of the book are named on standard
    error.
    """
    from steelyard.case.formats.files import files_in
    from steelyard.case.formats.round_trip import carried

    cases = [
        one for path in files_in([source]) for one in carried(path, book, settings.book_for_case)
    ]
    settings.warn(
        fault(
            source,
            "is for version {other} of {book}, and is carried into version {version}: look it through",
            other=one.other,
            book=book.id,
            version=book.version,
        )
        for one in cases
        if one.other
    )
    return cases
