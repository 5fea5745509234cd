"""Books kept between runs: the same as when read anew, and never older than what they were made
from.
"""

from __future__ import annotations

import traceback
from pathlib import Path

import pytest

from steelyard.book.library import Library
from steelyard.case.reading.read import parse_case
from steelyard.judging.assessment import weigh
from steelyard.judging.book_cache import Shelf, _sealed, _unsealed
from steelyard.judging.compiled.compile import judging, write
from steelyard.judging.made_from import program_digest
from steelyard.located_yaml import mark

BASE = """\
book: city/base
version: 1.0.0
sector: city
parameters: {floor: {2020-01-01: 0.5}}
facts: {rate: {type: number, min: 0, max: 1, decimals: 2}}
sections: [{id: all, points: 100}]
rules: [{id: one, section: all, requires: rate >= floor, points: 100}]
grades: [{id: any, at_least: 0}]
"""
OWN = "book: city/own\nversion: 1.0.0\nsector: city\nextends: city/base\n"
CASE = mark(
    {"book": "city/own", "subject": {"id": "u"}, "period": "2026", "facts": {"rate": "0.55"}},
    "case",
)


@pytest.fixture
def books(tmp_path: Path) -> Path:
    folder = tmp_path / "books"
    folder.mkdir()
    (folder / "base.yaml").write_text(BASE)
    (folder / "own.yaml").write_text(OWN)
    return folder


def points(books: Path, shelf: Shelf) -> str:
    """Weigh the case with a library of its own, as each run does."""
    book = Library((), [str(books)], {}, shelf).find("city/own")
    return str(weigh(book, parse_case(CASE, book)).low)


def test_a_kept_book_is_the_book_that_was_read(books: Path, tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "cache")
    first = Library((), [str(books)], {}, shelf).find("city/own")
    kept = Library((), [str(books)], {}, shelf).find("city/own")
    assert kept is not first
    assert (kept.digest, kept.rules, kept.facts, kept.grades) == (
        first.digest,
        first.rules,
        first.facts,
        first.grades,
    )
    assert kept.code
    assert points(books, shelf) == "100.00"


def test_a_changed_base_is_noticed(books: Path, tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "cache")
    assert points(books, shelf) == "100.00"
    (books / "base.yaml").write_text(BASE.replace("0.5}", "0.6}"))
    assert points(books, shelf) == "0.00"


def test_a_changed_book_is_noticed(books: Path, tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "cache")
    assert points(books, shelf) == "100.00"
    (books / "own.yaml").write_text(
        OWN + "tailor: {set: {parameters: {floor: {2026-01-01: 0.9}}}}\n"
    )
    assert points(books, shelf) == "0.00"


def test_what_another_version_of_the_program_kept_is_read_anew(
    books: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def keep() -> int:
        assert points(books, Shelf(tmp_path / "cache")) == "100.00"
        return len(list((tmp_path / "cache").glob("*.book")))

    first = keep()
    assert keep() == first
    monkeypatch.setattr("steelyard.judging.book_cache.VERSION", "9.9.9")
    assert keep() == 2 * first
    monkeypatch.setattr("sys.version", "another Python")
    assert keep() == 3 * first


@pytest.mark.parametrize(
    "damage", [b"", b"not a pickle", b"\x80\x05cos\nsystem\n"], ids=["empty", "text", "hostile"]
)
def test_a_damaged_entry_is_made_again(books: Path, tmp_path: Path, damage: bytes) -> None:
    shelf = Shelf(tmp_path / "cache")
    assert points(books, shelf) == "100.00"
    for entry in (tmp_path / "cache").iterdir():
        entry.write_bytes(damage)
    assert points(books, shelf) == "100.00"
    assert all(len(entry.read_bytes()) > 100 for entry in (tmp_path / "cache").iterdir())


def test_a_folder_that_cannot_be_made_is_no_fault(books: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    assert points(books, Shelf(tmp_path / "file" / "cache")) == "100.00"


@pytest.mark.parametrize("waived", [False, True], ids=["plain", "waived"])
def test_a_traceback_shows_the_lines_of_the_judge_also_from_the_shelf(
    books: Path, tmp_path: Path, *, waived: bool
) -> None:
    shelf = Shelf(tmp_path / "cache")
    first = Library((), [str(books)], {}, shelf).find("city/own")
    kept = Library((), [str(books)], {}, shelf).find("city/own")
    # The last is a judge of the same name, whose text is another.
    (books / "base.yaml").write_text(BASE.replace("rate >= floor", "rate + rate >= floor"))
    other = Library((), [str(books)], {}, shelf).find("city/own")
    for book in (first, kept, other):
        case = parse_case(CASE, book)
        moments = (case.as_of.toordinal(), case.first.toordinal(), case.last.toordinal())
        given = (case.flat, {}, ("a word",), case.given, moments, {}, {}, {}, {}, {}, {}, ())
        with pytest.raises(TypeError) as raised:
            judging(book, waived=waived)(*given)
        frame = traceback.extract_tb(raised.value.__traceback__)[-1]
        assert frame.name == "judge"
        assert book.key in frame.filename
        assert frame.lineno is not None
        line = write(book, waived=waived).splitlines()[frame.lineno - 1]
        assert frame.line == line.strip()
        # The rate, or twice the rate, is held against the word, which is the first parameter.
        assert "p0" in line


def test_what_was_sealed_is_read_back_under_its_own_key_alone() -> None:
    kept = _sealed("key", b"a book")
    assert _unsealed("key", kept) == b"a book"
    assert _unsealed("other", kept) is None
    assert _unsealed("key", kept[:-1]) is None


def test_a_module_that_makes_books_and_was_changed_makes_another_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("steelyard.judging.made_from._ROOT", tmp_path)
    seen = {program_digest()}
    for place in ("book/reading/load.py", "errors.py"):
        module = tmp_path / place
        module.parent.mkdir(parents=True, exist_ok=True)
        for text in ("a = 1", "a = 2"):
            module.write_text(text)
            seen.add(program_digest())
    assert len(seen) == 5
