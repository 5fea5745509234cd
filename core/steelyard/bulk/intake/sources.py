"""Where tables come from: Parquet, CSV, a glob or folder of them, or a table of a DuckDB file;
opened as relations of DuckDB, with the file and the row of every row.
"""

from __future__ import annotations

import csv
import glob
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol

from steelyard.bulk.intake.refusals import of_csv, of_file
from steelyard.case.reading.written import Separator
from steelyard.errors import Fault, UsageError, Word, fault, nearest, refusal
from steelyard.files import misread_table, refuse_misnamed

Form = Literal["parquet", "csv", "duckdb"]

FILE, ROW = "steelyard_file", "steelyard_row"
"""The columns that say where a row stands: the file, and its number there, from 1 (of a CSV without
its header)."""
_SUFFIXES: dict[str, Form] = {
    ".parquet": "parquet",
    ".parq": "parquet",
    ".csv": "csv",
    ".tsv": "csv",
}
_DUCKDB = (".duckdb", ".ddb")
_LONGEST_LINE = 1 << 20
_OTHER_SIGNS = (";", "\t", "|", "；", "，", ",")
_SIGN_NAMES = {"\t": Word("a tab")}


class Source(NamedTuple):
    """What a user names as a table: `option` is how, and the place of its faults; `name` the table
    that it fills.
    """

    name: str
    option: str
    path: str


class Executing(Protocol):
    """A connection to DuckDB."""

    def answered(self, query: str) -> list[tuple[Any, ...]]:
        """Return what a query gives; raises duckdb.Error."""


class Opened(NamedTuple):
    """A table as it came: a relation to select from, its columns with DuckDB's types, and how a
    fault names it; `several` where it is of more than one file, and what parts their columns.
    """

    relation: str
    columns: dict[str, str]
    place: str
    several: bool = False
    separator: Separator = ""


def quoted(name: str) -> str:
    """Return a name as an identifier of SQL."""
    return '"' + name.replace('"', '""') + '"'


def text(said: str) -> str:
    """Return a text as a literal of SQL."""
    return "'" + said.replace("'", "''") + "'"


def opened(duck: Executing, source: Source) -> Opened:
    """Return a source as a relation of DuckDB.

    Raises UsageError where nothing is there, where it cannot be read, or where the files of one
    glob do not have the same columns.
    """
    found = _of_duckdb(source.path)
    if found is not None:
        return _attached(duck, source, *found)
    files = _files(source)
    forms = {_form(source, file) for file in files}
    if len(forms) > 1:
        raise UsageError([fault(source.path, "holds both Parquet and CSV: name one of them")])
    return _parquet(duck, source, files) if forms == {"parquet"} else _csv(duck, source, files)


def _of_duckdb(path: str) -> tuple[Path, str] | None:
    """Return the file and the table of `FILE.duckdb:TABLE`, empty where it is not said."""
    for suffix in _DUCKDB:
        file, found, table = path.rpartition(f"{suffix}:")
        if found:
            return Path(file + suffix), table
        if path.lower().endswith(suffix):
            return Path(path), ""
    return None


def files(source: Source) -> list[Path]:
    """Return the files that a source is read from, in the order of their names; raises UsageError
    where there are none here.
    """
    found = _of_duckdb(source.path)
    return [found[0]] if found is not None else _files(source)


def _files(source: Source) -> list[Path]:
    """Return the files that a path, a folder or a glob means, in the order of their names."""
    path = Path(source.path)
    try:
        if path.is_dir():
            found = [one for one in path.iterdir() if one.suffix.lower() in _SUFFIXES]
        elif path.exists():
            found = [path]
        else:
            found = [Path(one) for one in glob.glob(source.path, recursive=True)]  # noqa: PTH207
    except (OSError, ValueError) as problem:
        raise UsageError(
            [fault(source.path, "cannot be read: {problem}", problem=refusal(problem))]
        ) from None
    if not found:
        message = (
            "holds no Parquet or CSV file"
            if path.is_dir()
            else "there is no such file, for {option}"
        )
        raise UsageError([fault(source.path, message, option=source.option)])
    for file in found:
        refuse_misnamed(file)
    return sorted(found)


def _form(source: Source, file: Path) -> Form:
    form = _SUFFIXES.get(file.suffix.lower())
    if form is None:
        raise UsageError(
            [
                fault(
                    str(file),
                    "is no table for {option}: FILE.parquet, FILE.csv, FILE.duckdb:TABLE or a glob "
                    "such as 'part-*.parquet' is wanted",
                    option=source.option,
                )
            ]
        )
    if not os.access(file, os.R_OK) or not file.is_file():
        raise UsageError([fault(str(file), "cannot be read")])
    return form


def _parquet(duck: Executing, source: Source, files: Sequence[Path]) -> Opened:
    shapes = {file: _described(duck, f"read_parquet({text(str(file))})", file) for file in files}
    _alike(shapes)
    named = ", ".join(text(str(file)) for file in files)
    # A name written out costs nothing, one read beside every row a fifth of copying the rows.
    one = len(files) == 1
    said, asked = (text(str(files[0])), "") if one else ("filename", "filename = true, ")
    relation = (
        f"(SELECT * EXCLUDE ({'' if one else 'filename, '}file_row_number), "  # noqa: S608
        f"{said} AS {quoted(FILE)}, file_row_number + 1 AS {quoted(ROW)} "
        f"FROM read_parquet([{named}], {asked}file_row_number = true))"
    )
    return Opened(relation, shapes[files[0]], source.path, len(files) > 1)


