"""`steelyard sql`: a rule book as one SQL statement for a warehouse."""

from __future__ import annotations

import click

from steelyard.cli.option_types import OneOf
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
    metavar="DAY",
    help="The day as of which is judged (default: the period's last).",
)
@click.option(
    "--output",
    type=OneOf(["scores", "findings", "consequences"]),
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
    as_of: str | None,
    output: str,
    *,
    waivers: bool,
) -> None:
    """Print the statement that weighs every unit of the tables of BOOK (`steelyard bulk
    template`).
    """
    from steelyard.work.naming import day_of
    from steelyard.work.statements import statement_of

    day = None if as_of is None else day_of("--as-of", as_of)
    said = statement_of(settings, book, dialect, period, day, output, waivers=waivers)
    click.echo(said)
