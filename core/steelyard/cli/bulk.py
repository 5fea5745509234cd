"""`steelyard bulk`: tables of many units, weighed in one run; and what such tables hold."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from steelyard.cli.option_types import OneOf
from steelyard.cli.periods import PERIOD
from steelyard.cli.settings import Settings, format_option, settings_options
from steelyard.errors import Plural, UsageError, fault

if TYPE_CHECKING:
    from steelyard.work.in_bulk import EngineName

_TEMPLATE = "template"


@click.command("bulk")
@click.argument("words", nargs=-1, required=True, metavar="[template] BOOK")
@click.option("--facts", default="", metavar="FILE", help="The units and their facts, a row each.")
@click.option(
    "--register",
    "registers",
    multiple=True,
    metavar="NAME=FILE",
    help="The records of a register; may be given again.",
)
@click.option("--parties", default="", metavar="FILE", help="The parties of the units.")
@click.option("--waivers", default="", metavar="FILE", help="The rules waived, unit by unit.")
@click.option(
    "--registers-known",
    default="",
    metavar="FILE",
    help="Which registers of which units are complete.",
)
@click.option(
    "--known",
    multiple=True,
    metavar="NAME",
    help="A register that is complete for every unit; may be given again.",
)
@click.option(
    "--cases",
    default="",
    metavar="FILE",
    help="Whole cases, a row each, as `sample --as parquet` writes them, instead of all these.",
)
@click.option(
    "--period", default="", type=PERIOD, metavar="PERIOD", help="The period of rows that say none."
)
@click.option("--out", metavar="FOLDER", help="The new folder to write into (default: bulk).")
@click.option("--findings", is_flag=True, help="Write what every rule says of every unit too.")
@click.option("--consequences", is_flag=True, help="Write what follows too.")
@click.option(
    "--engine",
    type=OneOf(["duckdb", "spark"]),
    default="duckdb",
    help="What runs the statement (default: duckdb).",
)
@click.option("--master", default="", metavar="URL", help="The Spark cluster (default: local[*]).")
@click.option("--memory", default="", metavar="SIZE", help="How much memory to take, such as 4GB.")
@click.option(
    "--dialect",
    metavar="NAME",
    help="With `template`: print CREATE TABLE for a database instead of Parquet schemas.",
)
@format_option
@settings_options
@click.pass_obj
def command(  # an argument for each option
    settings: Settings,
    words: tuple[str, ...],
    *,
    facts: str,
    registers: tuple[str, ...],
    parties: str,
    waivers: str,
    registers_known: str,
    known: tuple[str, ...],
    cases: str,
    period: str,
    out: str | None,
    findings: bool,
    consequences: bool,
    engine: EngineName,
    master: str,
    memory: str,
    dialect: str | None,
    form: str,
) -> None:
    """Weigh the units of whole tables by a book: Parquet, CSV, a glob or FILE.duckdb:TABLE.

    Rows that do not fit the book go to rejected.parquet with their reasons, and a unit of which any
    row is rejected is not weighed. `bulk template BOOK` prints the columns that the tables hold.
    """
    from steelyard.bulk.intake.given import Named

    if len(words) == 2 and words[0] == _TEMPLATE:
        _template(settings, words[1], dialect)
        return
    if len(words) != 1 or words[0] == _TEMPLATE:
        raise UsageError([fault("bulk", "a book is wanted, or `template` and a book")])
    if dialect is not None:
        raise UsageError([fault("--dialect", "is for `bulk template`")])
    named = Named(
        facts=facts,
        registers=tuple(_pair(said) for said in registers),
        parties=parties,
        waivers=waivers,
        registers_known=registers_known,
        cases=cases,
        known=known,
        period=period,
    )
    from steelyard.bulk.assessing import Wanted
    from steelyard.cli.progress import ticking
    from steelyard.work.in_bulk import Power, weigh_tables

    target = Path(out or "bulk")
    wanted, power = Wanted(findings, consequences), Power(engine, memory, master)
    with ticking(settings) as ticks:
        ran = weigh_tables(settings, words[0], named, wanted, power, target, settings.say, ticks)
    if ran.rejected:
        message = Plural(
            "{count} row is rejected, and units not weighed: {units}",
            "{count} rows are rejected, and units not weighed: {units}",
        )
        left = ran.units - ran.weighed
        place = str(target / "rejected.parquet")
        settings.warn([fault(place, message, count=ran.rejected, units=left)])
    if form == "json":
        sys.stdout.write((target / "run.json").read_text(encoding="utf-8"))
        return
    told = settings.say(
        Plural(
            "weighed {weighed} of {units} unit, in {folder}",
            "weighed {weighed} of {units} units, in {folder}",
            "units",
        )
    )
    click.echo(told.format(weighed=ran.weighed, units=ran.units, folder=target))


def _pair(said: str) -> tuple[str, str]:
    name, equals, path = said.partition("=")
    if not equals or not name or not path:
        raise UsageError([fault("--register", "`{text}` is not NAME=FILE", text=said)])
    return name, path


def _template(settings: Settings, reference: str, dialect: str | None) -> None:
    from steelyard.bulk.template import create_tables, parquet_schemas
    from steelyard.work.naming import book_at

    book = book_at(settings, reference)
    said = parquet_schemas(book) if dialect is None else create_tables(book, dialect)
    sys.stdout.write(said)
