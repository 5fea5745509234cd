"""Keep the examples of wholes true to those of their parts: `python tools/freeze.py` renews the ids
of frozen rows.

An example may hold rows that were rolled up from the examples of its parts, with the ids of those
assessments. An id changes with the part's book, case or the version of Steelyard; the values are
the author's to keep, and are only checked.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from steelyard.book.library import Library
from steelyard.case.reading.read import parse_case
from steelyard.case.reading.rollup import values_of
from steelyard.judging.assessment import weigh
from steelyard.located_yaml import Items, Table, load
from steelyard.plugins.installed import load_plugins

PLUGINS = Path(__file__).parent.parent / "plugins"


class Stale(NamedTuple):
    """A frozen row that no longer says what its part's example comes to."""

    file: Path
    row: str
    was: str
    now: str
    values: tuple[str, ...]


def stale(library: Library) -> Iterator[Stale]:
    """Yield every frozen row of the examples whose id or values are not those of the part's example
    as it is now.
    """
    files = sorted(PLUGINS.glob("*/*/examples/*.yaml"))
    cases = {
        file: case
        for file in files
        if isinstance(case := load(file.read_text("utf-8"), file.name), Table)
    }
    parts = {
        (_said(case, "book"), _id(case), _said(case, "period")): (file, case)
        for file, case in cases.items()
    }
    for file, case in cases.items():
        book = library.find(_said(case, "book"))
        for register in book.registers.values():
            rows = _rows(case, register.id) if register.rolled is not None else []
            for row in rows:
                found = parts.get(
                    (
                        register.rolled.book.partition("@")[0] if register.rolled else "",
                        _said(row, "subject"),
                        _said(row, "period"),
                    )
                )
                if found is None or "assessment" not in row:
                    continue
                part = library.find(_said(found[1], "book"))
                now = weigh(part, parse_case(found[1], part, found[0].name)).to_json()
                wrong = tuple(
                    f"{key}: {value}"
                    for key, value in values_of(now)
                    if key in row and _said(row, key) not in _ways(value)
                )
                if now["id"] != _said(row, "assessment") or wrong:
                    yield Stale(file, _said(row, "id"), _said(row, "assessment"), now["id"], wrong)


def _ways(value: str) -> tuple[str, ...]:
    return (value, {"true": "yes", "false": "no"}.get(value, value))


def _said(table: Table, key: str) -> str:
    return (
        str(table.get(key) or "").partition("@")[0] if key == "book" else str(table.get(key) or "")
    )


def _id(case: Table) -> str:
    subject = case.get("subject")
    return _said(subject, "id") if isinstance(subject, Table) else str(subject)


def _rows(case: Table, register: str) -> list[Table]:
    records = case.get("records")
    held = records.get(register) if isinstance(records, Table) else None
    rows = held.get("rows") if isinstance(held, Table) else held
    return [row for row in rows if isinstance(row, Table)] if isinstance(rows, Items) else []


def main() -> None:
    """Renew the ids, those of parts before those of their wholes, and name the rows whose values
    are not right.
    """
    plugins = load_plugins(strict=True)
    library = Library(plugins.sources, (), plugins.measures)
    while renewed := [one for one in stale(library) if one.was != one.now]:
        for one in renewed:
            one.file.write_text(one.file.read_text("utf-8").replace(one.was, one.now), "utf-8")
            sys.stdout.write(f"{one.file.name}: {one.row} is {one.now}\n")
    for one in stale(library):
        sys.stdout.write(f"{one.file.name}: {one.row} should say {', '.join(one.values)}\n")


if __name__ == "__main__":
    main()
