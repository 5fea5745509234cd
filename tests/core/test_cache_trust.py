"""A kept book never decides a number: an entry that is not to the bit what was kept is as good as
absent, and so is a folder or file that anybody else could have written.
"""

from __future__ import annotations

import errno
import json
import os
import random
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from steelyard.book.library import Library
from steelyard.case.reading.read import parse_case
from steelyard.judging.assessment import weigh
from steelyard.judging.book_cache import Shelf
from steelyard.judging.cache_folder import CacheFolder, cache_folder
from steelyard.located_yaml import mark
from steelyard.work.workspace import Workspace

BOOKS = {
    # One of every kind of thing that an entry holds: parameters, derived facts, registers, parties,
    # bonus, limiters, consequences, a base and its tailoring.
    "base": """\
book: city/base
version: 1.0.0
sector: city
parameters: {floor: {2020-01-01: 0.5}}
facts:
  staff: {type: integer, min: 0, max: 999}
  trained: {type: integer, min: 0, max: staff}
  rate: {is: trained / staff, min: 0, max: 1}
parties: {person: {role: [head, other]}}
records: {faults: {person: person, grave: boolean}}
sections: [{id: all, points: 100}]
rules:
  - {id: one, section: all, requires: rate >= floor, points: 60}
  - {id: two, section: all, demerit: {over: faults, each: 5}, points: 40}
measures: {warned: {kind: sanction}}
limiters: [{id: cap, when: "any(faults, grave)", effect: {cap_grade: poor}}]
consequences: [{on: faults, when: grave, falls_on: person, all: [warned]}]
grades: [{id: good, at_least: 80}, {id: poor, at_least: 0}]
""",
    "own": "book: city/own\nversion: 1.0.0\nsector: city\nextends: city/base\n",
    "other": """\
book: city/other
version: 1.0.0
sector: city
facts: {staff: {type: integer, min: 0, max: 999}, trained: {type: integer, min: 0, max: 999}}
parties: {person: {role: [head, other]}}
records: {faults: {person: person, grave: boolean}}
sections: [{id: all, points: 100}]
rules: [{id: one, section: all, requires: trained >= 900, points: 100}]
grades: [{id: any, at_least: 0}]
""",
}
CASE = {
    "subject": {"id": "u"},
    "period": "2026",
    "facts": {"staff": "10", "trained": "8"},
    "parties": [{"id": "p-1", "kind": "person", "role": "head"}],
    "records": {"faults": [{"id": "f-1", "person": "p-1", "grave": "yes"}]},
}
FLIPS = 500


class Bench:
    """A folder of books, a cache, and a case that is weighed as each run weighs it."""

    def __init__(self, folder: Path) -> None:
        self.books, self.cache = folder / "books", folder / "cache"
        self.books.mkdir()
        for name, text in BOOKS.items():
            (self.books / f"{name}.yaml").write_text(text)

    def assessment(self, name: str = "city/own", shelf: Shelf | None = None) -> bytes:
        book = Library((), [str(self.books)], {}, shelf or Shelf(self.cache)).find(name)
        case = parse_case(mark({"book": name, **CASE}, "case"), book)
        return json.dumps(weigh(book, case).to_json()).encode()

    def entry(self, name: str = "city/own") -> Path:
        """Return the entry of a book, which is weighed to have it."""
        before = set(self.entries())
        self.assessment(name)
        [entry] = set(self.entries()) - before
        return entry

    def entries(self) -> list[Path]:
        return sorted(self.cache.glob("*")) if self.cache.is_dir() else []


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_the_example_weighs_what_it_should(bench: Bench) -> None:
    # 8 of 10 are over half, 60; one fault costs 5 of 40; the grave one caps the grade and warns.
    for told in (bench.assessment(), bench.assessment()):
        found = json.loads(told)
        assert found["score"]["low"] == found["score"]["high"] == "95.00"
        assert found["grade"]["low"] == found["grade"]["high"] == "poor"
        assert [one["options"] for one in found["consequences"]] == [[["warned"]]]


