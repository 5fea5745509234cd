"""However a command is stopped, and wherever in its work: an exit code by the table of
docs/reliability.md, a line for each fault, no traceback, and nothing half there.

Faults are raised where the program calls the system (files, folders, streams, SQLite), one a run:
at a few places of each command, at STEELYARD_FAULTS places where that says so. Places are told
apart by the last lines of the program that lead to them; one that an earlier command was stopped at
is not taken again.
"""

from __future__ import annotations

import errno
import functools
import io
import itertools
import os
import random
import re
import shutil
import signal
import sqlite3
import sys
import traceback
import types
import zipfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from steelyard.cli.main import main
from steelyard.store.store import Store

FEW = 3
PLACES = int(os.environ.get("STEELYARD_FAULTS", FEW))
BOOK = "hospital/nine-prohibitions"
CASE = """\
book: hospital/nine-prohibitions
subject: {id: h-001, name: 某市第一医院}
period: 2026
facts: {medical_staff: 812}
parties: [{id: p-1, kind: person, name: 某甲, role: physician}]
"""
TOWN = """\
book: town/small
version: 1.0.0
sector: town
offices: {works: {zh: 后勤科, en: Works}}
facts:
  rate: {type: number, min: 0, max: 1, decimals: 2, better: higher, method: site, responsible: works}
  policy: {type: boolean, title: Policy}
sections: [{id: all, points: 100}]
rules:
  - {id: rated, section: all, proportional: 1 - rate, points: 70}
  - {id: set, section: all, requires: policy, points: 30}
measures: {warning: {kind: sanction, title: Warning}}
consequences: [{on: subject, when: not policy, falls_on: subject, all: [warning]}]
grades: [{id: high, at_least: 90}, {id: low, at_least: 0}]
"""
HAND = """\
book: town/small
subject: {id: t-1, name: T}
period: 2026
facts: {rate: 0.80, policy: no}
"""

SAMPLE = ("sample", "--units", "2", "--quarters", "1", "--book", BOOK)
RUN = ("bulk", "hospital/base", "--facts", "facts.csv", "--period", "2026")
BOOKS = Path(__file__).parents[2] / "plugins" / "hospital" / "steelyard_hospital" / "books"
TOWNS = ("--books", "books")
DAY = ("--date", "2026-12-01")
"""Today's would change the report where midnight falls between two runs."""
COMMANDS: dict[str, tuple[str, ...]] = {
    "assess": ("assess", "case.yaml"),
    "assess, json": ("assess", "case.yaml", "other.yaml", "--no-save", "--format", "json"),
    "show": ("show", "--format", "json"),
    "show one": ("show", "{id}"),
    "template, yaml": ("template", BOOK, "--from", "case.yaml", "-o", "out.yaml"),
    "template, itself": ("template", BOOK, "--from", "mine.yaml", "-o", "mine.yaml", "--force"),
    "template, wide": ("template", BOOK, "--wide", "-o", "out.csv"),
    "compare, json": ("compare", "--no-save", "--format", "json", "-o", "out.json"),
    "book show": ("book", "show", BOOK),
    "plugins": ("plugins", "--format", "json"),
    "sample, cases": (*SAMPLE, "-o", "out"),
    "new-plugin": ("new-plugin", "museum", "-o", "."),
    "gather": ("gather", "hands", *TOWNS, "-o", "out.yaml"),
}
LIBRARIES = ["altair", "vl_convert", "jinja2", "docxtpl", "PIL", "duckdb"]
if PLACES > FEW:
    LIBRARIES += ["weasyprint", "sqlglot", "z3", "highspy", "krippendorff", "icalendar"]
    COMMANDS |= {
        "help": ("--help",),
        "assess, a folder": ("assess", "hands/one.yaml", *TOWNS, "--evidence", "shown"),
        "demo": ("demo", "--db", "demo.db"),
        "gather, xlsx": ("gather", "hands", *TOWNS, "-o", "out.xlsx", "--format", "json"),
        "agree": ("agree", "hands/one.yaml", "hands/two.yaml", *TOWNS),
        "show, check": ("show", "--check"),
        "rescore": ("rescore", "{id}", "--book", BOOK),
        "due": ("due", "case.yaml", "--on", "2026-03-01"),
        "due, of the store": ("due", "--on", "2026-03-01", "--format", "json"),
        "due, ics": ("due", "case.yaml", "--on", "2026-03-01", "-o", "out.ics"),
        "plan": ("plan", "hands/one.yaml", *TOWNS, "--to", "high"),
        "plan, chart": ("plan", "hands/one.yaml", *TOWNS, "--chart", "out.svg"),
        "why": ("why", "case.yaml", "kickbacks"),
        "why not": ("why", "hands/one.yaml", *TOWNS, "--not", "warning", "--format", "json"),
        "template, xlsx": ("template", BOOK, "--from", "case.yaml", "-o", "out.xlsx"),
        "template, wide xlsx": ("template", BOOK, "--wide", "-o", "out.xlsx"),
        "template, by office": ("template", "town/small", *TOWNS, "--by", "office", "-o", "out"),
        "template, xlsform": (
            *("template", "town/small", *TOWNS),
            *("--as", "xlsform", "-o", "out.xlsx"),
        ),
        "report, html": ("report", "{id}", "--names", *DAY, "-o", "out.html"),
        "report, docx": ("report", "case.yaml", *DAY, "-o", "out.docx"),
        "report, xlsx": ("report", "case.yaml", *DAY, "-o", "out.xlsx"),
        "report, pdf": ("report", "hands/one.yaml", *TOWNS, *DAY, "-o", "out.pdf"),
        "report, all": ("report", "--all", *DAY, "-o", "out"),
        "report, letter": ("report", "--write-template", "out.docx"),
        "report, compare": ("report", "--compare", *DAY, "-o", "out.html"),
        "report, in": ("report", "h-001", "--in", "{compared}", *DAY, "-o", "out.html"),
        "compare": ("compare", "--no-save"),
        "compare, kept": ("compare", "--seed", "2"),
        "compare, html": ("compare", "--no-save", "-o", "out.html"),
        "compare, xlsx": ("compare", "--no-save", "-o", "out.xlsx"),
        "compare, replay": ("compare", "--replay", "{compared}"),
        "compare, runs": ("compare", "--from", "run", "--format", "json"),
        "books": ("books",),
        "book check": ("book", "check", "book.yaml"),
        "book clauses": ("book", "clauses", BOOK),
        "book code": ("book", "code", "book.yaml"),
        "book diff": ("book", "diff", BOOK, "hospital/base"),
        "book schema": ("book", "schema"),
        "verify": ("verify", "books/town.yaml", "-o", "out"),
        "sql": ("sql", BOOK, "--dialect", "duckdb"),
        "bulk": (*RUN, "--out", "out"),
        "bulk, template": ("bulk", "template", BOOK),
        "sample, store": (*SAMPLE, "-o", "out.db"),
        "sample, parquet": (*SAMPLE, "-o", "out.parquet"),
    }

