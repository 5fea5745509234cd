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

from steelyard.case.files import cases_in
from steelyard.cli.settings import Settings
from steelyard.errors import Fault, SteelyardError
from steelyard.judge.assessment import Assessment, judge

if TYPE_CHECKING:
    from steelyard.store.rows import Entry

T = TypeVar("T")
_ONE_PROCESS = 40
_CHUNK = 16

Spoken = tuple[str, str, str, str]
"""An assessment, its case and the names of persons, each as JSON, and the key of its book."""


class Weighed:
    """Assessments spooled to a temporary file, so that memory does not grow with their number."""

    def __init__(self, spool: IO[str]) -> None:
        """Take an empty text file."""
        self._spool = spool
        self.count = 0
        self.only: Assessment | None = None
        self.assessments: list[Assessment] = []

    def add(self, spoken: Spoken) -> None:
        """Keep one assessment, a line for each of its parts: JSON written without indents holds no line break."""
        self._spool.writelines(f"{part}\n" for part in spoken)
        self.count += 1

    def all(self) -> Iterator[Spoken]:
        """Give every assessment, in the order of the files."""
        self._spool.seek(0)
        lines = (line.removesuffix("\n") for line in self._spool)
        for one in lines:
            yield one, next(lines), next(lines), next(lines)

    def texts(self) -> Iterator[str]:
        """Give the JSON of every assessment."""
        return (one for one, *_ in self.all())


@contextmanager
def weigh_all(files: list[Path], settings: Settings) -> Iterator[Weighed]:
    """Weigh every case of every file; raises the faults of all files together, before anything is given."""
    faults: list[Fault] = []
    with tempfile.TemporaryFile("w+", encoding="utf-8") as spool:
        weighed = Weighed(spool)
        listens = settings.plugins.listens
        if len(files) < _ONE_PROCESS or listens:
            for path in _progress(files, len(files), settings):
                faults.extend(_weigh_here(path, settings, weighed))
        else:
            for spoken, found in _progress(_weigh_apart(files, settings), len(files), settings):
                faults.extend(found)
                for one in spoken:
                    weighed.add(one)
        if faults:
            raise SteelyardError(faults)
        yield weighed


def save(weighed: Weighed, settings: Settings) -> None:
    """Save what was weighed, and tell the plugins that listen."""
    from steelyard.store.store import Store

    with Store.open(settings.db) as store:
        store.save(_entries(weighed, settings))
    for assessment in weighed.assessments:
        settings.plugins.assessed(assessment)


def _entries(weighed: Weighed, settings: Settings) -> Iterator[Entry]:
    from steelyard.store.rows import Entry

    versions = settings.plugins.versions()
    for one, case, names, book in weighed.all():
        document = settings.library.find(book).document
        yield Entry(json.loads(one), json.loads(case), json.loads(names), dict(document), versions)


def weigh(path: Path, settings: Settings) -> list[Assessment]:
    """Give the assessments of the cases in one file."""
    return [
        judge(settings.book_for_case(case.book, str(path)), case, settings.plugins.judge) for case in cases_in(path, settings.book_for_case)
    ]


def _weigh_here(path: Path, settings: Settings, weighed: Weighed) -> tuple[Fault, ...]:
    try:
        for assessment in weigh(path, settings):
            weighed.add(_spoken(assessment))
            weighed.only = assessment if weighed.count == 1 else None
            if settings.plugins.listens:
                weighed.assessments.append(assessment)
    except SteelyardError as error:
        return error.faults
    return ()


def _spoken(assessment: Assessment) -> Spoken:
    case = assessment.case
    said, written, names = (json.dumps(part, ensure_ascii=False) for part in (assessment.to_json(), case.document, dict(case.names)))
    return said, written, names, case.book


def _weigh_apart(files: list[Path], settings: Settings) -> Iterator[tuple[list[Spoken], tuple[Fault, ...]]]:
    workers = min(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1, 16)
    context = multiprocessing.get_context("spawn")
    told = (settings.language, settings.folders)
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_start, initargs=told) as pool:
        yield from pool.map(_weigh_one, files, chunksize=_CHUNK)


_here: dict[str, Settings] = {}


def _start(language: Any, folders: tuple[str, ...]) -> None:
    """Find plugins and books once in each worker; the parent has named those refused."""
    sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115
    _here["settings"] = Settings(language, folders=folders)


def _weigh_one(path: Path) -> tuple[list[Spoken], tuple[Fault, ...]]:
    try:
        return [_spoken(one) for one in weigh(path, _here["settings"])], ()
    except SteelyardError as error:
        return [], error.faults


def _progress(items: Iterable[T], total: int, settings: Settings) -> Iterable[T]:
    """Show how far it is on standard error, where that is a terminal."""
    if total < 2 or not sys.stderr.isatty():
        return items
    from rich.console import Console
    from rich.progress import track

    return track(items, settings.say("weighing"), total, console=Console(stderr=True))
