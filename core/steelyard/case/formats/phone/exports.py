"""The exports of a form by ODK Central and KoboToolbox: CSV, JSON and workbooks, as submissions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from steelyard.case.formats.csvfile import csv_content, csv_grid
from steelyard.case.formats.files import json_in
from steelyard.case.formats.grid import Grid, marked
from steelyard.case.formats.phone.form_names import BOOK, PERIOD, THEIRS, UNIT
from steelyard.case.formats.spreadsheet import sheets_with
from steelyard.errors import CaseError, fault
from steelyard.located_yaml import Items, Table, Text, Value

_PARTS = re.compile(r"[/-]")
_IDS = ("__id", "KEY", "instanceID", "_uuid", "_id")
_PLACED = frozenset({"Latitude", "Longitude", "Altitude", "Accuracy"})
_LINK = "@odata.navigationLink"
_INDEX, _PARENT_INDEX = "_index", "_parent_index"
_PARENTS = ("PARENT_KEY", "_submission__uuid", _PARENT_INDEX)
_REJECTED = frozenset({"rejected", "validation_status_not_approved", "Not Approved"})
_ROW = re.compile(r".*/([^/\[]+)\[[0-9]+\]$")

Values = dict[str, Text]


@dataclass(slots=True)
class Submission:
    """One filled-in form: its id, its answers by the names of questions, the rows of its repeats by
    their names, and its number where rows name it by that.
    """

    id: str
    place: str
    values: Values
    repeats: dict[str, list[Values]] = field(default_factory=dict)
    rejected: bool = False
    index: str = ""

    def said(self, key: str) -> str:
        """Return an answer, empty without one."""
        return str(self.values.get(key, "")).strip()

    @property
    def whose(self) -> tuple[str, str, str]:
        """The book, unit and period that it is of."""
        return self.said(BOOK), self.said(UNIT), self.said(PERIOD)


class Export(NamedTuple):
    """The submissions of a file, or rows of a repeat by the submission that they belong to."""

    submissions: Sequence[Submission]
    rows: Sequence[tuple[str, str, Values]] = ()


def export_of(path: Path) -> Export | None:
    """Return what a file holds if it is an export of submissions, else None.

    Raises CaseError for one that is damaged.
    """
    if path.suffix.lower() == ".csv":
        data = csv_content(path, str(path))
        if BOOK.encode() not in data and not any(one.encode() in data for one in _PARENTS):
            return None
        return _tables([csv_grid(data, str(path))])
    if path.suffix.lower() == ".xlsx":
        return _tables(sheets_with(BOOK, path, str(path)))
    if path.suffix.lower() == ".json":
        return _json(json_in(path), str(path))
    return None


def _tables(grids: Iterable[Grid]) -> Export | None:
    """Return what the tables of a file hold: submissions, and in tables beside them the rows of
    their repeats.
    """
    found = [one for one in map(_table, grids) if one is not None]
    if not found:
        return None
    submissions = [one for export in found for one in export.submissions]
    numbered = {one.index: one.id for one in submissions if one.index}
    rows = [
        (numbered.get(parent, parent), name, values)
        for export in found
        for parent, name, values in export.rows
    ]
    return Export(submissions, rows)


def _table(grid: Grid) -> Export | None:
    if not grid.rows:
        return None
    keys = {column: _key(text) for column, text in grid.rows[0][1].items()}
    heads = set(grid.rows[0][1].values())
    parent = next((one for one in _PARENTS if one in heads), "")
    if BOOK not in keys.values() and not parent:
        return None
    if grid.faults:
        raise CaseError(one for _, one in grid.faults)
    found: list[Submission] = []
    rows: list[tuple[str, str, Values]] = []
    for _, cells in grid.rows[1:]:
        place = next(iter(cells.values())).place
        plain = {str(grid.rows[0][1].get(column, "")): text for column, text in cells.items()}
        values = _values(((str(grid.rows[0][1].get(at, "")), text) for at, text in cells.items()))
        if BOOK in keys.values():
            found.append(_submission(plain, place, values, {}))
        elif values:
            rows.append((_bare(plain.get(parent, "")), _repeat_of(plain, grid), values))
    return Export(found, rows)


def _repeat_of(plain: Mapping[str, str], grid: Grid) -> str:
    """Return the repeat that a row belongs to: as its key says, else the name of its sheet or
    file.
    """
    found = _ROW.fullmatch(plain.get("KEY", ""))
    of_file = grid.name.lower().endswith(".csv")
    return found[1] if found else _key(Path(grid.name).stem if of_file else grid.name)


def _json(value: Value, name: str) -> Export | None:
    listed: Value = value
    if isinstance(value, Table):
        listed = next((value[one] for one in ("value", "results") if one in value), value)
    entries = listed if isinstance(listed, Items) else [listed]
    found: list[Submission] = []
    for number, entry in enumerate(entries, 1):
        if not isinstance(entry, Table):
            return None
        plain: dict[str, str] = {}
        repeats: dict[str, list[Values]] = {}
        place = f"{name}: [{number}]"
        values = _values(_leaves(entry, "", plain, repeats, place))
        if BOOK not in values:
            return None
        found.append(_submission(plain, place, values, repeats))
    return Export(found) if found else None


def _leaves(
    entry: Table,
    path: str,
    plain: dict[str, str],
    repeats: dict[str, list[Values]],
    place: str,
) -> Iterator[tuple[str, Text]]:
    """Yield the answers of a submission by their paths; what a server adds goes to `plain`, and the
    rows of repeats to `repeats`.
    """
    for key, value in entry.items():
        full = f"{path}/{key}" if path else key
        if key.endswith(_LINK):
            raise CaseError(
                [
                    fault(
                        place,
                        "the rows of `{name}` are not in the export: ask for it with `$expand=*`",
                        name=key.removesuffix(_LINK),
                    )
                ]
            )
        if isinstance(value, Table) and "coordinates" in value:
            at = value["coordinates"]
            if isinstance(at, Items) and len(at) >= 2:
                # GeoJSON has the longitude first.
                yield full, marked(f"{at[1]} {at[0]}", place)
        elif isinstance(value, Table):
            yield from _leaves(value, full, plain, repeats, place)
        elif isinstance(value, Items):
            if not key.startswith("_") and all(isinstance(one, Table) for one in value):
                repeats[_key(key)] = [
                    _values(_leaves(one, "", {}, {}, place))
                    for one in value
                    if isinstance(one, Table)
                ]
        elif isinstance(value, Text):
            plain[full] = value
            yield full, marked(str(value), f"{place}: {full}")


def _values(pairs: Iterable[tuple[str, Text]]) -> Values:
    """Return answers by the names of their questions, without what servers add and what is empty;
    a place that stands in several columns is one.
    """
    found: Values = {}
    for path, text in pairs:
        parts = _PARTS.split(path)
        key = parts[-1]
        placed = key in _PLACED and len(parts) > 1
        if placed:
            key = parts[-2]
        if not text.strip() or _theirs(path, key):
            continue
        if placed and key in found:
            if parts[-1] == "Longitude":
                found[key] = marked(f"{found[key]} {text}", text.place)
        elif key not in found:
            found[key] = text
    return found


def _theirs(path: str, key: str) -> bool:
    first = _PARTS.split(path)[0]
    return (
        key in THEIRS
        or key.startswith("_")
        or first in {"meta", "formhub", "__system"}
        or path.startswith(("_", "SET-OF-"))
        or path in _PARENTS
    )


def _submission(
    plain: Mapping[str, str], place: str, values: Values, repeats: dict[str, list[Values]]
) -> Submission:
    by_last = {_key(key) if key[:1] != "_" else key: str(text) for key, text in plain.items()}
    identity = next((_bare(by_last[one]) for one in _IDS if by_last.get(one)), "")
    if not identity:
        raise CaseError([fault(place, "the submission has no id: export it with `instanceID`")])
    status = {
        by_last.get("ReviewState", ""),
        by_last.get("reviewState", ""),
        str(plain.get("__system/reviewState", "")),
        str(plain.get("_validation_status/uid", "")),
        str(plain.get("_validation_status", "")),
    }
    rejected = bool(status & _REJECTED)
    return Submission(identity, place, values, repeats, rejected, str(plain.get(_INDEX, "")))


def _key(path: str) -> str:
    return _PARTS.split(path)[-1]


def _bare(identity: str) -> str:
    """Return the id of a submission, from the key of a row within it too."""
    return identity.removeprefix("uuid:").partition("/")[0]
