"""`steelyard sample`: a made-up population over the books at hand, to try things on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from steelyard.cli.option_types import OneOf, Whole
from steelyard.cli.settings import Settings, format_option, print_json, settings_options
from steelyard.errors import Plural

if TYPE_CHECKING:
    from steelyard.sample.population import Member
    from steelyard.work.made_up import Shape
    from steelyard.work.sample_jobs import Order

_MOST_UNITS, _MOST_QUARTERS = 10_000_000, 40


@click.command("sample")
@click.option(
    "--units",
    type=Whole(1, _MOST_UNITS),
    default=100,
    help="How many units there are (default: 100).",
)
@click.option(
    "--seed",
    type=Whole(),
    default=1,
    help="Where chance starts; the same seed gives the same population (default: 1).",
)
@click.option(
    "--quarters",
    type=Whole(1, _MOST_QUARTERS),
    default=4,
    help="How many quarters each unit has (default: 4).",
)
@click.option(
    "--period",
    "first",
    default="2026Q1",
    metavar="QUARTER",
    help="The first quarter (default: 2026Q1).",
)
@click.option(
    "--book",
    "wanted",
    multiple=True,
    metavar="BOOK",
    help="Units of this book only; may be given again.",
)
@click.option(
    "--sector",
    "sectors",
    multiple=True,
    metavar="SECTOR",
    help="Units of this sector only; may be given again.",
)
@click.option(
    "--as",
    "shape",
    type=OneOf(["cases", "store", "parquet"]),
    help="What to write (default: by the name after -o, else cases).",
)
@click.option(
    "-o",
    "output",
    metavar="PATH",
    help="Where to write: a folder (default: sample), a store FILE.db, or FILE.parquet.",
)
@format_option
@settings_options
@click.pass_obj
def command(  # an argument for each option
    settings: Settings,
    units: int,
    seed: int,
    quarters: int,
    first: str,
    wanted: tuple[str, ...],
    sectors: tuple[str, ...],
    shape: Shape | None,
    output: str | None,
    form: str,
) -> None:
    """Make up a population of units over the rule books, to try things on. Nothing in it is real.

    How good a unit is goes together across dimensions and lasts over quarters; evidence is missing
    by method; most units have no breach, and a few have many.
    """
    from steelyard.cli.progress import ticking
    from steelyard.sample.population import members, periods_from
    from steelyard.work.made_up import books_for, make_up, target
    from steelyard.work.sample_jobs import Order

    chosen, path = target(settings, shape, output)
    periods = periods_from(first, quarters)
    books = books_for(settings, wanted, sectors, periods)
    dealt = sorted(members([(book.key, book.sector) for book in books], units))
    order = Order(chosen, seed, periods)
    with ticking(settings) as ticks:
        make_up(settings, order, dealt, path, ticks)
    _tell(settings, order, dealt, path, form)


def _tell(settings: Settings, order: Order, dealt: Iterable[Member], path: Path, form: str) -> None:
    counts = Counter(member.book for member in dealt)
    units, quarters = counts.total(), len(order.periods)
    if form == "json":
        books: list[dict[str, Any]] = []
        for key, count in counts.items():
            book = settings.library.find(key)
            books.append(
                {
                    "id": book.id,
                    "version": book.version,
                    "sector": book.sector,
                    "units": count,
                    "cases": count * quarters,
                }
            )
        said = {
            "schema": "steelyard/sample@1",
            "made_up": True,
            "seed": order.seed,
            "units": units,
            "cases": units * quarters,
            "periods": list(order.periods),
            "as": order.shape,
            "output": str(path),
            "books": books,
        }
        print_json(said)
        return
    say = settings.say
    told = say("made up {cases} of {units} over {books}, in {file}: nothing in them is real")
    words = {
        "cases": say(Plural("{count} case", "{count} cases")).format(count=units * quarters),
        "units": say(Plural("{count} unit", "{count} units")).format(count=units),
        "books": say(Plural("{count} book", "{count} books")).format(count=len(counts)),
    }
    click.echo(told.format(**words, file=path))
