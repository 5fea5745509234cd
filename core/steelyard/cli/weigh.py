"""Weighing many files: on every core, with a progress bar, all or nothing."""

from __future__ import annotations

import json
import multiprocessing
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeVar

from steelyard.case.formats.files import cases_in, documents_in
from steelyard.case.reading.rollup import Assessed
from steelyard.cli.part_lookup import Key, Parts, Waiting, key_of, wait
from steelyard.cli.settings import Settings
from steelyard.errors import Fault, SteelyardError
from steelyard.judging.assessment import Assessment, judge

if TYPE_CHECKING:
    from steelyard.store.rows import Entry

T = TypeVar("T")
_ONE_PROCESS = 40
_CHUNK = 16

Spoken = tuple[str, str, str, str]
"""An assessment, its case and the names of persons, each as JSON, and the key of its book."""


_Apart = tuple[list[Spoken] | None, tuple[Fault, ...], tuple[Fault, ...]]
"""What a worker gives: the assessments, the faults, and what it remarks."""


class Weighed:
    """Assessments spooled to a temporary file, so that memory does not grow with their number."""

    def __init__(self, spool: IO[bytes]) -> None:
        """Take an empty file."""
        self._spool = spool
        self._places: list[tuple[int, int]] = []
        self.only: Assessment | None = None
        self.assessments: list[Assessment] = []
        self.remarks: list[Fault] = []

    @property
    def count(self) -> int:
        """How many assessments there are."""
        return len(self._places)

    def keep(self, spoken: Spoken, number: int) -> None:
        """Keep one assessment of the file of that number, a line for each part: JSON without
        indents holds no line break.
        """
        self._places.append((number, self._spool.seek(0, os.SEEK_END)))
        self._spool.writelines(f"{part}\n".encode() for part in spoken)

    def text(self, place: int) -> str:
        """Return the JSON of one assessment, counted in the order in which they were weighed."""
        self._spool.seek(self._places[place][1])
        return self._line()

    def all(self) -> Iterator[Spoken]:
        """Yield every assessment, in the order of the files."""
        for _, start in sorted(self._places):
            self._spool.seek(start)
            yield self._line(), self._line(), self._line(), self._line()

    def _line(self) -> str:
        return self._spool.readline().decode().removesuffix("\n")

    def texts(self) -> Iterator[str]:
        """Return the JSON of every assessment."""
        return (one for one, *_ in self.all())


@contextmanager
def weigh_all(files: list[Path], settings: Settings) -> Iterator[Weighed]:
    """Weigh every case of every file; raises the faults of all files together, before anything is
    given.

    A unit that is rolled up from the assessments of its parts comes after those of its parts that
    are among the files.
    """
    faults: list[Fault] = []
    waiting: list[int] = []
    with tempfile.TemporaryFile("w+b") as spool:
        weighed = Weighed(spool)
        if len(files) < _ONE_PROCESS or settings.plugins.listens:
            for number, path in enumerate(progress(files, len(files), settings.say("weighing"))):
                if not _weigh_here(path, settings, weighed, number, wait, faults):
                    waiting.append(number)
        else:
            for number, (said, found, remarked) in enumerate(
                progress(_weigh_apart(files, settings), len(files), settings.say("weighing"))
            ):
                faults.extend(found)
                weighed.remarks.extend(remarked)
                for one in said or ():
                    weighed.keep(one, number)
                if said is None:
                    waiting.append(number)
        if waiting:
            _weigh_wholes(files, waiting, settings, weighed, faults)
        if faults:
            raise SteelyardError(faults)
        yield weighed


def _weigh_wholes(
    files: list[Path], waiting: list[int], settings: Settings, weighed: Weighed, faults: list[Fault]
) -> None:
    """Weigh the files that wait for assessments of parts, those that wait for one another in
    turn.
    """
    circle = False
    with Parts(settings.db, weighed) as parts:
        while waiting:
            # Those that wait for each other in a circle have no first: what is not assessed yet is
            # then unknown.
            parts.expect(
                ()
                if circle
                else (case for number in waiting for case in _named(files[number], settings))
            )
            left = [
                number
                for number in waiting
                if not _weigh_here(files[number], settings, weighed, number, parts, faults)
            ]
            circle = len(left) == len(waiting)
            waiting = left
        settings.warn(parts.strayed())


