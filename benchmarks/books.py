"""Every installed book read and checked in one process, against only parsing the same YAML with
libyaml.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import yaml

from benchmarks.rounds import race, ratio
from steelyard.book.library import Library
from steelyard.judging.book_cache import Shelf
from steelyard.plugins.installed import load_plugins


def main() -> None:
    """Print, for every book and for all together, how many times as long each way takes as parsing
    alone.
    """
    plugins = load_plugins(strict=True)
    texts = {source.key: source.read() for source in plugins.sources}

    def library(folder: str = "") -> Library:
        return Library(
            plugins.sources, (), plugins.measures, Shelf(Path(folder)) if folder else None
        )

    print(
        f"{len(texts)} books, {sum(text.count(chr(10)) for text in texts.values())} "
        f"lines of YAML; times as long, median [quartiles]"
    )
    print(
        f"{'book':32}{'lines':>6}  read and checked against yaml.compose, yaml.load; "
        f"from the cache against yaml.load"
    )
    with tempfile.TemporaryDirectory() as folder:
        for key in texts:
            library(folder).find(key)
        for name, keys in [*((key, [key]) for key in texts), ("all", list(texts))]:
            sides = {
                "compose": lambda keys=keys: [
                    yaml.compose(texts[key], Loader=yaml.CSafeLoader) for key in keys
                ],
                "load": lambda keys=keys: [
                    yaml.load(texts[key], Loader=yaml.CSafeLoader) for key in keys
                ],
                "checked": lambda keys=keys: [library().find(key) for key in keys],
                "kept": lambda keys=keys: [library(folder).find(key) for key in keys],
            }
            found = race(sides, rounds=7, seconds=0.02)
            lines = sum(texts[key].count("\n") for key in keys)
            print(
                f"{name:32}{lines:>6}  {ratio(found['checked'], found['compose'])}  "
                f"{ratio(found['checked'], found['load'])}  "
                f"{ratio(found['kept'], found['load'])}"
            )


if __name__ == "__main__":
    main()
