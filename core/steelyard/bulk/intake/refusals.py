"""What DuckDB could not read or do, in our own words: its own are English, and of its inside."""

from __future__ import annotations

import re
from collections.abc import Sequence

from steelyard.errors import Fault, Plural, Word, fault, refusal_in

_LINE = re.compile(r"CSV Error on Line: (\d+)")
_UNEVEN = re.compile(r"Expected Number of Columns: (\d+) Found: (\d+)")
_USED = re.compile(r"\(([^()/]+)/([^()/]+) used\)")
_OF_A_LINE: tuple[tuple[str, Word], ...] = (
    (
        "unterminated quote",
        Word("a quotation mark is not closed, or text stands beside a closed one"),
    ),
    ("Invalid unicode", Word("it is not in UTF-8: save the file as CSV UTF-8")),
    ("Maximum line size", Word("it is longer than 1 MiB")),
)
_OF_A_FILE: tuple[tuple[str, Word], ...] = (
    ("Parquet", Word("it is no Parquet file, or not all of it is there")),
    ("parquet", Word("it is no Parquet file, or not all of it is there")),
    ("No magic bytes", Word("it is no Parquet file, or not all of it is there")),
    ("valid DuckDB database", Word("it is no DuckDB file")),
    ("storage version", Word("it was written by another version of DuckDB")),
    ("Conflicting lock", Word("another program holds it")),
)


def of_csv(place: str, error: Exception, columns: Sequence[str]) -> Fault:
    """Return why a CSV with these columns cannot be read, with the line where DuckDB names one."""
    said = str(error)
    line = _LINE.search(said)
    if line is None:
        return of_file(place, error)
    at = f"{place}:{line[1]}"
    uneven = _UNEVEN.search(said)
    if uneven is not None:
        wanted, found = int(uneven[1]), int(uneven[2])
        if found < wanted == len(columns):
            few = Plural(
                "has {count} value, and {wanted} are wanted: the column `{name}` "
                "and what comes after it have none",
                "has {count} values, and {wanted} are wanted: the column "
                "`{name}` and what comes after it have none",
            )
            return fault(at, few, count=found, wanted=wanted, name=columns[found])
        message = (
            "has more values than the {wanted} that are wanted, after the column `{name}`: a value "
            "that holds a comma stands in quotation marks"
        )
        return fault(at, message, wanted=wanted, name=columns[-1])
    for words, ours in _OF_A_LINE:
        if words in said:
            return fault(at, "cannot be read: {problem}", problem=ours)
    return fault(at, "cannot be read: {problem}", problem=Word("it is no line of a CSV"))


def of_file(place: str, error: Exception) -> Fault:
    """Return why a file cannot be read."""
    said = str(error)
    system = refusal_in(said)
    ours = next((ours for words, ours in _OF_A_FILE if words in said), None)
    problem = system or ours or _first_line(said)
    return fault(place, "cannot be read: {problem}", problem=problem)


def of_work(error: Exception) -> Fault | None:
    """Return what stopped the work itself, None where that is a fault of ours."""
    name, said = type(error).__name__, str(error)
    if name == "OutOfMemoryException":
        used = _USED.search(said)
        if used is None:
            return fault("--memory", "is not enough")
        message = "is not enough: {used} of {limit} are used"
        return fault("--memory", message, used=used[1], limit=used[2])
    if name in {"IOException", "InvalidInputException", "ConversionException"}:
        return fault("bulk", "{problem}", problem=refusal_in(said) or _first_line(said))
    return None


def _first_line(said: str) -> str:
    return said.partition("\n")[0]
