"""What ODK and KoboToolbox give back of a form: their CSV and JSON exports, as submissions, and the
documents that submissions make up.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from steelyard.case.formats.csvfile import csv_content, csv_grid
from steelyard.case.formats.documents import Find, Gathered
from steelyard.case.formats.files import json_in
from steelyard.case.formats.form_names import (
    ANSWER,
    BOOK,
    BY,
    DAY,
    KIND,
    LEADING,
    NAME,
    PERIOD,
    THEIRS,
    UNIT,
    Asked,
    FormNames,
    Repeat,
)
from steelyard.case.formats.grid import Grid, items, marked, table
from steelyard.errors import CaseError, Fault, fault
from steelyard.located_yaml import Items, Table, Text, Value, place_of

_PARTS = re.compile(r"[/-]")
_IDS = ("__id", "KEY", "instanceID", "_uuid", "_id")
_PLACED = frozenset({"Latitude", "Longitude", "Altitude", "Accuracy"})
_LINK = "@odata.navigationLink"
_PARENTS = ("PARENT_KEY", "_submission__uuid")
_REJECTED = frozenset({"rejected", "validation_status_not_approved"})
_ROW = re.compile(r".*/([^/\[]+)\[[0-9]+\]$")

Values = dict[str, Text]


@dataclass(slots=True)
class Submission:
    """One filled-in form: its id, its answers by the names of questions, and the rows of its
    repeats by their names.
    """

    id: str
    place: str
    values: Values
    repeats: dict[str, list[Values]] = field(default_factory=dict)
    rejected: bool = False

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


class Documents(NamedTuple):
    """The documents that submissions make up, each with the file of its first, and what is noted of
    submissions that are passed over.
    """

    found: Sequence[tuple[Path, Table]]
    notes: Sequence[Fault]


def export_of(path: Path) -> Export | None:
    """Return what a file holds if it is an export of submissions, else None.

    Raises CaseError for one that is damaged.
    """
    if path.suffix.lower() == ".csv":
        data = csv_content(path, str(path))
        if BOOK.encode() not in data and not any(one.encode() in data for one in _PARENTS):
            return None
        return _csv(csv_grid(data, str(path)))
    if path.suffix.lower() == ".json":
        return _json(json_in(path), str(path))
    return None


def documents_of(exports: Iterable[tuple[Path, Export]], find: Find) -> Documents:
    """Return a document for each unit and period of which there are submissions.

    Raises CaseError with every fault: answers that are none of the form's, rows without their
    submission, a submission that stands twice and says two things.
    """
    gathered = Gathered()
    kept: dict[str, tuple[Path, Submission]] = {}
    listed = list(exports)
    for path, export in listed:
        for one in export.submissions:
            had = kept.setdefault(one.id, (path, one))[1]
            if had is not one and (had.values, had.repeats) != (one.values, one.repeats):
                gathered.add(
                    one.place,
                    "submission `{id}` says otherwise at {first}: keep the newer",
                    id=one.id,
                    first=had.place,
                )
    for _, export in listed:
        for parent, name, row in export.rows:
            if parent in kept:
                rows = kept[parent][1].repeats.setdefault(name, [])
                rows += [] if row in rows else [row]
            else:
                at = next(iter(row.values())).place
                gathered.add(at, "submission `{id}` of this row is not there", id=parent)
    notes = [
        fault(one.place, "submission `{id}` was rejected, and is passed over", id=one.id)
        for _, one in kept.values()
        if one.rejected
    ]
    whose: dict[tuple[str, str, str], list[tuple[Path, Submission]]] = {}
    for path, one in kept.values():
        if not one.rejected:
            whose.setdefault(one.whose, []).append((path, one))
    found = []
    for some in whose.values():
        path, first = some[0]
        try:
            names = FormNames(find(first.said(BOOK), first.place))
        except CaseError as error:
            gathered.faults.extend(error.faults)
            continue
        found.append((path, _Case(names, [one for _, one in some], gathered).document()))
        notes += _left_out(names, some)
    if gathered.faults:
        raise CaseError(gathered.faults)
    return Documents(found, notes)


def _left_out(names: FormNames, some: Sequence[tuple[Path, Submission]]) -> Iterator[Fault]:
    """Note the registers of which tables hold no row: some servers leave repeats out of them."""
    path = some[0][0]
    if any(one.suffix.lower() != ".csv" for one, _ in some):
        return
    for repeat in names.repeats:
        if not any(repeat.name in one.repeats for _, one in some):
            yield fault(
                str(path),
                "no row of `{name}` came with these tables: KoboToolbox gives repeats in JSON "
                "alone, ODK Central in a table of their own",
                name=repeat.name,
            )


class _Case:
    """What the submissions of one unit and period say."""

    def __init__(
        self, names: FormNames, submissions: Sequence[Submission], gathered: Gathered
    ) -> None:
        self.names = names
        self.submissions = sorted(submissions, key=lambda one: one.id)
        self.gathered = gathered

    def document(self) -> Table:
        """Return the document of a case."""
        first = self.submissions[0]
        self._strangers()
        facts: dict[str, Value] = {}
        for name, asked in self.names.visits.items():
            pieces: list[Value] = [
                self._shown(one, one.values[asked.name], asked)
                for one in self._visits()
                if asked.name in one.values
            ]
            if pieces:
                facts[name] = items(place_of(pieces[0], first.place), pieces)
        for name, asked in self.names.answers.items():
            counted = self._counted(asked)
            if counted is not None:
                facts[name] = counted
        records = {
            repeat.register.id: table(
                first.place,
                {"complete": marked("no", first.place), "rows": items(first.place, rows)},
            )
            for repeat in self.names.repeats
            if (rows := [row for one in self._visits() for row in self._rows(one, repeat)])
        }
        named = next((one.values[NAME] for one in self.submissions if NAME in one.values), None)
        subject: dict[str, Value] = {"id": first.values.get(UNIT)}
        if named is not None:
            subject["name"] = named
        return table(
            first.place,
            {
                "book": first.values.get(BOOK),
                "subject": table(place_of(first.values.get(UNIT), first.place), subject),
                "period": first.values.get(PERIOD),
                "facts": table(first.place, facts),
                "records": table(first.place, dict(records)),
            },
        )

    def _visits(self) -> list[Submission]:
        return [one for one in self.submissions if one.said(KIND) != ANSWER]

    def _counted(self, asked: Asked) -> Table | None:
        """Return a survey of all who have answered a question."""
        answers = [one.values[asked.name] for one in self.submissions if asked.name in one.values]
        if not answers:
            return None
        for text in answers:
            if text not in {"true", "false"}:
                self.gathered.add(text.place, "`{text}` is neither true nor false", text=text)
        place = answers[0].place
        days = [one.said(DAY) for one in self.submissions if asked.name in one.values]
        said = {
            "positive": str(sum(one == "true" for one in answers)),
            "asked": str(len(answers)),
            "method": "survey",
            "source": f"问卷 {len(answers)} 份 ({len(answers)} submissions)",
            **({"date": max(days)} if max(days) else {}),
        }
        return table(place, {key: marked(text, place) for key, text in said.items()})

    def _shown(self, one: Submission, value: Text, asked: Asked) -> Table:
        evidence = self._evidence(one, one.values, asked.method, asked.photo, asked.place)
        return table(value.place, {"value": value, **evidence})

    def _evidence(
        self, one: Submission, values: Values, method: str, photo: str, place: str
    ) -> dict[str, Value]:
        """Return what a submission shows: its id, where and when, by whom, and the photo."""
        # Height and accuracy may follow in one column.
        at = " ".join(values.get(place, "").split()[:2])
        source = f"{one.id} @ {at}" if at else one.id
        said = {"method": method, "source": source, "date": one.said(DAY), "by": one.said(BY)}
        found: dict[str, Value] = {
            key: marked(text, one.place) for key, text in said.items() if text
        }
        if photo in values:
            found["files"] = items(one.place, [values[photo]])
        return found

    def _rows(self, one: Submission, repeat: Repeat) -> Iterator[Table]:
        for number, row in enumerate(one.repeats.get(repeat.name, ()), 1):
            place = next(iter(row.values())).place if row else one.place
            cells: dict[str, Value] = {
                asked.slot.id: row[asked.name] for asked in repeat.fields if asked.name in row
            }
            evidence = self._evidence(one, row, repeat.method, repeat.photo, repeat.place)
            identity = marked(f"{one.id}-{number}", place)
            yield table(place, {"id": identity, **cells, "evidence": table(place, evidence)})

    def _strangers(self) -> None:
        """Note answers to questions that are none of the form's."""
        names = self.names
        asked = [*names.visits.values(), *names.answers.values()]
        known = {*LEADING, *(one.name for one in asked), *(one.photo for one in asked)}
        known |= {one.place for one in asked}
        told: set[str] = set()
        for one in self.submissions:
            for key, text in one.values.items():
                if key not in known and key not in told:
                    told.add(key)
                    self._stranger(text, key)
            for name, rows in one.repeats.items():
                repeat = next((each for each in names.repeats if each.name == name), None)
                fields = () if repeat is None else repeat.fields
                within = {each.name for each in fields}
                within |= set() if repeat is None else {repeat.photo, repeat.place}
                for key, text in ((key, text) for row in rows for key, text in row.items()):
                    if key not in within and f"{name}/{key}" not in told:
                        told.add(f"{name}/{key}")
                        self._stranger(text, f"{name}/{key}")

    def _stranger(self, text: Text, key: str) -> None:
        self.gathered.add(
            text.place,
            "`{name}` is no question of the form for {book}",
            name=key,
            book=self.names.book.key,
        )


# Exports


def _csv(grid: Grid) -> Export | None:
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
    """Return the repeat that a row belongs to: as its key says, else the name of its file."""
    found = _ROW.fullmatch(plain.get("KEY", ""))
    return found[1] if found else _key(Path(grid.name).stem)


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
    }
    return Submission(identity, place, values, repeats, bool(status & _REJECTED))


def _key(path: str) -> str:
    return _PARTS.split(path)[-1]


def _bare(identity: str) -> str:
    """Return the id of a submission, from the key of a row within it too."""
    return identity.removeprefix("uuid:").partition("/")[0]