@pytest.mark.parametrize("name", ["city/own", "city/base", "city/other"])
def test_a_flipped_bit_anywhere_is_noticed_and_mended(bench: Bench, name: str) -> None:
    entry = bench.entry(name)
    told, whole, shelf = bench.assessment(name), entry.read_bytes(), Shelf(bench.cache)
    # Every byte of the head, and as many more as make a third of FLIPS, spread over the rest.
    head = len(b"steelyard book 2\n") + 32
    chance = random.Random(name)
    places = [*range(head), *chance.sample(range(head, len(whole)), FLIPS // 3 + 1 - head)]
    for place in places:
        spoilt = bytearray(whole)
        spoilt[place] ^= 1 << chance.randrange(8)
        entry.write_bytes(spoilt)
        assert bench.assessment(name, shelf) == told, place
        mended = entry.read_bytes()
        assert mended != bytes(spoilt), place
        # It is not only rewritten, but taken from then on.
        assert CacheFolder(bench.cache).read(entry.name) == mended
    assert len(places) == FLIPS // 3 + 1


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _: b"",
    "its head alone": lambda whole: whole[:17],
    "without its last byte": lambda whole: whole[:-1],
    "half": lambda whole: whole[: len(whole) // 2],
    "with a byte more": lambda whole: whole + b"\0",
    "twice": lambda whole: whole * 2,
    "of zeros, as after a crash of the machine": lambda whole: bytes(len(whole)),
    "of the form before digests": lambda whole: whole[17 + 32 :],
    "a pickle that runs a command": lambda _: b"cos\nsystem\n(S'touch ran'\ntR.",
    "that pickle under the head": lambda whole: whole[:49] + b"cos\nsystem\n(S'touch ran'\ntR.",
    "of another form's head": lambda whole: whole.replace(b"book 2", b"book 3", 1),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_entry_is_as_good_as_absent(
    bench: Bench, damage: Callable[[bytes], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(bench.books)
    entry = bench.entry()
    told, spoilt = bench.assessment(), damage(entry.read_bytes())
    entry.write_bytes(spoilt)
    assert bench.assessment() == told
    assert entry.read_bytes() != spoilt
    assert not (bench.books / "ran").exists()


def test_entries_that_took_each_others_place_are_not_taken(bench: Bench) -> None:
    own, other = bench.entry("city/own"), bench.entry("city/other")
    told = [bench.assessment("city/own"), bench.assessment("city/other")]
    aside = own.read_bytes()
    own.write_bytes(other.read_bytes())
    other.write_bytes(aside)
    assert [bench.assessment("city/own"), bench.assessment("city/other")] == told
    assert own.read_bytes() != other.read_bytes() != aside


def test_an_entry_of_another_version_is_not_taken_under_the_name_of_this_one(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = bench.entry()
    told = bench.assessment()
    with monkeypatch.context() as patch:
        patch.setattr("steelyard.judging.book_cache.VERSION", "9.9.9")
        newer = bench.entry()
        spoilt = newer.read_bytes()
    entry.write_bytes(spoilt)
    assert bench.assessment() == told
    assert entry.read_bytes() != spoilt


@pytest.fixture
def other_user() -> int:
    if os.geteuid() != 0:
        pytest.skip("only root can give a file to another user")
    return 65534


def _refused(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Weigh beside a folder that must not be used, and return what is said of it."""
    before = {one.name: one.read_bytes() for one in bench.entries() if one.is_file()}
    assert bench.assessment()
    assert {one.name: one.read_bytes() for one in bench.entries() if one.is_file()} == before
    monkeypatch.setenv("STEELYARD_CACHE", str(bench.cache))
    workspace = Workspace(folders=(str(bench.books),))
    assert workspace.library.find("city/own").rules
    return [one.text() for one in workspace.notices]


@pytest.mark.parametrize("mode", [0o777, 0o1777, 0o770, 0o720], ids=oct)
def test_a_folder_that_others_can_write_is_not_used(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, mode: int
) -> None:
    bench.entry().write_bytes(b"theirs")
    bench.cache.chmod(mode)
    assert _refused(bench, monkeypatch) == [
        f"{bench.cache}: others can write to it, and no books are kept in it"
    ]


def test_a_folder_of_another_user_is_not_used(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, other_user: int
) -> None:
    bench.entry().write_bytes(b"theirs")
    os.chown(bench.cache, other_user, -1)
    assert _refused(bench, monkeypatch) == [
        f"{bench.cache}: belongs to another user, and no books are kept in it"
    ]


def test_a_link_to_a_folder_is_not_used(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.entry().write_bytes(b"theirs")
    bench.cache.rename(bench.cache.with_name("elsewhere"))
    bench.cache.symlink_to("elsewhere")
    assert _refused(bench, monkeypatch) == [
        f"{bench.cache}: is a link, and no books are kept in it"
    ]


def test_a_folder_of_ones_own_is_used_without_a_word(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STEELYARD_CACHE", str(bench.cache))
    for _ in "new", "there":
        workspace = Workspace(folders=(str(bench.books),))
        workspace.library.find("city/own")
        assert workspace.notices == []
    assert len(bench.entries()) == 1
    assert bench.cache.stat().st_mode & 0o777 == 0o700
    assert bench.entries()[0].stat().st_mode & 0o777 == 0o600


def _theirs(entry: Path) -> None:
    os.chown(entry, 65534, -1)


def _open_to_all(entry: Path) -> None:
    entry.chmod(0o666)


def _link(entry: Path) -> None:
    entry.rename(entry.with_name("kept-apart"))
    entry.symlink_to("kept-apart")


def _pipe(entry: Path) -> None:
    entry.unlink()
    os.mkfifo(entry)


ENTRIES = {"others can write": _open_to_all, "is a link": _link, "is a pipe": _pipe}


@pytest.mark.parametrize("spoil", ENTRIES.values(), ids=ENTRIES)
def test_an_entry_that_is_not_ones_own_file_is_made_again(
    bench: Bench, spoil: Callable[[Path], None]
) -> None:
    entry = bench.entry()
    spoil(entry)
    assert CacheFolder(bench.cache).read(entry.name) is None
    assert bench.assessment()
    assert CacheFolder(bench.cache).read(entry.name)
    assert entry.is_file()
    assert not entry.is_symlink()


@pytest.mark.usefixtures("other_user")
def test_an_entry_of_another_user_is_made_again(bench: Bench) -> None:
    entry = bench.entry()
    _theirs(entry)
    assert CacheFolder(bench.cache).read(entry.name) is None
    assert bench.assessment()
    assert entry.stat().st_uid == os.geteuid()


PLACES = {
    "said outright": ({"STEELYARD_CACHE": "here"}, "here"),
    "the base directory": ({"XDG_CACHE_HOME": "/base"}, "/base/steelyard"),
    "a relative base directory is ignored": (
        {"XDG_CACHE_HOME": "base"},
        "/home/u/.cache/steelyard",
    ),
    "an empty base directory is ignored": ({"XDG_CACHE_HOME": ""}, "/home/u/.cache/steelyard"),
    "a relative home is ignored": ({"HOME": "u"}, None),
    "none": ({}, "/home/u/.cache/steelyard"),
}


@pytest.mark.parametrize(("said", "place"), PLACES.values(), ids=PLACES)
def test_where_books_are_kept(
    monkeypatch: pytest.MonkeyPatch, said: dict[str, str], place: str | None
) -> None:
    for name in ("STEELYARD_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"HOME": "/home/u", **said}.items():
        monkeypatch.setenv(name, value)
    assert cache_folder() == (None if place is None else Path(place))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Return a disk of 4 kB, which holds no entry."""
    place = tmp_path / "disk"
    place.mkdir()
    mount, umount = shutil.which("mount"), shutil.which("umount")
    if os.geteuid() != 0 or mount is None or umount is None:
        pytest.skip("only root can mount a small disk")
    command = [mount, "-t", "tmpfs", "-o", "size=4k,mode=700", "none", str(place)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"no small disk can be mounted here: {done.stderr.strip()}")
    yield place
    subprocess.run([umount, str(place)], check=True)


def test_a_full_disk_leaves_no_file(bench: Bench, small_disk: Path) -> None:
    told = bench.assessment()
    bench.cache = small_disk / "cache"
    assert bench.assessment() == told
    assert bench.entries() == []
    with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
        CacheFolder(bench.cache).write(f"{'0' * 64}.book", bytes(20_000))
    assert bench.entries() == []


def test_a_file_that_may_not_grow_leaves_no_file(bench: Bench) -> None:
    resource = pytest.importorskip("resource", reason="this system sets no limit to files")
    told = bench.assessment()
    bench.cache = bench.cache.with_name("fresh")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        assert bench.assessment() == told
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert bench.entries() == []


def test_what_a_killed_run_left_half_written_goes_and_nothing_else(bench: Bench) -> None:
    bench.cache.mkdir(0o700)
    stale = bench.cache / f".{'a' * 64}.book.0123abcd.tmp"
    fresh = bench.cache / f".{'b' * 64}.book.0123abcd.tmp"
    mine = bench.cache / "tmp-of-mine.book"
    for one in (stale, fresh, mine):
        one.write_bytes(b"half")
    for one in (stale, mine):
        os.utime(one, (1, 1))
    entry = bench.entry()
    assert set(bench.cache.iterdir()) == {entry, fresh, mine}
