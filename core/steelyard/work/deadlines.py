"""What is due, late or coming: gathered from case files, or from the newest assessments of a
store.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from steelyard.errors import SteelyardError, UsageError, fault
from steelyard.files import refuse_unwritable, write
from steelyard.judging.deadlines import Deadline
from steelyard.ticks import Ticks, silent
from steelyard.work.workspace import Workspace

if TYPE_CHECKING:
    import datetime

    from steelyard.messages import Language
    from steelyard.report.deadlines import Asked
    from steelyard.store.store import Store

SCHEMA = "steelyard/due@1"


def asked_in_files(
    workspace: Workspace, files: list[Path], ticks: Ticks = silent
) -> tuple[Asked, ...]:
    """Return the deadlines of the cases in files, which are weighed and not saved."""
    from steelyard.work.weighing import weigh_all

    with weigh_all(files, workspace, ticks) as weighed:
        return tuple(_asked(json.loads(text) for text in weighed.texts()))


def asked_in_store(workspace: Workspace, ticks: Ticks = silent) -> tuple[Asked, ...]:
    """Return the deadlines of the newest assessment of each unit by each book, in the latest period
    that it was assessed in.
    """
    from steelyard.store.store import Store

    with Store.open(workspace.db, create=False) as store:
        return tuple(_asked(_newest(workspace, store, ticks)))


def due_json(found: Iterable[Asked], on: datetime.date) -> dict[str, Any]:
    """Return deadlines, those that are done too, as plain data of the form `steelyard/due@1`."""
    lines = [
        {
            "subject": {"id": one.unit, "name": one.name},
            "period": one.period,
            "book": one.book,
            **one.deadline.to_json(),
            "state": one.deadline.state(on),
        }
        for one in found
    ]
    return {"schema": SCHEMA, "on": on.isoformat(), "deadlines": lines}


def write_calendar(
    path: Path, found: Iterable[Asked], on: datetime.date, language: Language, *, over: bool
) -> None:
    """Write what is not done yet and has its day as iCalendar."""
    from steelyard.report.formats.ics import ics

    check_calendar(path, over=over)
    write(path, ics(found, on, language), over=over)


def check_calendar(path: Path, *, over: bool) -> None:
    """Raise UsageError where no calendar could be written, before any work is done for it."""
    if path.suffix.lower() != ".ics":
        raise UsageError([fault(str(path), "a calendar is an iCalendar file: name it .ics")])
    refuse_unwritable(path, over=over)


def _newest(workspace: Workspace, store: Store, ticks: Ticks) -> Iterator[Mapping[str, Any]]:
    from steelyard.work.naming import judged_again
    from steelyard.work.newest import newest

    numbers = newest(store)
    for done, number in enumerate(numbers, 1):
        found = store.at(number)[1]
        ticks("reading", done, len(numbers))
        if "due" not in found:
            # Saved before assessments told their deadlines.
            try:
                found = judged_again(workspace, store, found).to_json()
            except SteelyardError as error:
                workspace.warn(error.faults)
                continue
        yield found


def _asked(documents: Iterable[Mapping[str, Any]]) -> Iterator[Asked]:
    from steelyard.report.deadlines import Asked

    for one in documents:
        subject, book = one["subject"], one["book"]
        key = f"{book['id']}@{book['version']}"
        for said in one["due"]:
            deadline = Deadline.of(said)
            yield Asked(subject["id"], subject["name"], one["period"], key, deadline)
