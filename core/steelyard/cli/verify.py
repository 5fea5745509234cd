"""`steelyard verify`: prove rule books right."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from steelyard.cli.option_types import Fractional
from steelyard.cli.settings import Settings, format_option, print_json, settings_options

if TYPE_CHECKING:
    from steelyard.verify.proof import Verification
    from steelyard.verify.verdict import Verdict


@click.command("verify")
@click.argument("named", metavar="BOOK...", nargs=-1, required=True)
@click.option(
    "--timeout",
    metavar="SECONDS",
    type=Fractional(min=0.1, max=3600),
    default=3.0,
    show_default=True,
    help="How long one check may take.",
)
@click.option(
    "-o",
    "output",
    metavar="DIR",
    default="",
    help="Write the cases that refute into this new folder.",
)
@click.option("--all", "every", is_flag=True, help="Print what is proved, too.")
@format_option
@settings_options
@click.pass_obj
def command(
    settings: Settings,
    named: tuple[str, ...],
    timeout: float,
    output: str,
    *,
    every: bool,
    form: str,
) -> None:
    """Prove of each BOOK (an id, id@version or a file) what holds of every case, and show a case
    where it does not; exit code 1 where anything is refuted.
    """
    from steelyard.files import new_folder, refuse_taken
    from steelyard.verify.proof import SCHEMA, to_json
    from steelyard.work.verifying import proofs, write_cases

    if output:
        refuse_taken(Path(output))
    books = []
    for found in proofs(settings, named, timeout):
        books.append(found)
        if form != "json":
            _print(settings, found, every=every)
    if output:
        # What is printed may fail for reasons of its own, which are none of the folder's.
        with new_folder(Path(output)) as folder:
            written = [name for one in books for name in write_cases(one, folder)]
        for name in written:
            settings.announce("{file} is written", file=Path(output) / name)
    if form == "json":
        rows = [to_json(one, settings.language, settings.say) for one in books]
        said = {"schema": SCHEMA, "books": rows}
        print_json(said)
    if any(one.refuted for one in books):
        sys.exit(1)


def _print(settings: Settings, found: Verification, *, every: bool) -> None:
    counts = found.counts()
    head = settings.say(
        "{book}: {proved} proved, {refuted} refuted, {undecided} undecided, {excepted} excepted by "
        "the book, {remarked} remarked, in {seconds} s"
    )
    click.echo(head.format(book=found.book.key, seconds=f"{found.seconds:.1f}", **counts))
    for one in found.verdicts:
        if every or one.state != "proved" or one.family == "tailored":
            click.echo(f"  {_line(settings, found, one)}")
            if one.state == "refuted":
                for case in one.cases:
                    click.echo(f"    {json.dumps(case, ensure_ascii=False)}")


def _line(settings: Settings, found: Verification, one: Verdict) -> str:
    from steelyard.verify.proof import reason_of

    states = {
        "proved": settings.say("proved"),
        "refuted": settings.say("refuted"),
        "undecided": settings.say("undecided"),
        "excepted": settings.say("excepted"),
        "remarked": settings.say("remarked"),
    }
    why = settings.say(one.why.message) if one.why else ""
    if one.state == "excepted":
        why = reason_of(found.book, one).of(settings.language)
    named = f"{one.check} {one.about}" + (f", {one.beside}" if one.beside else "")
    text = f"{states[one.state]} [{named}] {one.claim.text(settings.say)}"
    return f"{text} ({why})" if why else text
