"""The files behind facts and records, looked up in a folder: which are there, which are missing,
which stand behind two things, and which are older than the period.
"""

from __future__ import annotations

import datetime
import hashlib
import os
import re
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from steelyard.canonical import canonical, known_by
from steelyard.case.formats.files import Find, documents_in
from steelyard.case.model import Case, evidence_of
from steelyard.case.reading.written import Embedded
from steelyard.errors import Fault, UsageError, fault, refusal
from steelyard.files import write
from steelyard.located_yaml import Items, Table

_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+://(?!/)\S+", re.IGNORECASE)
_ROOT = re.compile(r"(?:file:/*)?(?:[A-Za-z]:)?[\\/]+|file:/*", re.IGNORECASE)


class Named(NamedTuple):
    """A file that stands behind something: its name as written, what it shows, and the date that
    its evidence bears.
    """

    file: str
    shows: str
    date: str


class EvidenceFolder:
    """A folder with the files that cases name."""

    def __init__(self, folder: Path) -> None:
        """Raise UsageError where there is no such folder."""
        if not folder.is_dir():
            raise UsageError([fault(f"--evidence: {folder}", "there is no such folder")])
        self.folder = folder
        self._digests: dict[Path, str] = {}

    @cached_property
    def _by_name(self) -> Mapping[str, Sequence[tuple[str, ...]]]:
        """The paths of all files below the folder, by the last part; links to folders are not
        followed.
        """
        found: dict[str, list[tuple[str, ...]]] = defaultdict(list)
        for inner, folders, names in os.walk(self.folder):
            folders.sort()
            for name in sorted(names):
                path = Path(inner, name)
                if path.is_file():
                    found[name].append(path.relative_to(self.folder).parts)
        return found

    def find(self, name: str) -> list[Path]:
        """Return the files that a name may mean: the one at just that place, else all whose path
        ends so. Of a path from the root as much counts as leads to a file.
        """
        rooted = _ROOT.match(name)
        parts = _steps(name[rooted.end() :] if rooted else name)
        for start in range(len(parts)):
            wanted = parts[start:]
            ends = [
                one for one in self._by_name.get(wanted[-1], ()) if one[-len(wanted) :] == wanted
            ]
            if wanted in ends:
                ends = [wanted]
            if ends or not rooted:
                return [self.folder.joinpath(*one) for one in ends]
        return []

    def leads_out(self, path: Path) -> bool:
        """Whether a file is a link to what lies outside the folder."""
        return not path.resolve().is_relative_to(self.folder.resolve())

    def digest(self, path: Path) -> str:
        """Return the SHA-256 of a file."""
        if path not in self._digests:
            with path.open("rb") as file:
                self._digests[path] = f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"
        return self._digests[path]


def _steps(path: str) -> tuple[str, ...]:
    """Return the folders and the file of a path: a step back takes one away, or leads from where
    the workbook lay.
    """
    steps: list[str] = []
    for part in re.split(r"[\\/]+", path):
        if part == "..":
            del steps[-1:]
        elif part not in {"", "."}:
            steps.append(part)
    return tuple(steps)


def checked(case: Case, folder: EvidenceFolder) -> Case:
    """Return a case with the digests of the files that stand behind it, and with remarks on those
    that are missing, doubled, changed or old.
    """
    kept: dict[str, str] = dict(case.document.get("files", {}))
    held = {str(one): one for one in case.embedded}
    shown: dict[str, list[Named]] = defaultdict(list)
    remarks = list(case.remarks)
    for one in named(case):
        place = f"{case.origin}: {one.shows}"
        if _ADDRESS.match(one.file) and not one.file.lower().startswith("file:"):
            remarks.append(
                fault(place, "`{file}` is not looked up: it is an address", file=one.file)
            )
            continue
        digest = held[one.file].digest if one.file in held else ""
        if not digest:
            found = folder.find(one.file)
            digest = _digest(one.file, found, folder, place, remarks)
            if found and digest:
                remarks += _old_file(one, found[0], place, case)
        if not digest:
            continue
        if kept.get(one.file, digest) != digest:
            remarks.append(
                fault(place, "`{file}` is no longer the file that was shown before", file=one.file)
            )
        kept.setdefault(one.file, digest)
        shown[digest].append(one)
        if one.date and one.date < case.first.isoformat():
            remarks.append(
                fault(
                    place,
                    "its evidence `{file}` is of {day}, before {period} begins",
                    file=one.file,
                    day=one.date,
                    period=case.period,
                )
            )
    remarks += _doubled(shown, case.origin)
    document = {**case.document, **({"files": dict(sorted(kept.items()))} if kept else {})}
    text = canonical(document)
    return replace(
        case,
        document=document,
        text=text,
        digest=known_by(text),
        remarks=tuple({one.text(): one for one in remarks}.values()),
    )