for library_ in LIBRARIES:
    if find_spec(library_) is None:
        pytest.skip(f"needs all extras, which bring {library_}", allow_module_level=True)


def full() -> BaseException:
    return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def forbidden() -> BaseException:
    return OSError(errno.EACCES, os.strerror(errno.EACCES))


def broken() -> BaseException:
    return OSError(errno.EIO, os.strerror(errno.EIO))


def terminated() -> BaseException:
    os.kill(os.getpid(), signal.SIGTERM)
    return KeyboardInterrupt()


FAULTS: dict[str, tuple[Callable[[], BaseException], int]] = {
    "a full disk": (full, 2),
    "no access": (forbidden, 2),
    "a broken disk": (broken, 2),
    "no memory": (MemoryError, 2),
    "Ctrl-C": (KeyboardInterrupt, 130),
    "SIGTERM": (terminated, 143),
}


UNREAD = 141
DEEP = 4
SECONDS = re.compile(r"in [0-9.]+ s$", re.MULTILINE)


class Ended(NamedTuple):
    code: int
    out: str
    err: str
    home: Path


Site = tuple[str, tuple[tuple[str, int], ...]]


def site(what: str) -> Site:
    """Return which call this is: of which kind, and by which lines of the program."""
    lines: list[tuple[str, int]] = []
    frame: types.FrameType | None = sys._getframe(2)
    while frame is not None and len(lines) < DEEP:
        if "/steelyard" in frame.f_code.co_filename:
            lines.append((frame.f_code.co_filename, frame.f_lineno))
        frame = frame.f_back
    return what.partition(" ")[0], tuple(lines)


