"""Loading and checking the hospital's book against only parsing the same YAML with libyaml."""

from __future__ import annotations

import tempfile
from importlib.resources import files
from pathlib import Path

import yaml

from benchmarks.rounds import race, ratio
from steelyard.book.library import Source
from steelyard.book.model import RuleBook
from steelyard.book.reading.load import parse_book
from steelyard.judging.book_cache import Shelf
from steelyard.judging.compiled.compile import write
from steelyard.located_yaml import load as load_marked


def main() -> None:
    """Print how many times as long each way of loading takes as parsing alone."""
    file = files("steelyard_hospital") / "books" / "nine-prohibitions.yaml"
    text = file.read_text(encoding="utf-8")
    wider = (files("steelyard_hospital") / "books" / "base.yaml").read_text(encoding="utf-8")

    def base(_reference: str) -> tuple[str, str]:
        return wider, "base"

    def read() -> RuleBook:
        return parse_book(text, "book", base=base)

    book = read()
    with tempfile.TemporaryDirectory() as folder:
        shelf, source = (
            Shelf(Path(folder)),
            Source(book.id, book.version, "hospital", "book", "hospital", file),
        )

        def kept() -> object:
            return shelf.book(
                source, {}, base, lambda inner, found: parse_book(inner, "book", base=found)
            )

        kept()
        sides = {
            "yaml.compose": lambda: yaml.compose(text, Loader=yaml.CSafeLoader),
            "yaml.safe_load": lambda: yaml.load(text, Loader=yaml.CSafeLoader),
            "marked values": lambda: load_marked(text, "book"),
            "read and checked": read,
            "read, checked and compiled": lambda: write(read()),
            "from the shelf": kept,
        }
        found = race(sides, rounds=15, seconds=0.1)
    print(
        f"{text.count(chr(10))} lines of YAML, {len(book.rules)} rules; how many times "
        f"as long, median [quartiles]"
    )
    for other in ("yaml.compose", "yaml.safe_load"):
        for name in list(sides)[2:]:
            print(f"{name:28} against {other:16}{ratio(found[name], found[other])}")


if __name__ == "__main__":
    main()
