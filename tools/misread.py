"""Plant wrong readings in copies of rule books, and count which their tables of cases notice.

`python tools/misread.py hospital/nine-prohibitions --per-kind 10 --seed 1` takes ten faults of each
kind, weighs the table's cases by the book with one fault at a time, and prints how many came out
otherwise. `--tables` takes the tables from another folder, `--edges` asks the edges that are stated
apart (tests/edges) about what the cases let pass. The books themselves are never touched.
"""

from __future__ import annotations

import argparse
import copy
import importlib
import os
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import click
import yaml
from misreadings import Misreading, misreadings

from steelyard.book.library import Library
from steelyard.errors import SteelyardError
from steelyard.plugins.installed import Plugins, load_plugins
from steelyard.testing.tables import Entry, read_table, read_text
from steelyard.testing.unmet import unmet
from steelyard.testing.weigh import weigh_entry

ROOT = Path(__file__).parents[1]


class Trial:
    """A book with its tables, weighed again with one fault at a time."""

    def __init__(self, book: str, tables: Path, plugins: Plugins, folder: Path) -> None:
        """Read the book's text and its table."""
        self.book, self.plugins, self.folder = book, plugins, folder
        self.source = next(one for one in plugins.sources if one.id == book)
        self.document = yaml.load(self.source.read(), yaml.BaseLoader)  # noqa: S506
        file = tables / f"{book}.yaml"
        self.table: list[Entry] = read_table(read_text(file.read_bytes(), str(file)), str(file))

    def with_fault(self, fault: Misreading) -> Library | None:
        """Return the books with a fault in this one; None where the book is refused."""
        document = copy.deepcopy(self.document)
        fault.plant(document)
        file = self.folder / "book.yaml"
        file.write_text(yaml.safe_dump(document, allow_unicode=True, sort_keys=False), "utf-8")
        sources = [
            one._replace(file=file) if one is self.source else one for one in self.plugins.sources
        ]
        library = Library(sources, (), self.plugins.measures, forms=self.plugins.all_forms)
        try:
            library.find(self.book)
        except SteelyardError:
            return None
        return library

    def noticed(self, library: Library) -> bool:
        """Whether some entry of the table comes out otherwise, or cannot be weighed any more."""
        return any(self._otherwise(entry, library) for entry in self.table)

    def _otherwise(self, entry: Entry, library: Library) -> bool:
        try:
            wanted, found = weigh_entry(
                entry, library.find(self.book), self.plugins.judge, self.book
            )
        except SteelyardError:
            return True
        return bool(unmet(found, wanted, "en"))


def at_an_edge(book: str, library: Library) -> bool:
    """Whether what is stated of a book's edges does not hold of it any more."""
    # Tests are not typed as strictly as tools are.
    edges: Any = importlib.import_module("plugins.test_edges")
    bench = edges.Bench(library.find(book))
    asked: Sequence[Callable[[Any], None]] = (
        edges.test_a_book_has_the_figures_that_are_stated,
        edges.test_every_stage_ends_on_its_last_day,
        edges.test_every_band_begins_at_its_edge,
        edges.test_every_grade_begins_at_its_cut_off,
        edges.test_every_confident_threshold_is_open_between_its_ends,
        edges.test_every_comparison_turns_at_its_edge,
        lambda bench: edges.test_every_rule_is_worth_what_is_stated(bench, lambda _: None),
    )
    for one in asked:
        try:
            one(bench)
        except Exception:  # noqa: BLE001  # whatever goes wrong is noticed
            return True
    return False


def chosen(document: object, per_kind: int, seed: int) -> Iterator[tuple[str, list[Misreading]]]:
    """Yield the faults of each kind in the order in which they are tried."""
    kinds: dict[str, list[Misreading]] = {}
    for one in misreadings(document):
        kinds.setdefault(one.kind, []).append(one)
    for kind, some in kinds.items():
        random.Random(f"{seed} {kind}").shuffle(some)  # noqa: S311  # no secret
        yield kind, some[: 3 * per_kind]


def main(arguments: Sequence[str] | None = None) -> None:
    """Try faults and print what was noticed, a line for each kind and one for each book."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("books", nargs="+")
    parser.add_argument("--tables", type=Path, default=ROOT / "tests" / "cases")
    parser.add_argument("--per-kind", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--edges", action="store_true", help="ask the stated edges too")
    parser.add_argument("--missed", action="store_true", help="print what was let pass")
    given = parser.parse_args(arguments)
    sys.path.insert(0, str(ROOT / "tests"))
    plugins = load_plugins(strict=True)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["STEELYARD_CACHE"] = str(Path(folder) / "cache")
        for book in given.books:
            trial = Trial(book, given.tables, plugins, Path(folder))
            click.echo(f"{book}  {_tried(trial, given)}")


def _tried(trial: Trial, given: argparse.Namespace) -> str:
    whole: Counter[str] = Counter()
    for kind, some in chosen(trial.document, given.per_kind, given.seed):
        counted: Counter[str] = Counter()
        for fault in some:
            if counted["tried"] == given.per_kind:
                break
            library = trial.with_fault(fault)
            if library is None:
                continue
            counted["tried"] += 1
            if trial.noticed(library):
                counted["noticed"] += 1
            elif given.edges and at_an_edge(trial.book, library):
                counted["at an edge"] += 1
            elif given.missed:
                click.echo(f"  not noticed: {kind}: {fault.what}")
        if counted["tried"]:
            click.echo(f"  {kind}: {_share(counted, edges=given.edges)}")
        whole += counted
    return _share(whole, edges=given.edges)


def _share(counted: Counter[str], *, edges: bool) -> str:
    said = f"{counted['noticed']} of {counted['tried']}"
    return f"{said}, and {counted['at an edge']} at an edge" if edges else said


if __name__ == "__main__":
    main()