class Place:
    """Counts the calls to the system, or those of one kind, and raises at one of them."""

    def __init__(
        self, at: int = 0, raised: Callable[[], BaseException] | None = None, of: str = ""
    ) -> None:
        self.at, self.raised, self.of, self.count, self.hit = at, raised, of, 0, ""
        self.sites: dict[Site, tuple[int, int]] = {}

    def passed(self, what: str, *, by_sqlite: bool = False) -> None:
        if not what.startswith(self.of):
            return
        self.count += 1
        if self.raised is None:
            here = site(what)
            self.sites[here] = self.sites.get(here, (self.count,))[0], self.count
        if self.count == self.at and self.raised is not None:
            self.hit = f"{what}\n{''.join(traceback.format_stack(limit=7)[:-2])}"
            error = self.raised()
            raise _of_sqlite(error) if by_sqlite and isinstance(error, OSError) else error

    def watched(self, call: Callable[..., Any], what: str) -> Callable[..., Any]:
        @functools.wraps(call)
        def watching(*given: Any, **more: Any) -> Any:
            self.passed(f"{what} {given[:1]}")
            made = call(*given, **more)
            if isinstance(made, io.BufferedWriter | io.TextIOWrapper) and made.writable():
                made.write = self.watched(made.write, "write")  # type: ignore[method-assign]
            return made

        return watching

    def installed(self, patch: pytest.MonkeyPatch) -> None:
        """Stand between the program and the system, until the patch is undone."""
        place = self

        class Connection(sqlite3.Connection):
            def execute(self, *given: Any) -> sqlite3.Cursor:
                place.passed(f"SQLite {given[0]}", by_sqlite=True)
                return super().execute(*given)

            def executemany(self, *given: Any) -> sqlite3.Cursor:
                place.passed(f"SQLite {given[0]}", by_sqlite=True)
                return super().executemany(*given)

        for name in ("open", "replace", "rename", "link", "fsync", "mkdir", "scandir", "chmod"):
            patch.setattr(os, name, self.watched(getattr(os, name), name))
        opening = self.watched(io.open, "open")
        patch.setattr(io, "open", opening)
        patch.setattr("builtins.open", opening)
        patch.setattr(sqlite3, "connect", functools.partial(sqlite3.connect, factory=Connection))
        for stream, what in ((sys.stdout, "print"), (sys.stderr, "say")):
            patch.setattr(stream, "write", self.watched(stream.write, what))
        patch.setattr(sys.stdout, "flush", self.watched(sys.stdout.flush, "flush"))


def _of_sqlite(error: OSError) -> sqlite3.Error:
    said = sqlite3.OperationalError(error.strerror)
    full = error.errno == errno.ENOSPC
    said.sqlite_errorcode = sqlite3.SQLITE_FULL if full else sqlite3.SQLITE_IOERR
    return said


def chosen(counted: Place, tried: set[Site], most: int, chance: random.Random) -> list[int]:
    """Return at which calls to stop: the first and the last of each place that was not taken
    before, or as many as may be.
    """
    new = {one: calls for one, calls in counted.sites.items() if one not in tried}
    left = sorted({call for calls in new.values() for call in calls})
    if most >= len(left):
        tried.update(new)
    return sorted(chance.sample(left, min(most, len(left))))


def ran(words: tuple[str, ...], place: Place | None = None) -> int:
    with pytest.MonkeyPatch.context() as patch:
        if place is not None:
            place.installed(patch)
        with pytest.raises(SystemExit) as left:
            main(list(words))
    return int(left.value.code or 0)


class Home(NamedTuple):
    """A folder with cases, books and a store, and the ids of an assessment and a comparison in
    it.
    """

    folder: Path
    assessment: str
    compared: str


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Return a folder in which every command has something to do."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(home)
        patch.setenv("STEELYARD_PLUGINS", "hospital")
        texts = {
            "case.yaml": CASE,
            "other.yaml": CASE.replace("h-001", "h-002"),
            "mine.yaml": CASE,
            "books/town.yaml": TOWN,
            "hands/one.yaml": HAND,
            "hands/two.yaml": HAND.replace("0.80", "{value: 0.90, files: [photo.jpg]}"),
            "shown/photo.jpg": "shown",
            "facts.csv": "subject,medical_staff\nh-1,5\nh-2,many\n",
        }
        for name, text in texts.items():
            (home / name).parent.mkdir(exist_ok=True)
            (home / name).write_text(text, encoding="utf-8")
        shutil.copy(BOOKS / "nine-prohibitions.yaml", home / "book.yaml")
        assert ran(("assess", "case.yaml", "other.yaml")) == 0
        if PLACES > FEW:
            assert ran(("compare", "--format", "json", "-o", "kept.json")) == 0
            assert ran((*RUN, "--out", "run")) == 0
        with Store.open("steelyard.db") as store:
            compared = store.query("SELECT id FROM comparisons") if PLACES > FEW else [("",)]
            return Home(home, store.list()[0]["id"], compared[0][0])


@pytest.fixture(scope="module")
def tried() -> set[Site]:
    """Return the places at which commands were stopped so far."""
    return set()


@pytest.fixture(scope="module")
def unread() -> set[Site]:
    """Return the places at which readers went so far."""
    return set()


