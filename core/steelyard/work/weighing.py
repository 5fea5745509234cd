"""Weighing many files: on every core, all or nothing."""

from __future__ import annotations

import gc
import json
import os
import pickle
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from operator import itemgetter
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from steelyard.case.formats.files import cases_in, documents_in
from steelyard.case.reading.rollup import Assessed
from steelyard.errors import Fault, SteelyardError
from steelyard.judging.assessment import Assessment, weigh
from steelyard.store.rows import Ready, Row, row_of, summary
from steelyard.ticks import Ticks, silent
from steelyard.work.evidence import checked, told_of_pictures
from steelyard.work.part_lookup import Key, Parts, Waiting, key_of, wait
from steelyard.work.roll_call import Called, called, refused, remarked
from steelyard.work.worker_workspace import Start, WorkerWorkspace, start_of
from steelyard.work.workers import made_apart
from steelyard.work.workspace import Said, Workspace

if TYPE_CHECKING:
    from steelyard.judging.findings import Judges

_Apart = tuple[list[bytes] | None, tuple[Fault, ...], tuple[Fault, ...], tuple[Called, ...], Said]
"""What a worker gives: packed results, faults, what the reading of cases remarks, who they are of,
and what its plugins said.
"""

_ONE_PROCESS = 40
_CHUNK = 16
_IN_MEMORY = 8 * 1024 * 1024


class Result(NamedTuple):
    """An assessment as it is saved, printed and sent between processes, the key of its book, and
    what the reading of its case remarks.
    """

    row: Row
    book: str
    remarks: tuple[Fault, ...] = ()


class Weighed:
    """Results spooled to a temporary file, so that memory does not grow with their number."""

    def __init__(self, spool: IO[bytes]) -> None:
        """Take an empty file."""
        self._spool = spool
        self._places: list[tuple[int, int]] = []
        self.only: Assessment | None = None
        self.assessments: list[Assessment] = []
        self.remarks: list[Fault] = []
        self._called: list[tuple[int, Called]] = []

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

    def call(self, number: int, cases: Iterable[Called]) -> None:
        """Note whose cases the file of that number holds."""
        self._called.extend((number, one) for one in cases)

    @property
    def called(self) -> list[Called]:
        """Who is weighed, in the order of the files."""
        return [one for _, one in sorted(self._called, key=itemgetter(0))]

    def document(self, place: int) -> dict[str, Any]:
        """Return one assessment, counted in the order in which they were weighed."""
        found: dict[str, Any] = json.loads(self._at(self._places[place][1]).row.document)
        return found

    def all(self) -> Iterator[Result]:
        """Yield every result, in the order of the files."""
        return (self._at(start) for _, start in sorted(self._places))

    def texts(self) -> Iterator[str]:
        """Yield every assessment as JSON in a line, in the order of the files."""
        return (one.row.document for one in self.all())

    def summaries(self) -> Iterator[dict[str, Any]]:
        """Yield every assessment in short, in the order of the files."""
        return (summary(one.row.columns) for one in self.all())

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
            for number, (packed, found, noted, named, said) in enumerate(
                _weigh_apart(files, workspace)
            ):
                workspace.hear(said)
                faults.extend(found)
                weighed.remarks.extend(noted)
                weighed.call(number, named)
                for one in packed or ():
                    weighed.keep(one, number)
                if packed is None:
                    waiting.append(number)
                ticks("weighing", number + 1, len(files))
        if waiting:
            _weigh_wholes(files, waiting, workspace, weighed, faults)
        everybody = weighed.called
        faults.extend(refused(everybody))
        if faults:
            # What a plugin does wrong, it does in every file.
            raise SteelyardError({one.text(): one for one in faults}.values())
        weighed.remarks.extend(remarked(everybody))
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


def entries(results: Iterable[Result], workspace: Workspace) -> Iterator[Ready]:
    """Yield results as the store takes them, one at a time."""
    versions = workspace.plugins.versions()
    for one in results:
        yield Ready(one.row, workspace.library.find(one.book).document, versions)


def weigh_file(path: Path, workspace: Workspace, assessed: Assessed) -> list[Assessment]:
    """Return the assessments of the cases in one file; `assessed` finds those of their parts.

    The files behind them are looked up where the workspace names a folder.
    """
    folder = workspace.evidence_folder
    cases = [
        told_of_pictures(case) if folder is None else checked(case, folder)
        for case in cases_in(path, workspace.book_for_case, assessed)
    ]
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
        found = weigh_file(path, workspace, assessed)
        weighed.call(number, (called(one.case) for one in found))
        for assessment in found:
            weighed.keep(_packed(assessment, workspace), number)
            weighed.remarks.extend(assessment.case.remarks)
            weighed.only = assessment if weighed.count == 1 else None
            if workspace.plugins.listens:
                weighed.assessments.append(assessment)
    except Waiting:
        return False
    except SteelyardError as error:
        faults.extend(error.faults)
    return True


def result_of(assessment: Assessment, judges: Judges) -> Result:
    """Return an assessment as it is saved, with its case, names and surveys."""
    case = assessment.case
    row = row_of(
        assessment.to_json(),
        case.text,
        dict(case.names),
        assessment.dimensions,
        surveys_of(assessment, judges),
    )
    return Result(row, case.book, case.remarks)


def surveys_of(assessment: Assessment, judges: Judges) -> dict[str, Any] | None:
    """Return what a later comparison asks of an assessment's surveys; None where its book has
    none.
    """
    from steelyard.comparison.surveys import asks_surveys, surveyed

    if not asks_surveys(assessment.book):
        return None
    return surveyed(assessment, judges).document()


def _packed(assessment: Assessment, workspace: Workspace) -> bytes:
    result = result_of(assessment, workspace.plugins.judge)
    return pickle.dumps(result, pickle.HIGHEST_PROTOCOL)


def _weigh_apart(files: list[Path], workspace: Workspace) -> Iterator[_Apart]:
    chunks = [files[start : start + _CHUNK] for start in range(0, len(files), _CHUNK)]
    for chunk in made_apart(_weigh_chunk, chunks, _start, (start_of(workspace),)):
        yield from chunk


_here: dict[str, WorkerWorkspace] = {}


def _start(start: Start) -> None:
    """Find plugins and books once in each worker."""
    _here["workspace"] = WorkerWorkspace(start)


def _weigh_chunk(paths: list[Path]) -> list[_Apart]:
    # Weighing leaves nothing behind that refers to itself: looking for such garbage all the while
    # finds none.
    gc.disable()
    try:
        found = [_weigh_one(path) for path in paths]
    finally:
        gc.enable()
    _here["workspace"].settle()
    return found


def _weigh_one(path: Path) -> _Apart:
    """Weigh one file in a worker; None where it waits for the assessments of parts."""
    workspace = _here["workspace"]
    try:
        found = weigh_file(path, workspace, wait)
    except Waiting:
        return None, (), (), (), workspace.said()
    except SteelyardError as error:
        return [], error.faults, (), (), workspace.said()
    remarks = tuple(remark for one in found for remark in one.case.remarks)
    named = tuple(called(one.case) for one in found)
    packed = [_packed(one, workspace) for one in found]
    return packed, (), remarks, named, workspace.said()
