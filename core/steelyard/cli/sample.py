"""`steelyard sample`: a made-up population over the books at hand, to try things on."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from steelyard.cli.settings import Settings, format_option, settings_options
from steelyard.errors import BookError, CaseError, UsageError, fault, nearest

if TYPE_CHECKING:
    from steelyard.book.model import RuleBook
    from steelyard.cli.sample_jobs import Order
    from steelyard.sample.population import Member

Shape = Literal["cases", "store", "parquet"]

_SUFFIXES: dict[str, Shape] = {
    ".db": "store",
    ".sqlite": "store",
    ".sqlite3": "store",
    ".parquet": "parquet",
}
_MOST_UNITS, _MOST_QUARTERS = 10_000_000, 40
NOTE = "MADE-UP.txt"


@click.command("sample")
@click.option(
    "--units",
    type=click.IntRange(1, _MOST_UNITS),
    default=100,
    help="How many units there are (default: 100).",
)
@click.option(
    "--seed",
    type=int,
    default=1,
    help="Where chance starts; the same seed gives the same population (default: 1).",
)
@click.option(
    "--quarters",
    type=click.IntRange(1, _MOST_QUARTERS),
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
    type=click.Choice(["cases", "store", "parquet"]),
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
    from steelyard.cli.sample_jobs import Order
    from steelyard.sample.population import members, periods_from

    chosen, path = _target(settings, shape, output)
    periods = periods_from(first, quarters)
    books = _books(settings, wanted, sectors, periods)
    dealt = sorted(members([(book.key, book.sector) for book in books], units))
    order = Order(chosen, seed, periods)
    if chosen == "store":
        _into_store(settings, order, dealt, path)
    elif chosen == "parquet":
        _into_parquet(settings, order, dealt, path)
    else:
        _into_folder(settings, order, dealt, path)
    _tell(settings, order, dealt, path, form)


def _target(settings: Settings, shape: Shape | None, output: str | None) -> tuple[Shape, Path]:
    """Return what is written and where; a file's suffix decides unless it is said."""
    implied = _SUFFIXES.get(Path(output).suffix.lower()) if output else None
    chosen: Shape = shape or implied or "cases"
    if implied is not None and implied != chosen:
        raise UsageError([fault("-o", "`{file}` is no name for {form}", file=output, form=chosen)])
    return chosen, Path(output or (settings.db if chosen == "store" else "sample"))


def _books(
    settings: Settings, wanted: Sequence[str], sectors: Sequence[str], periods: Sequence[str]
) -> list[RuleBook]:
    """Return the newest version of every book, or those asked for; one that cannot be used is named
    and left out.

    Raises BookError or CaseError where that book was asked for by name, and UsageError where none
    is left.
    """
    from steelyard.sample.maker import check

    library = settings.library
    keys = [library.source(name, "--book").key for name in wanted]
    keys = keys or [
        library.source(name).key for name in dict.fromkeys(source.id for source in library.sources)
    ]
    found: list[RuleBook] = []
    for key in dict.fromkeys(keys):
        try:
            book = library.find(key)
            check(book, periods)
        except (BookError, CaseError) as error:
            if wanted or settings.strict:
                raise
            settings.warn(error.faults)
        else:
            found.append(book)
    known = {book.sector for book in found}
    faults = [
        fault("--sector", "no book is of the sector `{name}`", nearest(name, known), name=name)
        for name in sectors
        if name not in known
    ]
    if not found:
        faults.append(fault("sample", "there is no rule book to make units for"))
    if faults:
        raise UsageError(faults)
    return [book for book in found if not sectors or book.sector in sectors]


