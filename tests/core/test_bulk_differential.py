"""What bulk writes is what the judge says: over every installed book, and over random books of all
forms with everything that a table can leave open.
"""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from steelyard.book.library import Library
from steelyard.sample.draft import documents
from steelyard.sample.maker import Maker
from steelyard.work.made_up import books_for

from . import bulk_tables
from .strategies import Books, Cases, load, read

BOOKS = int(os.environ.get("STEELYARD_BULK", "8"))
CASES = 12
SHARDS = 4


@pytest.mark.parametrize("shard", range(SHARDS))
def test_random_books_in_bulk(shard: int, tmp_path: Path) -> None:
    for number in range(BOOKS // SHARDS):
        rng = random.Random(f"bulk {shard}/{number}")
        books = Books(rng)
        document = books.document()
        book = load(document)
        makes = Cases(rng, books.words, books.extra)
        cases = []
        for place in range(CASES):
            case = read({**makes.document(), "waivers": books.waivers(document)}, book)
            plain = None if case is None else bulk_tables.told(case.document, f"s-{place}", book)
            cases += [] if plain is None else [plain]
        folder = tmp_path / str(number)
        folder.mkdir()
        bulk_tables.same(book, cases, folder)
