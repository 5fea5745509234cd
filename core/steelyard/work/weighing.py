"""Weighing many files: on every core, all or nothing."""

from __future__ import annotations

import os
import pickle
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from steelyard.case.formats.files import cases_in, documents_in
from steelyard.case.reading.rollup import Assessed
from steelyard.errors import Fault, SteelyardError
from steelyard.judging.assessment import Assessment, weigh
from steelyard.work.part_lookup import Key, Parts, Waiting, key_of, wait
from steelyard.work.workers import made_apart
from steelyard.work.workspace import Workspace, silent

if TYPE_CHECKING:
    from steelyard.comparison.comparison import Ticks
    from steelyard.store.rows import Dimensions, Entry

_Apart = tuple[list[bytes] | None, tuple[Fault, ...], tuple[Fault, ...]]
"""What a worker gives: packed results, faults, and what the reading of cases remarks."""

_ONE_PROCESS = 40
_CHUNK = 16
_IN_MEMORY = 8 * 1024 * 1024


class Result(NamedTuple):
    """An assessment as plain data, which is printed, saved and sent between processes: with its
    case, the names of persons, the key of its book, and the exact ends of its dimensions.
    """

    assessment: dict[str, Any]
    case: Mapping[str, Any]
    names: Mapping[str, str]
    book: str
    dimensions: Dimensions


class Weighed:
    """Results spooled to a temporary file, so that memory does not grow with their number."""

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

    def keep(self, packed: bytes, number: int) -> None:
        """Keep one packed result of the file of that number."""
        self._places.append((number, self._spool.seek(0, os.SEEK_END)))
        try:
            self._spool.write(packed)
        except OSError as error:
            # The file has no name; its folder is what is full.
            error.filename = tempfile.gettempdir()
            raise

    def document(self, place: int) -> dict[str, Any]:
        """Return one assessment, counted in the order in which they were weighed."""
        return self._at(self._places[place][1]).assessment

    def all(self) -> Iterator[Result]:
        """Yield every result, in the order of the files."""
        return (self._at(start) for _, start in sorted(self._places))

    def documents(self) -> Iterator[dict[str, Any]]:
        """Yield every assessment, in the order of the files."""
        return (one.assessment for one in self.all())

    def _at(self, start: int) -> Result:
        self._spool.seek(start)
        found: Result = pickle.load(self._spool)  # noqa: S301  # packed by this run, in a file without a name
        return found


@contextmanager
def weigh_all(files: list[Path], workspace: Workspace, ticks: Ticks = silent) -> Iterator[Weighed]:
    """Weigh every case of every file; raises the faults of all files together, before anything is
    given.

    A unit that is rolled up from the assessments of its parts comes after those of its parts that
    are among the files.
    """
    faults: list[Fault] = []
    waiting: list[int] = []
    with tempfile.SpooledTemporaryFile(_IN_MEMORY, "w+b") as spool:
        weighed = Weighed(spool)
        if len(files) < _ONE_PROCESS or workspace.plugins.listens:
            for number, path in enumerate(files):
                if not _weigh_here(path, workspace, weighed, number, wait, faults):
                    waiting.append(number)
                ticks("weighing", number + 1, len(files))
        else:
            for number, (packed, found, remarked) in enumerate(_weigh_apart(files, workspace)):
                faults.extend(found)
                weighed.remarks.extend(remarked)
                for one in packed or ():
                    weighed.keep(one, number)
                if packed is None:
                    waiting.append(number)
                ticks("weighing", number + 1, len(files))
        if waiting:
            _weigh_wholes(files, waiting, workspace, weighed, faults)
        if faults:
            raise SteelyardError(faults)
        workspace.warn(weighed.remarks)
        yield weighed


