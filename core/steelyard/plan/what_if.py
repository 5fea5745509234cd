"""A case with other values: what becomes of it, and what each single change is worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from steelyard.book.named import meant, named
from steelyard.case.reading.read import parse_case
from steelyard.errors import Fault, UsageError, fault, nearest
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
    `register/record.field=value`, by ids or titles.

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
        if isinstance(key, Fault):
            faults.append(key)
        elif key in moves:
            faults.append(fault(PLACE, "`{name}` stands twice", name=name))
        else:
            moves[key] = Option((("value", value),), "show", Fraction(0))
    if faults:
        raise UsageError(faults)
    document: Mapping[str, Any] = moved(case.document, moves)
    return weigh(book, parse_case(mark(document, PLACE), book, PLACE, typed=True), judges)


def _key(assessment: Assessment, name: str) -> Key | Fault:
    """Return what a name means: a fact, else a field of a record."""
    book = assessment.book
    facts = {fact.id: fact.title for fact in book.facts.values()}
    # A report shows a title with what the figure is measured in.
    measured = {fact.id: fact.full_title for fact in book.facts.values()}
    facts = facts if meant(name, facts) else measured
    if meant(name, facts) or "/" not in name:
        found = named(PLACE, name, facts, "unknown fact `{name}`")
        if isinstance(found, Fault):
            return found
        if book.facts[found].derived is not None:
            return fault(PLACE, "`{name}` is worked out, not given", name=name)
        return ("fact", found)
    head, _, rest = name.partition("/")
    record, _, tail = rest.rpartition(".")
    registers = meant(head, {one.id: one.title for one in book.registers.values()})
    keys = [
        ("field", register, record, field)
        for register in registers
        for field in meant(
            tail, {one.id: one.title for one in book.registers[register].fields.values()}
        )
    ]
    known = {f"{register}/{one}.{field}": ("field", register, one, field)
             for register, one, field in _fields(assessment)}  # fmt: skip
    keys = [key for key in keys if key in known.values()]
    if len(keys) == 1:
        return keys[0]
    if keys:
        message = "`{name}` is the title of several: say one of {known}"
        said = tuple(f"`{one}`" for one, key in known.items() if key in keys)
        return fault(PLACE, message, name=name, known=said)
    return fault(PLACE, "unknown fact `{name}`", nearest(name, [*facts, *known]), name=name)


def _fields(assessment: Assessment) -> list[tuple[str, str, str]]:
    """Return every field of a record that may be given: register, record, field."""
    return [
        (name, record, field.id)
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
