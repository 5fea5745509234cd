"""`steelyard sql`: a rule book as one SQL statement for a warehouse."""

from __future__ import annotations

import datetime

import click

from steelyard.cli.periods import PERIOD
from steelyard.cli.settings import Settings, settings_options


@click.command("sql")
@click.argument("book", metavar="BOOK")
@click.option("--dialect", required=True, metavar="NAME", help="duckdb, spark or postgres.")
@click.option(
    "--period",
    type=PERIOD,
    metavar="PERIOD",
    help="The period that is judged (default: the newest figures').",
)
@click.option(
    "--as-of",
    "as_of",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DAY",
    help="The day as of which is judged (default: the period's last).",
)
@click.option(
    "--output",
    type=click.Choice(["scores", "findings", "consequences"]),
    default="scores",
    help="What the statement gives (default: scores).",
)
@click.option("--waivers", is_flag=True, help="Look rules up in the table of waivers.")
@settings_options
@click.pass_obj
def command(
    settings: Settings,
    book: str,
    dialect: str,
    period: str | None,
    as_of: datetime.datetime | None,
    output: str,
    *,
    waivers: bool,
) -> None:
    """Print the statement that weighs every unit of the tables of BOOK (`steelyard bulk
    template`).
    """
    from steelyard.work.statements import statement_of

    day = None if as_of is None else as_of.date()
    said = statement_of(settings, book, dialect, period, day, output, waivers=waivers)
    click.echo(said)
