"""A case with other values: what becomes of it, and what each single change is worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from steelyard.case.reading.read import parse_case
from steelyard.errors import UsageError, fault, nearest
from steelyard.judging.assessment import Assessment, weigh
from steelyard.judging.findings import Judges
from steelyard.located_yaml import mark
from steelyard.plan.candidates import Candidates, parts_of
from steelyard.plan.efforts import Efforts
from steelyard.plan.further import entries, further
from steelyard.plan.levers import Key, Option, moved
from steelyard.plan.trial import Bench

PLACE = "--what-if"


class Worth(NamedTuple):
    """What one change alone adds to the low and to the high end of the score, in units of the
    book's decimals: its best option for the low end.
    """

    key: Key
    option: Option
    low: int
    high: int


def changed(assessment: Assessment, said: Sequence[str], judges: Judges) -> Assessment:
    """Return the assessment of a case with other values, each written as `fact=value` or
    `register/record.field=value`.

    Raises UsageError for what is not written so or not known, CaseError for what may not be.
    """
    book, case = assessment.book, assessment.case
    faults = []
    moves: dict[Key, Option] = {}
    for text in said:
        name, sign, value = (part.strip() for part in text.partition("="))
        if not sign or not name or not value:
            message = "`{text}` is not written as fact=value, such as satisfaction=0.97"
            faults.append(fault(PLACE, message, text=text))
            continue
        key = _key(assessment, name)
        if key is None:
            known = [*(fact.id for fact in book.collected), *_fields(assessment)]
            derived = name in book.facts
            message = "`{name}` is worked out, not given" if derived else "unknown fact `{name}`"
            faults.append(fault(PLACE, message, "" if derived else nearest(name, known), name=name))
        elif key in moves:
            faults.append(fault(PLACE, "`{name}` stands twice", name=name))
        else:
            moves[key] = Option((("value", value),), "show", Fraction(0))
    if faults:
        raise UsageError(faults)
    document: Mapping[str, Any] = moved(case.document, moves)
    return weigh(book, parse_case(mark(document, PLACE), book, PLACE, typed=True), judges)


def _key(assessment: Assessment, name: str) -> Key | None:
    fact = assessment.book.facts.get(name)
    if fact is not None:
        return ("fact", name) if fact.derived is None else None
    if name in _fields(assessment):
        register, _, rest = name.partition("/")
        record, _, field = rest.rpartition(".")
        return ("field", register, record, field)
    return None


def _fields(assessment: Assessment) -> list[str]:
    return [
        f"{name}/{record}.{field.id}"
        for name, rows in assessment.case.registers.items()
        for record in rows.ids
        for field in assessment.book.registers[name].fields.values()
        if field.derived is None
    ]


def worths(
    assessment: Assessment,
    judges: Judges,
    efforts: Efforts = Efforts(),  # noqa: B008
) -> list[Worth]:
    """Return what each thing that may change is worth alone, most first; what is worth nothing
    alone is left out.
    """
    bench = Bench(assessment, judges)
    found = []
    start = assessment.scored
    parts = parts_of(assessment.book)
    levers = (
        *Candidates(bench, parts, efforts).levers(),
        *further(bench, parts, entries(bench, parts, efforts)),
    )
    for lever in levers:
        best: Worth | None = None
        for option in lever.options:
            after = bench.weigh({lever.key: option})
            if after is None:
                continue
            gains = after.scored.low - start.low, after.scored.high - start.high
            if best is None or gains > (best.low, best.high):
                best = Worth(lever.key, option, *gains)
        if best is not None and (best.low > 0 or best.high > 0):
            found.append(best)
    return sorted(found, key=lambda one: (-one.low, -one.high, one.key))
