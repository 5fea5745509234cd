"""The records of a made-up unit: good ones, some that fail, and breaches, of which most units have
none and a few many.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from steelyard.expression.types import Boolean, Date
from steelyard.sample.bench import Row
from steelyard.sample.chance import Chance, between
from steelyard.sample.names import SOURCE
from steelyard.sample.rows import Breach, Model, Wanted
from steelyard.sample.study import Study
from steelyard.sample.unit import Quarter

_MOST = 25
_GRAVE = 0.06
_DISMISSED, _OPEN = 0.25, 0.08
_LEFT_OUT = 0.3
_CLAIMED = 0.25
_CHANGES = 0.2


class Filled(NamedTuple):
    """A register with its records as written in a case, and the method by which it is checked."""

    id: str
    method: str
    rows: list[dict[str, object]]


class Registers:
    """The registers of one unit; which kinds of record it keeps stays from quarter to quarter, the
    records do not.
    """

    def __init__(self, study: Study, chance: Chance) -> None:
        """Take the study of the book and the unit's own stream of chance."""
        self.study = study
        self.chance = chance
        self.draws = [
            [(chance.share(), chance.share()) for _ in model.wanted] for model in study.models
        ]

    def filled(self, quarter: Quarter, days: tuple[date, date]) -> Iterator[Filled]:
        """Yield every register of one quarter."""
        breaches = self._breaches(quarter)
        for model, draws in zip(self.study.models, self.draws, strict=True):
            rows = [
                row
                for wanted, drawn in zip(model.wanted, draws, strict=True)
                for row in self._rows(wanted, drawn, quarter)
            ]
            rows += [self._breach(model, one) for one in breaches.get(model.id, ())]
            fields = self.study.book.registers[model.id].fields
            written: list[dict[str, object]] = []
            for number, row in enumerate(rows, 1):
                self._vary(model, row, days)
                unseen = {
                    key
                    for key, slot in fields.items()
                    if slot.missing == "unknown"
                    and slot.method
                    and quarter.hidden[slot.method] >= 1
                }
                shown = {key: value for key, value in row.items() if key not in unseen}
                written.append(
                    {"id": f"{model.id[:1]}-{number}", **shown, "evidence": {"source": SOURCE}}
                )
            yield Filled(model.id, model.method, written)
        self.draws = [
            [
                (self.chance.share(), self.chance.share()) if self.chance.falls(_CHANGES) else kept
                for kept in draws
            ]
            for draws in self.draws
        ]

    def _fails(self, quarter: Quarter, dimension: str | None) -> float:
        return min(self.study.failing * quarter.failing[dimension], 0.9)

    def _rows(self, wanted: Wanted, drawn: tuple[float, float], quarter: Quarter) -> Iterator[Row]:
        count = wanted.count
        if wanted.bonus and drawn[0] >= _CLAIMED:
            count = 0
        elif wanted.asked and drawn[0] < self._fails(quarter, wanted.dimension):
            count = int(count * drawn[1])
        elif not wanted.asked:
            count += int(drawn[1] * 3)
        for number in range(count):
            row = dict(wanted.models[number % len(wanted.models)])
            for failing in wanted.failings:
                if self.chance.falls(self._fails(quarter, failing.dimension)):
                    _change(row, failing.changes)
            yield row

    def _breaches(self, quarter: Quarter) -> dict[str, list[Breach]]:
        """Return the breaches of a quarter by register."""
        able = [model for model in self.study.models if model.breaches]
        found: dict[str, list[Breach]] = {}
        number = self.chance.count(min(quarter.breaches * self.study.breaches, _MOST))
        for _ in range(number if able else 0):
            model = self.chance.pick(able)
            grave = self.chance.falls(_GRAVE)
            alike = [one for one in model.breaches if one.grave is grave] or [
                one for one in model.breaches if not one.grave
            ]
            if alike:
                found.setdefault(model.id, []).append(self.chance.pick(alike))
        return found

    def _breach(self, model: Model, breach: Breach) -> Row:
        row = dict(breach.model)
        share = self.chance.share()
        if share < _DISMISSED:
            _change(row, breach.dismissed)
        elif share < _DISMISSED + _OPEN:
            fields = self.study.book.registers[model.id].fields
            for key in breach.dismissed:
                # Whether it is true is not known yet.
                if (
                    isinstance(fields[key].type, Boolean)
                    and fields[key].missing == "unknown"
                    and fields[key].default is None
                ):
                    row[key] = "unknown"
        return row

    def _vary(self, model: Model, row: Row, days: tuple[date, date]) -> None:
        """Vary the fields on which nothing hangs."""
        slots = self.study.book.registers[model.id].fields
        for key, values in model.free.items():
            if key not in row and slots[key].default is not None:
                continue
            if slots[key].missing == "none" and self.chance.falls(_LEFT_OUT):
                row.pop(key, None)
            else:
                row[key] = self.chance.pick(values)
        first, last = days[0].toordinal(), days[1].toordinal()
        for key, slot in slots.items():
            kind = slot.type
            if not isinstance(kind, Date):
                continue
            if key in model.dates:
                row[key] = _day(between(first, last, self.chance.share()), kind)
            elif (
                key in row
                and self.study.first.isoformat() <= row[key] <= self.study.last.isoformat()
            ):
                # Days that rules compare keep their order, in the quarter at hand.
                row[key] = _day(
                    date.fromisoformat(row[key]).toordinal() + first - self.study.first.toordinal(),
                    kind,
                )


def _day(day: int, kind: Date) -> str:
    return date.fromordinal(min(max(day, kind.low), kind.high)).isoformat()


def _change(row: Row, changes: Row) -> None:
    for key, value in changes.items():
        if value:
            row[key] = value
        else:
            row.pop(key, None)
