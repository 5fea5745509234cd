"""A made-up population, written as cases, into a store, or as Parquet."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

from steelyard.errors import BookError, CaseError, UsageError, fault, nearest
from steelyard.files import new_folder, placed, refuse_misnamed, refuse_unwritable, writing
from steelyard.ticks import Ticks, silent
from steelyard.work.workspace import Workspace

if TYPE_CHECKING:
    from steelyard.book.model import RuleBook
    from steelyard.sample.population import Member
    from steelyard.work.sample_jobs import Order, Written
    from steelyard.work.weighing import Result

Shape = Literal["cases", "store", "parquet"]

_SUFFIXES: dict[str, Shape] = {
    ".db": "store",
    ".sqlite": "store",
    ".sqlite3": "store",
    ".parquet": "parquet",
}
NOTE = "MADE-UP.txt"


def target(workspace: Workspace, shape: Shape | None, output: str | None) -> tuple[Shape, Path]:
    """Return what is written and where; a file's suffix decides unless it is said."""
    implied = _SUFFIXES.get(Path(output).suffix.lower()) if output else None
    chosen: Shape = shape or implied or "cases"
    if implied is not None and implied != chosen:
        raise UsageError([fault("-o", "`{file}` is no name for {form}", file=output, form=chosen)])
    return chosen, Path(output or (workspace.db if chosen == "store" else "sample"))


def books_for(
    workspace: Workspace, wanted: Sequence[str], sectors: Sequence[str], periods: Sequence[str]
) -> list[RuleBook]:
    """Return the newest version of every book, or those asked for; one that cannot be used is named
    and left out.

    Raises BookError or CaseError where that book was asked for by name, and UsageError where none
    is left.
    """
    from steelyard.sample.maker import check

    library = workspace.library
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
            if wanted or workspace.strict:
                raise
            workspace.warn(error.faults)
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


def make_up(
    workspace: Workspace, order: Order, dealt: Sequence[Member], path: Path, ticks: Ticks = silent
) -> None:
    """Make units to an order, into a folder, a store or Parquet files.

    Raises UsageError where something stands in the way, or a store holds anything real.
    """
    if order.shape == "store":
        _into_store(workspace, order, dealt, path, ticks)
    elif order.shape == "parquet":
        _into_parquet(workspace, order, dealt, path, ticks)
    else:
        _into_folder(workspace, order, dealt, path, ticks)


def _into_store(
    workspace: Workspace, order: Order, dealt: Sequence[Member], path: Path, ticks: Ticks
) -> None:
    """Save assessments as they are made; a store that holds anything real is refused."""
    from steelyard.sample.names import PREFIX
    from steelyard.store.file import told
    from steelyard.store.store import Store
    from steelyard.work.sample_jobs import assessed, made
    from steelyard.work.weighing import entries

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
        if workspace.plugins.listens:
            for unit, results in assessed(order, dealt, workspace, ticks):
                store.save(entries(results, workspace))
                for assessment in unit:
                    workspace.plugins.assessed(assessment)
        else:
            results_ = cast("Iterator[Result]", made(order, dealt, workspace, ticks))
            store.save(entries(results_, workspace))


def _into_folder(
    workspace: Workspace, order: Order, dealt: Sequence[Member], path: Path, ticks: Ticks
) -> None:
    with new_folder(path) as folder:
        _note(folder, order, len(dealt))
        for name, text in _written(workspace, order, dealt, ticks):
            (folder / name).write_text(text, encoding="utf-8", newline="\n")


def _into_parquet(
    workspace: Workspace, order: Order, dealt: Sequence[Member], path: Path, ticks: Ticks
) -> None:
    """Write one file a book into a folder, or the one file of one book."""
    from steelyard.sample.parquet import Sheets, connection

    connection().close()
    refuse_misnamed(path)
    books = {member.book: workspace.library.find(member.book) for member in dealt}
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
        _new_file(path) if alone else new_folder(path) as folder,
    ):
        for book, line in _written(workspace, order, dealt, ticks):
            sheets.take(line, books[book])
        if not alone:
            _note(folder, order, len(dealt))
        sheets.write(
            {
                key: folder / (path.name if alone else f"{book.id.replace('/', '-')}.parquet")
                for key, book in books.items()
            }
        )


def _written(
    workspace: Workspace, order: Order, dealt: Sequence[Member], ticks: Ticks
) -> Iterator[Written]:
    from steelyard.work.sample_jobs import made

    return cast("Iterator[Written]", made(order, dealt, workspace, ticks))


def _note(folder: Path, order: Order, units: int) -> None:
    """Say beside the data that it is made up, and how to make it again."""
    said = (
        f"steelyard sample --units {units} --seed {order.seed} --quarters "
        f"{len(order.periods)} --period {order.periods[0]} --as {order.shape}"
    )
    text = (
        f"本目录中的单位、事实和记录全部为虚构。\nEvery unit, fact and record in this "
        f"folder is made up.\n\n{said}\n"
    )
    (folder / NOTE).write_text(text, encoding="utf-8", newline="\n")


@contextmanager
def _new_file(path: Path) -> Iterator[Path]:
    """Yield a folder in which to write the file of that name, which then takes its place."""
    if os.path.lexists(path):
        raise UsageError([placed(path)])
    refuse_unwritable(path, over=False)
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)
        with (Path(folder) / path.name).open("rb") as made, writing(path, over=False) as file:
            shutil.copyfileobj(made, file)