def _csv(duck: Executing, source: Source, files: Sequence[Path]) -> Opened:
    """Read CSV files into a table of texts: a text is typed later, as the book wants it."""
    shapes = {file: dict.fromkeys(_header(file), "VARCHAR") for file in files}
    _alike(shapes)
    columns = shapes[files[0]]
    table = quoted(f"steelyard_raw_{source.name}")
    kinds = ", ".join(f"{quoted(name)} VARCHAR" for name in columns)
    duck.answered(
        f"CREATE OR REPLACE TEMP TABLE {table} ({kinds}, {quoted(FILE)} VARCHAR, "
        f"{quoted(ROW)} BIGINT)"
    )
    for file in files:
        kinds = ", ".join(f"{text(name)}: 'VARCHAR'" for name in shapes[file])
        names = ", ".join(map(quoted, columns))
        _ran(
            duck,
            f"INSERT INTO {table} SELECT {names}, {text(str(file))}, row_number() OVER () "  # noqa: S608
            f"FROM read_csv({text(str(file))}, header = true, auto_detect = false, "
            f"delim = {text(separator(str(file)))}, quote = '\"', escape = '\"', nullstr = '', "
            f"max_line_size = {_LONGEST_LINE}, columns = {{{kinds}}})",
            str(file),
            tuple(shapes[file]),
        )
    return Opened(table, columns, source.path, len(files) > 1, separator(str(files[0])))


def separator(path: str) -> Separator:
    """Return what parts the columns of a file by its name, empty for what is no CSV."""
    suffix = Path(path.rstrip("/")).suffix.lower()
    return "\t" if suffix == ".tsv" else "," if suffix == ".csv" else ""


def _header(file: Path) -> list[str]:
    """Return the first line of a CSV; raises UsageError where it names no columns, or one twice."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            names = next(csv.reader(lines, delimiter=separator(str(file))), [])
    except UnicodeDecodeError:
        raise UsageError([fault(str(file), "is not in UTF-8: save it as CSV UTF-8")]) from None
    except csv.Error as problem:
        raise UsageError([misread_table(f"{file}:1", problem)]) from None
    other = next((sign for sign in _OTHER_SIGNS if sign in "".join(names)), "")
    if len(names) == 1 and other:
        raise UsageError(
            [
                fault(
                    f"{file}:1",
                    "the columns are parted by `{sign}`, and `{wanted}` is wanted: save it as CSV "
                    "UTF-8 with commas, or with tabs as .tsv",
                    sign=_SIGN_NAMES.get(other, other),
                    wanted=_SIGN_NAMES.get(separator(str(file)), separator(str(file))),
                )
            ]
        )
    if not any(names):
        raise UsageError(
            [fault(f"{file}:1", "is empty: a line with the names of columns is wanted")]
        )
    faults = [
        fault(f"{file}:1", "the column `{name}` stands twice", name=name)
        for name in dict.fromkeys(names)
        if names.count(name) > 1
    ]
    if "" in names:
        faults.append(fault(f"{file}:1", "column {number} has no name", number=names.index("") + 1))
    if faults:
        raise UsageError(faults)
    return names


def _attached(duck: Executing, source: Source, file: Path, table: str) -> Opened:
    if not file.is_file():
        raise UsageError(
            [fault(str(file), "there is no such file, for {option}", option=source.option)]
        )
    name = quoted(f"steelyard_raw_{source.name}")
    _ran(duck, f"ATTACH {text(str(file))} AS {name} (READ_ONLY)", str(file))
    wanted = table or source.name
    known = [
        row[0]
        for row in duck.answered(
            "SELECT table_name FROM information_schema.tables "  # noqa: S608
            f"WHERE table_catalog = {text(f'steelyard_raw_{source.name}')}"
        )
    ]
    if wanted not in known:
        raise UsageError(
            [fault(str(file), "holds no table `{name}`", nearest(wanted, known), name=wanted)]
        )
    relation = f"{name}.{quoted(wanted)}"
    columns = _described(duck, relation, file)
    place = f"{file}:{wanted}"
    return Opened(
        f"(SELECT *, {text(place)} AS {quoted(FILE)}, row_number() OVER () AS {quoted(ROW)} "  # noqa: S608
        f"FROM {relation})",
        columns,
        place,
    )


def _described(duck: Executing, relation: str, file: Path) -> dict[str, str]:
    rows = _ran(duck, f"DESCRIBE SELECT * FROM {relation}", str(file))  # noqa: S608
    return {row[0]: row[1] for row in rows}


def _alike(shapes: dict[Path, dict[str, str]]) -> None:
    """Raise UsageError where files of one glob have other columns, or columns of other types."""
    first, *others = shapes
    faults: list[Fault] = []
    for file in others:
        for name in {**shapes[first], **shapes[file]}:
            one, other = shapes[first].get(name), shapes[file].get(name)
            if one == other:
                continue
            if one is None or other is None:
                with_, without = (first, file) if other is None else (file, first)
                message = "has no column `{name}`, which {other} has"
                faults.append(fault(str(without), message, name=name, other=with_))
            else:
                faults.append(
                    fault(
                        str(file),
                        "the column `{name}` is {kind}, and in {other} it is {was}",
                        name=name,
                        kind=other,
                        other=first,
                        was=one,
                    )
                )
    if faults:
        raise UsageError(faults)


def _ran(
    duck: Executing, query: str, place: str, columns: Sequence[str] = ()
) -> list[tuple[Any, ...]]:
    """Return what a query of a user's file gives, of a CSV with its columns; raises UsageError
    where it cannot be read.
    """
    import duckdb

    try:
        return duck.answered(query)
    except duckdb.Error as error:
        told = of_csv(place, error, columns) if columns else of_file(place, error)
        raise UsageError([told]) from None