def _weigh_wholes(
    files: list[Path],
    waiting: list[int],
    workspace: Workspace,
    weighed: Weighed,
    faults: list[Fault],
) -> None:
    """Weigh the files that wait for assessments of parts, those that wait for one another in
    turn.
    """
    circle = False
    with Parts(workspace.db, weighed) as parts:
        while waiting:
            # Those that wait for each other in a circle have no first: what is not assessed yet is
            # then unknown.
            parts.expect(
                ()
                if circle
                else (case for number in waiting for case in _named(files[number], workspace))
            )
            left = [
                number
                for number in waiting
                if not _weigh_here(files[number], workspace, weighed, number, parts, faults)
            ]
            circle = len(left) == len(waiting)
            waiting = left
        workspace.warn(parts.strayed())


def _named(path: Path, workspace: Workspace) -> Iterator[Key]:
    """Yield the cases that a file holds, by book, subject and period."""
    for document in documents_in(path, workspace.book_for_case):
        yield key_of(document)


def save(weighed: Weighed, workspace: Workspace) -> None:
    """Save what was weighed, and tell the plugins that listen."""
    from steelyard.store.store import Store

    with Store.open(workspace.db) as store:
        store.save(entries(weighed.all(), workspace))
    for assessment in weighed.assessments:
        workspace.plugins.assessed(assessment)


def entries(results: Iterable[Result], workspace: Workspace) -> Iterator[Entry]:
    """Yield results as the store takes them, one at a time."""
    from steelyard.store.rows import Entry

    versions = workspace.plugins.versions()
    for one in results:
        document = workspace.library.find(one.book).document
        yield Entry(one.assessment, one.case, one.names, dict(document), versions, one.dimensions)


def weigh_file(path: Path, workspace: Workspace, assessed: Assessed) -> list[Assessment]:
    """Return the assessments of the cases in one file; `assessed` finds those of their parts."""
    cases = cases_in(path, workspace.book_for_case, assessed)
    return [
        weigh(workspace.book_for_case(case.book, str(path)), case, workspace.plugins.judge)
        for case in cases
    ]


def _weigh_here(
    path: Path,
    workspace: Workspace,
    weighed: Weighed,
    number: int,
    assessed: Assessed,
    faults: list[Fault],
) -> bool:
    """Weigh one file, its faults noted; False where it waits for the assessments of parts."""
    try:
        for assessment in weigh_file(path, workspace, assessed):
            weighed.keep(_packed(assessment), number)
            weighed.remarks.extend(assessment.case.remarks)
            weighed.only = assessment if weighed.count == 1 else None
            if workspace.plugins.listens:
                weighed.assessments.append(assessment)
    except Waiting:
        return False
    except SteelyardError as error:
        faults.extend(error.faults)
    return True


def result_of(assessment: Assessment) -> Result:
    """Return an assessment with its case and names as plain data."""
    case = assessment.case
    return Result(
        assessment.to_json(), case.document, dict(case.names), case.book, assessment.dimensions
    )


def _packed(assessment: Assessment) -> bytes:
    return pickle.dumps(result_of(assessment), pickle.HIGHEST_PROTOCOL)


def _weigh_apart(files: list[Path], workspace: Workspace) -> Iterator[_Apart]:
    chunks = [files[start : start + _CHUNK] for start in range(0, len(files), _CHUNK)]
    for chunk in made_apart(_weigh_chunk, chunks, _start, (workspace.folders,)):
        yield from chunk


_here: dict[str, Workspace] = {}


def _start(folders: tuple[str, ...]) -> None:
    """Find plugins and books once in each worker; the parent has named those refused."""
    sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115
    _here["workspace"] = Workspace(folders=folders)


def _weigh_chunk(paths: list[Path]) -> list[_Apart]:
    return [_weigh_one(path) for path in paths]


def _weigh_one(path: Path) -> _Apart:
    """Weigh one file in a worker; None where it waits for the assessments of parts."""
    try:
        found = weigh_file(path, _here["workspace"], wait)
    except Waiting:
        return None, (), ()
    except SteelyardError as error:
        return [], error.faults, ()
    remarks = tuple(remark for one in found for remark in one.case.remarks)
    return [_packed(one) for one in found], (), remarks
