"""The documents of cases that the submissions of a form make up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from steelyard.case.formats.documents import Find
from steelyard.case.formats.grid import items, marked, table
from steelyard.case.formats.phone.exports import Export, Submission, Values
from steelyard.case.formats.phone.form_names import (
    ANSWER,
    BOOK,
    BY,
    DAY,
    KIND,
    LEADING,
    NAME,
    PERIOD,
    UNIT,
    Asked,
    FormNames,
    Repeat,
)
from steelyard.case.formats.sheets import Gathered
from steelyard.errors import CaseError, Fault, fault
from steelyard.located_yaml import Table, Text, Value, place_of
from steelyard.messages import in_english


class Documents(NamedTuple):
    """The documents that submissions make up, each with the file of its first, and what is noted of
    submissions that are passed over.
    """

    found: Sequence[tuple[Path, Table]]
    notes: Sequence[Fault]


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
        for _, one in some:
            one.repeats = {names.repeat(name): rows for name, rows in one.repeats.items()}
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
                "no row of `{name}` came with these tables: KoboToolbox gives repeats in .xlsx "
                "and JSON alone, ODK Central in a table of their own",
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
            "source": f"问卷 {len(answers)} 份 ({in_english(len(answers), 'submission')})",
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
