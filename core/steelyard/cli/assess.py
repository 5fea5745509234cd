"""`steelyard assess`: weigh cases, print what was found, and save it."""

from __future__ import annotations

import json
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from steelyard.cli.settings import Settings, format_option, settings_options
from steelyard.messages import translator

if TYPE_CHECKING:
    from steelyard.work.weighing import Weighed


@click.command("assess")
@click.argument("files", nargs=-1, required=True, metavar="FILE…")
@click.option("--no-save", is_flag=True, help="Leave no store behind.")
@click.option(
    "--evidence",
    metavar="FOLDER",
    help="Look up the files behind facts and records there, and take embedded pictures out.",
)
@click.option("--recursive", is_flag=True, help="Open the folders within folders too.")
@click.option(
    "--fail-under",
    "least",
    default="",
    metavar="GRADE",
    help="Exit with 1 unless every case surely reaches this grade, unvetoed and rated.",
)
@format_option
@settings_options
@click.pass_obj
def command(
    settings: Settings,
    files: tuple[str, ...],
    evidence: str | None,
    form: str,
    least: str,
    *,
    no_save: bool,
    recursive: bool,
) -> int:
    """Weigh the cases in FILES (xlsx, csv, yaml, json) or in the folders given.

    What lies in a folder and is not read is named. Several cases print one line each; nothing is
    printed or saved when any file has a fault.
    """
    from steelyard.case.formats.folders import files_in
    from steelyard.cli.progress import ticking
    from steelyard.work.thresholds import check_grade, short_of
    from steelyard.work.weighing import save, weigh_all

    chosen = files_in(files, recursive=recursive)
    settings.warn(chosen.passed)
    settings.evidence = evidence or ""
    # The bar is gone before anything is printed.
    with ExitStack() as held:
        with ticking(settings) as ticks:
            weighed = held.enter_context(weigh_all(chosen.files, settings, ticks))
        if least:
            check_grade(weighed, settings, least)
        if settings.evidence_folder is not None:
            from steelyard.work.evidence import take_out_of

            for path in take_out_of(chosen.files, settings.book_for_case, Path(evidence or "")):
                settings.announce("took a picture out: {file}", file=path)
        if not no_save:
            save(weighed, settings)
        if form == "json":
            _print_json(weighed)
        else:
            _print_text(weighed, settings)
        if not no_save:
            settings.announce("saved in {file}", file=settings.db)
        short = list(short_of(weighed, settings, least)) if least else []
        for one in short:
            click.echo(one.text(settings.say), err=True)
        return int(bool(short))


def _print_json(weighed: Weighed) -> None:
    """Print assessments in their published form, with the notes on how their cases were read."""
    zh = translator("zh")
    for one in weighed.all():
        text = one.row.document
        if one.remarks or weighed.count == 1:
            notes = [{"zh": note.text(zh), "en": note.text()} for note in one.remarks]
            document = {**json.loads(text), **({"notes": notes} if notes else {})}
            indent = 2 if weighed.count == 1 else None
            text = json.dumps(document, ensure_ascii=False, indent=indent)
        sys.stdout.write(text + "\n")


def _print_text(weighed: Weighed, settings: Settings) -> None:
    language = settings.language
    if weighed.only is not None:
        from steelyard.report.unit.report import unit_page

        sections = settings.plugins.report_sections(weighed.only, language)
        settings.show(unit_page(weighed.only, language, sections=sections, terse=True))
    else:
        from steelyard.report.unit.assessments import assessments_page

        notes = [note.text(settings.say) for note in weighed.remarks]
        page = assessments_page(
            weighed.summaries(), language, notes, saved=False, grades=settings.grades
        )
        settings.show(page)
