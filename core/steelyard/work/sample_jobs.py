"""Where made-up units are made: here, or on every core, a bounded number ahead of whoever takes
them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from steelyard.judging.assessment import Assessment, weigh
from steelyard.sample.maker import Maker
from steelyard.sample.names import PREFIX
from steelyard.sample.parquet import row_of
from steelyard.ticks import Ticks
from steelyard.work.weighing import Result, result_of
from steelyard.work.worker_workspace import Start, WorkerWorkspace, start_of
from steelyard.work.workers import cores, made_apart
from steelyard.work.workspace import Said, Workspace

if TYPE_CHECKING:
    from steelyard.sample.mend import Sound
    from steelyard.sample.population import Member

_HERE = 60
_CHUNK = 10

Written = tuple[str, str]
"""One case as made: the name of its file and its text, or its book and its row."""
Made = Written | Result


class Order(NamedTuple):
    """What is made of units (`cases`, `store`, `parquet`), from which seed, in which quarters."""

    shape: str
    seed: int
    periods: tuple[str, ...]


class Workshop:
    """Makes units to an order."""

    def __init__(self, workspace: Workspace, order: Order) -> None:
        """Take the workspace, whose books and plugins are used, and the order."""
        self._workspace = workspace
        self._shape = order.shape
        self._maker = Maker(workspace.library.find, order.seed, order.periods)

    def assessments(self, member: Member) -> list[Assessment]:
        """Return a unit's assessments, quarter by quarter."""
        book = self._workspace.library.find(member.book)
        return [
            weigh(book, one.case, self._workspace.plugins.judge)
            for one in self._maker.cases(member)
        ]

    def unit(self, member: Member) -> list[Made]:
        """Return a unit in the shape that was ordered, quarter by quarter."""
        if self._shape == "store":
            return [
                result_of(one, self._workspace.plugins.judge) for one in self.assessments(member)
            ]
        return [self._written(one, member) for one in self._maker.cases(member)]

    def _written(self, one: Sound, member: Member) -> Written:
        if self._shape == "parquet":
            return member.book, row_of(
                one.document, one.case.as_of.isoformat(), self._workspace.library.find(member.book)
            )
        name = f"{one.case.subject_id.removeprefix(PREFIX)}-{one.case.period}.json"
        return name, json.dumps(one.document, ensure_ascii=False, indent=1) + "\n"


def made(
    order: Order, members: Sequence[Member], workspace: Workspace, ticks: Ticks
) -> Iterator[Made]:
    """Yield every case of every unit, in the order of the units."""
    units = (
        _here(order, members, workspace)
        if len(members) < _HERE or cores() < 2
        else _apart(order, members, workspace)
    )
    for number, unit in enumerate(units, 1):
        yield from unit
        ticks("making up", number, len(members))


def assessed(
    order: Order, members: Sequence[Member], workspace: Workspace, ticks: Ticks
) -> Iterator[tuple[list[Assessment], list[Result]]]:
    """Yield every unit's assessments, and the same as the store takes them, for plugins that
    listen.
    """
    workshop = Workshop(workspace, order)
    for number, member in enumerate(members, 1):
        unit = workshop.assessments(member)
        yield unit, [result_of(one, workspace.plugins.judge) for one in unit]
        ticks("making up", number, len(members))


def _here(order: Order, members: Sequence[Member], workspace: Workspace) -> Iterator[list[Made]]:
    workshop = Workshop(workspace, order)
    return map(workshop.unit, members)


def _apart(order: Order, members: Sequence[Member], workspace: Workspace) -> Iterator[list[Made]]:
    chunks = (members[start : start + _CHUNK] for start in range(0, len(members), _CHUNK))
    for done, said in made_apart(_chunk, chunks, _start, (start_of(workspace), order)):
        workspace.hear(said)
        yield from done


_bench: dict[str, tuple[WorkerWorkspace, Workshop]] = {}


def _start(start: Start, order: Order) -> None:
    """Find plugins and books once in each worker."""
    workspace = WorkerWorkspace(start)
    _bench["here"] = workspace, Workshop(workspace, order)


def _chunk(members: Sequence[Member]) -> tuple[list[list[Made]], Said]:
    workspace, workshop = _bench["here"]
    units = [workshop.unit(member) for member in members]
    return units, workspace.said()
