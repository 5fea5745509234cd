"""Case documents of one made-up unit, quarter by quarter: what it did, and what of it came in."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from steelyard.case.reading.parse_values import Wrong, read_period, read_value, text_of
from steelyard.expression.types import Date, Number, Survey, rescale
from steelyard.sample.chance import Chance, between
from steelyard.sample.dates import span_of
from steelyard.sample.names import SOURCE, subject
from steelyard.sample.records import Registers
from steelyard.sample.study import Study
from steelyard.sample.unit import Quarter, quarters
from steelyard.sample.values import Slot

Document = dict[str, Any]

# A value stays from quarter to quarter but for this share; so does a sheet that is missing.
_CHANGES, _SHEET_CHANGES = 0.15, 0.2
_NOT_APPLICABLE = 0.02
_CLAIMED = 0.25
_GRAVE = 0.12
_SIZES = (20, 45, 90, 180, 400, 900, 2500)


def documents(
    study: Study, seed: object, number: int, periods: Sequence[str], *, evidence: bool = True
) -> Iterator[Document]:
    """Yield a unit's case in every period, in the order of time; it hangs on seed, book, number and
    the periods before alone.

    Without `evidence` nothing is missing.
    """
    chance = Chance(seed, study.book.id, number)
    unit = _Unit(study, Chance(seed, study.book.id, number, "slots"), evidence=evidence)
    for period, quarter in zip(periods, quarters(chance, len(periods)), strict=True):
        yield unit.document(subject(study.book, number), period, quarter)


@dataclass(slots=True)
class _Unit:
    study: Study
    chance: Chance
    evidence: bool
    draws: list[tuple[float, float]] = field(default_factory=list)
    sheets: dict[tuple[str, str], float] = field(default_factory=dict)
    registers: Registers = field(init=False)
    size: float = field(init=False)

    def __post_init__(self) -> None:
        self.registers = Registers(self.study, self.chance)
        self.size = self.chance.share()

    def document(self, who: Mapping[str, str], period: str, quarter: Quarter) -> Document:
        """Return the case of one quarter."""
        days = read_period(period)
        if isinstance(days, Wrong):
            raise ValueError(period)
        self._draw()
        writer = _Facts(self, quarter, (days[1], days[2]))
        facts = {
            slot.fact.id: written
            for slot in self.study.slots
            if (written := writer.written(slot)) is not None
        }
        records = {}
        for one in self.registers.filled(quarter, (days[1], days[2])):
            hidden = self.hidden(quarter, one.method, f"register {one.id}")
            if hidden < 1:
                records[one.id] = (
                    one.rows if hidden <= 0 else {"complete": "false", "rows": one.rows}
                )
        return {
            "book": self.study.book.key,
            "subject": dict(who),
            "period": period,
            "facts": facts,
            "parties": [dict(party) for party in self.study.parties],
            "records": records,
        }

    def _draw(self) -> None:
        share, falls = self.chance.share, self.chance.falls
        if not self.draws:
            self.draws = [(share(), share()) for _ in self.study.slots]
            return
        self.draws = [
            (share(), share()) if falls(_CHANGES) and slot.kind != "size" else kept
            for kept, slot in zip(self.draws, self.study.slots, strict=True)
        ]
        self.sheets = {
            key: share() if falls(_SHEET_CHANGES) else kept for key, kept in self.sheets.items()
        }

    def hidden(self, quarter: Quarter, method: str, sheet: str) -> float:
        """Return 0 where a sheet came in, 1 where it did not, and between where only a part of it
        did.
        """
        drawn = self.sheets.setdefault((method, sheet), self.chance.share())
        share = quarter.hidden[method] if self.evidence else 0.0
        return 0.0 if drawn >= share else 1.0 if drawn < share * 0.7 or share >= 1 else 0.5


class _Facts:
    """The facts of one quarter; parts look at the wholes written before."""

    def __init__(self, unit: _Unit, quarter: Quarter, days: tuple[date, date]) -> None:
        self.unit = unit
        self.quarter = quarter
        self.days = days
        self.units: dict[str, int] = {}
        self.rates: dict[str, float] = {}
        self.drawn = iter(unit.draws)

    def written(self, slot: Slot) -> dict[str, Any] | None:
        """Return a fact as written in the case, or None where it is not shown."""
        first, second = next(self.drawn)
        fails = min(self.unit.study.failing * self.quarter.failing[slot.dimension], 0.9) * (
            _GRAVE if slot.grave else 1
        )
        value = self._value(slot, first, second, fails)
        if (
            value is None
            or (slot.bonus and first >= _CLAIMED)
            or self.unit.hidden(self.quarter, slot.method, slot.owner) > 0
        ):
            return None
        said = (
            {"positive": value[0], "asked": value[1]}
            if isinstance(value, tuple)
            else {"value": value}
        )
        return {**said, "method": slot.method, "source": SOURCE}

    def _value(
        self, slot: Slot, first: float, second: float, fails: float
    ) -> str | tuple[str, str] | None:
        match slot.kind:
            case "tick":
                return "na" if second < _NOT_APPLICABLE else "no" if first < fails else "yes"
            case "done":
                return self._done(slot, first, second, fails)
            case "rate":
                return self._rate(slot, first, second, fails)
            case "part":
                return self._bounded(slot, self._part(slot, first, second, fails))
            case "beside":
                return self._beside(slot, first, second, fails)
            case "size":
                return self._bounded(slot, self._size(slot, second))
        if slot.rest and first < fails:
            # The next best is what most units that miss the best have.
            text = slot.rest[int(second * second * len(slot.rest))]
        else:
            text = slot.good[int(second * len(slot.good))]
        if isinstance(slot.fact.type, (Number, Date)):
            value = read_value(text, slot.fact.type, slot.fact.options, slot.fact.measured_in)
            return text if isinstance(value, Wrong) else self._bounded(slot, int(value.low))
        return text

    def _done(self, slot: Slot, first: float, second: float, fails: float) -> str | None:
        start, due, last = span_of(self.unit.study.book.stages[slot.fact.owner], self.days)
        pending = due is not None and last < due
        if start > last:
            return None
        if first < fails:
            if due is not None and due < last and second < 0.6:
                return self._bounded(slot, between(due + 1, min(last, due + 40), second / 0.6))
            return None if pending else "none"
        return self._bounded(slot, between(start, last if due is None else min(due, last), second))

    def _rate(self, slot: Slot, first: float, second: float, fails: float) -> tuple[str, str]:
        asked = between(40, 400, second)
        # Even of a poor unit most people say something kind.
        lost = 2 * fails * first / (1 + 2.4 * fails * first)
        level = first if slot.up is None else 1 - lost if slot.up else lost
        level = min(max(level, 0.02), 0.98)
        level += self.unit.chance.normal() * math.sqrt(level * (1 - level) / asked)
        return self._survey(slot, level, asked)

    def _survey(self, slot: Slot, level: float, asked: int) -> tuple[str, str]:
        positive = min(max(int(level * asked + 0.5), 0), asked)
        self.rates[slot.fact.id] = positive / asked
        return str(positive), str(asked)

    def _beside(
        self, slot: Slot, first: float, second: float, fails: float
    ) -> str | tuple[str, str]:
        """Return what another fact is measured by, such as last year's figure: a little under it,
        or over it where the unit fails.
        """
        up = slot.up if first >= fails else not slot.up
        if isinstance(slot.fact.type, Survey):
            level = self.rates.get(slot.whole, 0.8) + (0.02 + 0.06 * second) * (1 if up else -1)
            return self._survey(slot, level, between(40, 400, second))
        other = self._other(slot, slot.whole) or 0
        step = max(1, int(abs(other) * (0.02 + 0.1 * second)))
        return self._bounded(slot, other + step if up else other - step)

    def _part(self, slot: Slot, first: float, second: float, fails: float) -> int:
        lost = (
            second
            if slot.up is None
            else 0.0
            if first >= 2 * fails
            else min(0.03 + 1.2 * first, 0.95)
        )
        top = self._other(slot, slot.whole)
        kind = slot.fact.type
        if not isinstance(kind, Number):
            return 0
        low, high = kind.low, kind.high if top is None else top
        return max(
            low,
            high - math.ceil((high - low) * lost)
            if slot.up is not False
            else low + math.ceil((high - low) * lost),
        )

    def _size(self, slot: Slot, second: float) -> int:
        kind = slot.fact.type
        if not isinstance(kind, Number):
            return 0
        unit = 10**kind.scale
        if kind.low == 0 and kind.high == unit:
            return between(unit * 3 // 5, unit * 19 // 20, second)
        if kind.high - kind.low <= 100 * unit:
            return between(kind.low, kind.high, second)
        # Units that are large are large in all that is counted.
        at = (0.75 * self.unit.size + 0.25 * second) * (len(_SIZES) - 1)
        step = int(at)
        number: int = _SIZES[step] + int((at - step) * (_SIZES[step + 1] - _SIZES[step]))
        sized: int = min(max(number * unit, kind.low), kind.high)
        return sized

    def _other(self, slot: Slot, name: str) -> int | None:
        """Return another fact's value in units of this one's scale."""
        if name not in self.units:
            return None
        scales = [
            getattr(kind, "scale", 0)
            for kind in (self.unit.study.book.facts[name].type, slot.fact.type)
        ]
        return rescale(self.units[name], scales[0], scales[1])

    def _bounded(self, slot: Slot, units: int) -> str:
        kind = slot.fact.type
        low, high = (
            self._other(slot, slot.fact.low_fact or ""),
            self._other(slot, slot.fact.high_fact or ""),
        )
        units = units if low is None else max(units, low)
        units = units if high is None else min(units, high)
        if isinstance(kind, (Number, Date)):
            units = min(max(units, kind.low), kind.high)
        self.units[slot.fact.id] = units
        return text_of(units, kind)
