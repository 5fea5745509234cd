"""Loading and checking the hospital's book against only parsing the same YAML with libyaml."""

from __future__ import annotations

import tempfile
from importlib.resources import files
from pathlib import Path

import yaml

from benchmarks.rounds import race, ratio
from steelyard.book.library import Source
from steelyard.book.load import load_book
from steelyard.judge.compile import write
from steelyard.judge.shelf import Shelf
from steelyard.marked import load as load_marked


def main() -> None:
    """Print how many times as long each way of loading takes as parsing alone."""
    file = files("steelyard_hospital") / "books" / "nine-prohibitions.yaml"
    text = file.read_text(encoding="utf-8")
    book = load_book(text, "book")
    with tempfile.TemporaryDirectory() as folder:
        shelf, source = Shelf(Path(folder)), Source(book.id, book.version, "hospital", "book", "hospital", file)

        def kept() -> object:
            return shelf.book(source, {}, _no_base, lambda inner, _base: load_book(inner, "book"))

        kept()
        sides = {
            "yaml.compose": lambda: yaml.compose(text, Loader=yaml.CSafeLoader),
            "yaml.safe_load": lambda: yaml.load(text, Loader=yaml.CSafeLoader),
            "marked values": lambda: load_marked(text, "book"),
            "read and checked": lambda: load_book(text, "book"),
            "read, checked and compiled": lambda: write(load_book(text, "book")),
            "from the shelf": kept,
        }
        found = race(sides, rounds=15, seconds=0.1)
    print(f"{text.count(chr(10))} lines of YAML, {len(book.rules)} rules; how many times as long, median [quartiles]")
    for other in ("yaml.compose", "yaml.safe_load"):
        for name in list(sides)[2:]:
            print(f"{name:28} against {other:16}{ratio(found[name], found[other])}")


def _no_base(reference: str) -> tuple[str, str]:
    raise KeyError(reference)


if __name__ == "__main__":
    main()