@pytest.fixture
def ends(
    filled: Home,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Callable[..., Ended]:
    """Run a command in a copy of that folder."""
    monkeypatch.setenv("STEELYARD_PLUGINS", "hospital")
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.delenv("LC_ALL", raising=False)
    number = itertools.count()

    def run(words: tuple[str, ...], place: Place | None = None) -> Ended:
        home = shutil.copytree(filled.folder, tmp_path / str(next(number)))
        monkeypatch.chdir(home)
        names = {"id": filled.assessment, "compared": filled.compared}
        code = ran(tuple(word.format_map(names) for word in words), place)
        said = capsys.readouterr()
        return Ended(code, SECONDS.sub("in … s", said.out), said.err, home)

    return run


def content_of(path: Path) -> object:
    """Return what a file holds; of a workbook, all but the time at which it was made."""
    if path.suffix == ".xlsx":
        with zipfile.ZipFile(path) as archive:
            return {one: archive.read(one) for one in archive.namelist() if "core.xml" not in one}
    return path.read_bytes() if path.is_file() else b""


def files_of(home: Path) -> dict[str, dict[str, object]]:
    """Return what is in each file and folder, stores and what SQLite puts beside them left out."""
    found: dict[str, dict[str, object]] = {}
    for path in home.rglob("*"):
        name = path.relative_to(home)
        if ".db" not in name.name:
            found.setdefault(name.parts[0], {})[str(name)] = content_of(path)
    return found


def saved_in(home: Path) -> set[str]:
    """Return the ids of the assessments in all stores, each read whole."""
    found = set()
    for path in home.glob("*.db"):
        with Store.open(path) as store:
            for one in store.list():
                assert store.get(one["id"])["id"] == one["id"]
                found.add(one["id"])
    return found


def check(clean: Ended, found: Ended, before: Path, code: int) -> None:
    assert "Traceback" not in found.err
    told = [line for line in found.err.splitlines() if line not in clean.err.splitlines()]
    if found.code == clean.code:
        # What only spares work, as the cache does, may fail: the result is then the same. So may
        # one of many books, which is then named.
        same = (found.out, files_of(found.home)) == (clean.out, files_of(clean.home))
        assert same or any(line.startswith("warning: ") for line in told)
        assert saved_in(found.home) == saved_in(clean.home)
        return
    assert found.code == code
    if code == 2:
        assert any(line.startswith("error: ") for line in told)
        assert all(line.startswith(("error: ", "warning: ")) for line in told)
    else:
        assert len(told) == (code != UNREAD)
    old, new = files_of(before), files_of(clean.home)
    for name, content in files_of(found.home).items():
        assert content in (old.get(name), new.get(name)), name
    assert saved_in(before) <= saved_in(found.home) <= saved_in(clean.home)


@pytest.mark.parametrize("words", COMMANDS.values(), ids=COMMANDS)
def test_a_command_that_is_stopped_anywhere(
    ends: Callable[..., Ended], filled: Home, tried: set[Site], words: tuple[str, ...]
) -> None:
    counted = Place()
    clean = ends(words, counted)
    assert clean.code in {0, 1}, clean.err
    chance = random.Random(str(words))
    places = chosen(counted, tried, PLACES, chance)
    kinds = itertools.islice(itertools.cycle(FAULTS), chance.randrange(len(FAULTS)), None)
    wrong = []
    for number, kind in zip(places, kinds, strict=False):
        raised, code = FAULTS[kind]
        place = Place(number, raised)
        found = ends(words, place)
        try:
            check(clean, found, filled.folder, code)
        except AssertionError as error:
            where = f"{kind} at {number} of {counted.count}: {place.hit}"
            wrong.append(f"{where}\n{error}\n{found.code}\n{found.out[-500:]}\n{found.err}")
        shutil.rmtree(found.home)
    assert not wrong, "\n\n".join([f"{len(wrong)} of {len(places)}", *wrong])


@pytest.mark.parametrize("words", COMMANDS.values(), ids=COMMANDS)
def test_a_command_whose_output_nobody_reads_any_more(
    ends: Callable[..., Ended], filled: Home, unread: set[Site], words: tuple[str, ...]
) -> None:
    counted = Place(of="print")
    clean = ends(words, counted)
    assert clean.code in {0, 1}, clean.err
    for number in chosen(counted, unread, PLACES - 2, random.Random(f"unread {words}")):
        place = Place(number, BrokenPipeError, of="print")
        found = ends(words, place)
        assert found.code == (UNREAD if place.hit else clean.code), place.hit
        check(clean, found, filled.folder, UNREAD)