def told_of_pictures(case: Case) -> Case:
    """Return a case with a remark on the pictures that its workbook holds, which nobody has asked
    to take out.
    """
    if not case.embedded:
        return case
    first = case.embedded[0]
    told = fault(
        first.place,
        "is a picture that the workbook holds, as `{name}` (in all: {count}): `--evidence FOLDER` "
        "takes them out",
        count=len(case.embedded),
        name=first,
    )
    return replace(case, remarks=(*case.remarks, told))


def named(case: Case) -> Iterator[Named]:
    """Yield every file that stands behind a fact or a record."""
    for name, said in case.document["facts"].items():
        for piece in said if isinstance(said, list) else [said]:
            yield from _files(piece, f"facts.{name}")
    for name, register in case.document["records"].items():
        for row in register["rows"]:
            for piece in evidence_of(row):
                yield from _files(piece, f"records.{name}.{row['id']}")


def _files(piece: Mapping[str, Any], shows: str) -> Iterator[Named]:
    return (Named(str(one), shows, piece.get("date", "")) for one in piece.get("files", ()))


def _digest(
    name: str, found: Sequence[Path], folder: EvidenceFolder, place: str, remarks: list[Fault]
) -> str:
    """Return the digest of the one file found, empty with a remark where it cannot be told."""
    if not found:
        remarks.append(fault(place, "`{file}` is not in {folder}", file=name, folder=folder.folder))
    elif len(found) > 1:
        remarks.append(
            fault(
                place,
                "`{file}` may be {one} or {other}: write the folder too",
                file=name,
                one=found[0],
                other=found[1],
            )
        )
    elif folder.leads_out(found[0]):
        remarks.append(
            fault(
                place,
                "`{file}` is a link that leads out of {folder}, and counts as no evidence: put the "
                "file itself there",
                file=name,
                folder=folder.folder,
            )
        )
    else:
        try:
            return folder.digest(found[0])
        except OSError as problem:
            why = refusal(problem)
            remarks.append(fault(f"{place}: {found[0]}", "cannot be read: {problem}", problem=why))
    return ""


def _old_file(one: Named, path: Path, place: str, case: Case) -> Iterator[Fault]:
    """Yield a remark where a file has not changed since before the period."""
    day = datetime.datetime.fromtimestamp(path.stat().st_mtime, datetime.UTC).date()
    if day < case.first:
        yield fault(
            place,
            "`{file}` was last changed on {day}, before {period} begins",
            file=one.file,
            day=day.isoformat(),
            period=case.period,
        )


def _doubled(shown: Mapping[str, Sequence[Named]], origin: str) -> Iterator[Fault]:
    for some in shown.values():
        first = some[0]
        for one in {one.shows: one for one in some[1:]}.values():
            if one.shows != first.shows:
                yield fault(
                    f"{origin}: {one.shows}",
                    "`{file}` also stands behind {other}, as `{first}`: one file for two things",
                    file=one.file,
                    other=first.shows,
                    first=first.file,
                )


def take_out(pictures: Iterable[Embedded], folder: Path) -> list[Path]:
    """Write embedded pictures into a folder, which is made where it is not; one that is there
    already, bit by bit, stays. Return the files written.

    Raises UsageError, before anything is written, where another file bears the name of one.
    """
    new: list[tuple[Path, bytes]] = []
    faults: list[Fault] = []
    for one in {str(one): one for one in pictures}.values():
        path = folder / str(one)
        if not path.exists():
            new.append((path, one.content))
        elif not path.is_file() or path.read_bytes() != one.content:
            faults.append(
                fault(str(path), "is another file than the picture at {at}", at=one.place)
            )
    if faults:
        raise UsageError(faults)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        why = refusal(problem)
        raise UsageError(
            [fault(str(folder), "cannot be written: {problem}", problem=why)]
        ) from None
    for path, content in new:
        write(path, content, over=False)
    return [path for path, _ in new]


def take_out_of(files: Sequence[Path], find: Find, folder: Path) -> list[Path]:
    """Take the pictures out of the workbooks among some case files, into a folder; return the files
    written. `find` gives the book that a case names.
    """
    pictures: dict[str, Embedded] = {}
    for path in files:
        if path.suffix.lower() == ".xlsx" and _holds_pictures(path):
            for document in documents_in(path, find):
                pictures |= {str(one): one for one in _embedded(document)}
    return take_out(pictures.values(), folder) if pictures else []


def _holds_pictures(path: Path) -> bool:
    with zipfile.ZipFile(path) as archive:
        return any(name.lower().startswith("xl/media/") for name in archive.namelist())


def _embedded(value: object) -> Iterator[Embedded]:
    """Yield the embedded pictures of a marked document."""
    if isinstance(value, Embedded):
        yield value
    elif isinstance(value, (Table, Items)):
        for one in value.values() if isinstance(value, Table) else value:
            yield from _embedded(one)