def _into_store(settings: Settings, order: Order, dealt: Sequence[Member], path: Path) -> None:
    """Save assessments as they are made; a store that holds anything real is refused."""
    from steelyard.cli.sample_jobs import assessed, made
    from steelyard.cli.weigh import entries
    from steelyard.sample.names import PREFIX
    from steelyard.store.file import told
    from steelyard.store.store import Store

    with Store.open(path) as store:
        with told(str(path)):
            real = store.db.execute(
                "SELECT subject FROM assessments WHERE substr(subject, 1, ?) <> ? LIMIT 1",
                (len(PREFIX), PREFIX),
            ).fetchone()
        if real is not None:
            raise UsageError(
                [
                    fault(
                        str(path),
                        "holds `{subject}`, which is not made up: choose another store with -o",
                        subject=real[0],
                    )
                ]
            )
        if settings.plugins.listens:
            for unit, spoken in assessed(order, dealt, settings):
                store.save(entries(spoken, settings))
                for assessment in unit:
                    settings.plugins.assessed(assessment)
        else:
            store.save(
                entries(
                    ((one[0], one[1], one[2], one[3]) for one in made(order, dealt, settings)),
                    settings,
                )
            )


def _into_folder(settings: Settings, order: Order, dealt: Sequence[Member], path: Path) -> None:
    from steelyard.cli.sample_jobs import made

    with _new_folder(path) as folder:
        _note(folder, order, len(dealt))
        for name, text in made(order, dealt, settings):
            (folder / name).write_text(text, encoding="utf-8", newline="\n")


def _into_parquet(settings: Settings, order: Order, dealt: Sequence[Member], path: Path) -> None:
    """Write one file a book into a folder, or the one file of one book."""
    import tempfile

    from steelyard.cli.sample_jobs import made
    from steelyard.sample.parquet import Sheets, connection

    connection().close()
    books = {member.book: settings.library.find(member.book) for member in dealt}
    alone = path.suffix.lower() == ".parquet"
    if alone and len(books) > 1:
        raise UsageError(
            [
                fault(
                    str(path),
                    "one Parquet file holds one book: name a folder, or one book with --book",
                )
            ]
        )
    with (
        tempfile.TemporaryDirectory() as gathered,
        Sheets(Path(gathered)) as sheets,
        _new_folder(path, alone=alone) as folder,
    ):
        for book, line in made(order, dealt, settings):
            sheets.take(line, books[book])
        if not alone:
            _note(folder, order, len(dealt))
        sheets.write(
            {
                key: folder / (path.name if alone else f"{book.id.replace('/', '-')}.parquet")
                for key, book in books.items()
            }
        )


def _note(folder: Path, order: Order, units: int) -> None:
    """Say beside the data that it is made up, and how to make it again."""
    said = f"steelyard sample --units {units} --seed {order.seed} --quarters {len(order.periods)} --period {order.periods[0]} --as {order.shape}"
    text = f"本目录中的单位、事实和记录全部为虚构。\nEvery unit, fact and record in this folder is made up.\n\n{said}\n"
    (folder / NOTE).write_text(text, encoding="utf-8", newline="\n")


@contextmanager
def _new_folder(path: Path, *, alone: bool = False) -> Iterator[Path]:
    """Yield a folder to fill, which takes its place when it is whole; with `alone` only the file of
    that name does.

    Raises UsageError where something stands there already, or the place cannot be written.
    """
    import shutil
    import tempfile

    if path.exists() and (alone or not path.is_dir() or any(path.iterdir())):
        raise UsageError([fault(str(path), "is there already: choose another place with -o")])
    filled = None
    try:
        filled = Path(tempfile.mkdtemp(prefix=".sample-", dir=path.parent))
        yield filled
        if alone:
            (filled / path.name).replace(path)
        else:
            if path.exists():
                path.rmdir()
            filled.replace(path)
            path.chmod(0o755)
    except OSError as problem:
        raise UsageError(
            [fault(str(path), "cannot be written: {problem}", problem=problem.strerror or "")]
        ) from None
    finally:
        if filled is not None:
            shutil.rmtree(filled, ignore_errors=True)


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
        sys.stdout.write(json.dumps(said, ensure_ascii=False, indent=2) + "\n")
        return
    told = settings.say(
        "made up {cases} cases of {units} units over {books} books, in {file}: nothing in them is real"
    )
    click.echo(told.format(cases=units * quarters, units=units, books=len(counts), file=path))