def _named(path: Path, settings: Settings) -> Iterator[Key]:
    """Yield the cases that a file holds, by book, subject and period."""
    for document in documents_in(path, settings.book_for_case):
        yield key_of(document)


def save(weighed: Weighed, settings: Settings) -> None:
    """Save what was weighed, and tell the plugins that listen."""
    from steelyard.store.store import Store

    with Store.open(settings.db) as store:
        store.save(entries(weighed.all(), settings))
    for assessment in weighed.assessments:
        settings.plugins.assessed(assessment)


def entries(assessed: Iterable[Spoken], settings: Settings) -> Iterator[Entry]:
    """Yield assessments as the store takes them, one at a time."""
    from steelyard.store.rows import Entry

    versions = settings.plugins.versions()
    for one, case, names, book in assessed:
        document = settings.library.find(book).document
        yield Entry(json.loads(one), json.loads(case), json.loads(names), dict(document), versions)


def weigh(path: Path, settings: Settings, assessed: Assessed) -> list[Assessment]:
    """Return the assessments of the cases in one file; `assessed` finds those of their parts."""
    cases = cases_in(path, settings.book_for_case, assessed)
    return [
        judge(settings.book_for_case(case.book, str(path)), case, settings.plugins.judge)
        for case in cases
    ]


def _weigh_here(
    path: Path,
    settings: Settings,
    weighed: Weighed,
    number: int,
    assessed: Assessed,
    faults: list[Fault],
) -> bool:
    """Weigh one file, its faults noted; False where it waits for the assessments of parts."""
    try:
        for assessment in weigh(path, settings, assessed):
            weighed.keep(spoken(assessment), number)
            weighed.remarks.extend(assessment.case.remarks)
            weighed.only = assessment if weighed.count == 1 else None
            if settings.plugins.listens:
                weighed.assessments.append(assessment)
    except Waiting:
        return False
    except SteelyardError as error:
        faults.extend(error.faults)
    return True


def spoken(assessment: Assessment) -> Spoken:
    """Return an assessment with its case and names as texts, which travel between processes."""
    case = assessment.case
    said, written, names = (
        json.dumps(part, ensure_ascii=False)
        for part in (assessment.to_json(), case.document, dict(case.names))
    )
    return said, written, names, case.book


def _weigh_apart(files: list[Path], settings: Settings) -> Iterator[_Apart]:
    context = multiprocessing.get_context("spawn")
    told = (settings.language, settings.folders)
    with ProcessPoolExecutor(
        cores(), mp_context=context, initializer=_start, initargs=told
    ) as pool:
        yield from pool.map(_weigh_one, files, chunksize=_CHUNK)


def cores() -> int:
    """Return how many processes work at once."""
    return min(
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        16,
    )


_here: dict[str, Settings] = {}


def _start(language: Any, folders: tuple[str, ...]) -> None:
    """Find plugins and books once in each worker; the parent has named those refused."""
    sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115
    _here["settings"] = Settings(language, folders=folders)


def _weigh_one(path: Path) -> _Apart:
    """Weigh one file in a worker; None where it waits for the assessments of parts."""
    try:
        found = weigh(path, _here["settings"], wait)
    except Waiting:
        return None, (), ()
    except SteelyardError as error:
        return [], error.faults, ()
    remarks = tuple(remark for one in found for remark in one.case.remarks)
    return [spoken(one) for one in found], (), remarks


def progress(items: Iterable[T], total: int, doing: str) -> Iterable[T]:
    """Show how far it is on standard error, where that is a terminal."""
    if total < 2 or not sys.stderr.isatty():
        return items
    from rich.console import Console
    from rich.progress import track

    return track(items, doing, total, console=Console(stderr=True))
