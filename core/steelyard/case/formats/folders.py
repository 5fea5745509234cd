"""Which files a user means by the names of files and folders; what lies there and is not read is
named, with what to do about it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from steelyard.errors import CaseError, Fault, Word, fault

SUFFIXES = (".xlsx", ".csv", ".yaml", ".yml", ".json")

_NAMED = 20
_KINDS: tuple[tuple[Word, str], ...] = (
    (Word("is an old .xls workbook: save it as .xlsx"), ".xls"),
    (
        Word("is a workbook of another kind: save it as .xlsx"),
        ".xlsm .xlsb .xlt .xltx .xltm .xlw .et .ett .ods .ots .fods .sxc .numbers .gnumeric",
    ),
    (Word("is a table of another kind: save it as .csv"), ".tsv .tab .dbf .prn .parquet"),
    (Word("is packed: unpack it first"), ".zip .rar .7z .gz .bz2 .xz .tar .tgz"),
)
_ADVICE: Mapping[str, Word] = {
    suffix: said for said, suffixes in _KINDS for suffix in suffixes.split()
}
_OTHER = Word("is none of xlsx, csv, yaml, json")
_OPEN = Word("is left by an office program that has a file open: save and close the file there")
_ASIDE = Word("begins with `~`, as copies aside do: rename it if it is a case")
_HIDDEN = Word("is hidden: rename it if it is a case")
_FOLDER = Word("is a folder: open it with `--recursive`, or name it")
_LINKED = Word("is a link to a folder: name it by itself")
_BROKEN = Word("is a link that leads nowhere")
_SPECIAL = Word("is neither a file nor a folder")


class Chosen(NamedTuple):
    """The files that are to be read, each once and in order, and notes on what is passed over."""

    files: list[Path]
    passed: list[Fault]


def files_in(words: Iterable[str], *, recursive: bool = False) -> Chosen:
    """Return the case files that words mean, folders opened; the folders within when `recursive`.

    Raises CaseError for every word that is not there, and for folders without a case file.
    """
    found: dict[str, Path] = {}
    passed: list[Fault] = []
    faults: list[Fault] = []
    for word in words:
        path = Path(word)
        try:
            if path.is_dir():
                opened = _Folder(recursive=recursive)
                opened.open(path)
                inside, noted = opened.files, list(opened.notes(word))
                faults.extend(opened.faults)
                if not inside and not opened.faults:
                    faults += [
                        fault(word, "holds no case: no xlsx, csv, yaml or json file"),
                        *noted,
                    ]
                passed.extend(noted)
                for one in inside:
                    found.setdefault(os.path.realpath(one), one)
            elif path.is_file():
                found.setdefault(os.path.realpath(path), path)
            elif path.exists():
                faults.append(fault(word, "is neither a file nor a folder"))
            else:
                faults.append(fault(word, "there is no such file"))
        except (OSError, ValueError):
            faults.append(fault(word, "cannot be read"))
    if faults:
        raise CaseError(faults)
    return Chosen(list(found.values()), passed)


def unread(path: Path) -> Fault:
    """Return the fault of a file whose suffix is that of no case."""
    return Fault(str(path), _ADVICE.get(path.suffix.lower(), _OTHER).message)


class _Folder:
    """What lies in a folder: case files, and all else by the reason for which it is not read."""

    def __init__(self, *, recursive: bool) -> None:
        self.files: list[Path] = []
        self.faults: list[Fault] = []
        self._recursive = recursive
        self._passed: dict[Word, list[Path]] = {}

    def open(self, folder: Path) -> None:
        """Sort what lies in a folder; one that cannot be opened is a fault."""
        try:
            entries = sorted(folder.iterdir())
        except OSError:
            self.faults.append(fault(str(folder), "cannot be read"))
            return
        within = []
        for entry in entries:
            why = _why_not(entry)
            if why is _FOLDER and self._recursive:
                within.append(entry)
            elif why is None:
                self.files.append(entry)
            else:
                self._passed.setdefault(why, []).append(entry)
        for entry in within:
            self.open(entry)

    def notes(self, word: str) -> Iterator[Fault]:
        """Yield a line for each thing that is passed over, and one that counts them."""
        for why, entries in self._passed.items():
            for entry in entries[:_NAMED]:
                yield Fault(str(entry), why.message)
            if len(entries) > _NAMED:
                yield fault(
                    word,
                    "{count} more like `{name}`: {why}",
                    count=len(entries) - _NAMED,
                    name=entries[_NAMED - 1].name,
                    why=why,
                )
        count = sum(map(len, self._passed.values()))
        if count:
            yield fault(
                word,
                "read here: {read}; passed over: {count}",
                read=len(self.files),
                count=count,
            )


def _why_not(entry: Path) -> Word | None:
    """Return why an entry of a folder is not read, None where it is."""
    name = entry.name
    if name.startswith(("~$", ".~lock.")):
        return _OPEN
    if name.startswith("."):
        return _HIDDEN
    if os.path.isdir(entry):  # noqa: PTH112  # unlike those of a path, these never raise
        kind = _LINKED if os.path.islink(entry) else _FOLDER  # noqa: PTH114
        # Some programs keep a workbook as a folder.
        return _ADVICE.get(entry.suffix.lower(), kind)
    if not os.path.exists(entry):  # noqa: PTH110
        return _BROKEN
    if not os.path.isfile(entry):  # noqa: PTH113
        return _SPECIAL
    if name.startswith("~"):
        return _ASIDE
    suffix = entry.suffix.lower()
    return None if suffix in SUFFIXES else _ADVICE.get(suffix, _OTHER)
