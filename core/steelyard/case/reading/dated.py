"""The days of records: a dated register holds rows of the period alone, and none after `as_of`."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from steelyard.book.layout import known_cell
from steelyard.book.model import UNDATED, Register
from steelyard.case.environment import Cell
from steelyard.case.reading.read_context import Desk
from steelyard.expression.types import Date
from steelyard.located_yaml import Table, key_place

_NAMED = 10


class Days(NamedTuple):
    """The period by name, its first and last day, and the day as of which the case is judged."""

    period: str
    first: datetime.date
    last: datetime.date
    as_of: datetime.date

    @property
    def span(self) -> tuple[int, int]:
        """The first and last ordinal that a row may bear."""
        return self.first.toordinal(), min(self.last, self.as_of).toordinal()


def narrow_to_period(
    desk: Desk, register: Register, cells: dict[str, Cell], row: Table, where: str, days: Days
) -> None:
    """Narrow the day of a row to the days of the case, and note a row that has none of them.

    A day that is not given is some day of these. Does nothing where the register is not dated.
    """
    if register.dated in {"", UNDATED} or not days.period:
        return
    slot = register.fields[register.dated]
    if not isinstance(slot.type, Date) or (slot.missing == "refused" and slot.id not in cells):
        return
    cell = cells.get(slot.id, (slot.type.low, slot.type.high))
    first, last = days.span
    low, high = max(cell[0], first), min(_end(cell), last)
    if low <= high:
        certain = slot.missing == "refused"
        cells[slot.id] = known_cell(slot.type, low, high, nullable=False, certain=certain)
        return
    place = f"{key_place(row, slot.id, row.place)}: {where}.{slot.id}"
    said = str(row.get(slot.id) or "").strip()
    if slot.id not in cells or first > last:
        desk.add(place, "no day of {period} has come by {day}", period=days.period, day=days.as_of)
    elif days.first.toordinal() <= cell[0] <= days.last.toordinal():
        desk.add(
            place,
            "`{text}` is after {day}, as of which the case is judged",
            text=said,
            day=days.as_of,
        )
    else:
        desk.add(place, "`{text}` does not lie within {whole}", text=said, whole=days.period)


def remark_strays(
    desk: Desk,
    register: Register,
    rows: Sequence[tuple[str, Mapping[str, Cell]]],
    days: Days,
    place: str,
) -> None:
    """Remark the rows none of whose days can lie in the period, where the book does not say whether
    such rows count.
    """
    if register.dated or register.rolled is not None or not days.period:
        return
    dates = [
        slot.id
        for slot in register.fields.values()
        if isinstance(slot.type, Date) and slot.derived is None
    ]
    first, last = days.span
    strays = {
        name: [key for key in dates if key in cells]
        for name, cells in rows
        if (known := [cells[key] for key in dates if key in cells and cells[key][0] is not None])
        and all(cell[0] > last or _end(cell) < first for cell in known)
    }
    if strays:
        named = [*list(strays)[:_NAMED], *(["…"] if len(strays) > _NAMED else [])]
        desk.remark(
            place,
            "rows outside {period} by `{fields}` count all the same, since the book does not say "
            "whether they do ({count}): {rows}",
            count=len(strays),
            period=days.period if days.as_of >= days.last else f"{days.first} – {days.as_of}",
            fields=tuple(key for key in dates if any(key in by for by in strays.values())),
            rows=tuple(named),
        )


def _end(cell: Cell) -> int:
    """Return the last day that a cell may hold, whatever its width."""
    return int(cell[1] if len(cell) > 1 else cell[0])
