"""Facts of a case: evidence for each, and one value for all of it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, cast

from steelyard.book.measured_in import MeasuredIn
from steelyard.book.model import Fact
from steelyard.book.terms import NONE_WORDS
from steelyard.case.model import Evidence, Given
from steelyard.case.reading.fields import EVIDENCE, read_evidence, written_evidence
from steelyard.case.reading.parse_values import (
    NOT_DONE,
    Value,
    Wrong,
    absence,
    plain,
    read_number,
    read_survey,
    read_tick,
    read_value,
    wrong,
)
from steelyard.case.reading.read_context import Answer, Desk, Said
from steelyard.case.reading.written import Cell, spoilt
from steelyard.errors import nearest
from steelyard.expression.types import Boolean, Number, PartyOf, Survey, divide, ranged
from steelyard.expression.values import UNKNOWN
from steelyard.located_yaml import Items, Table, Text, key_place

# Looking for the nearest of some hundred names takes a while; behind so many faults nobody reads
# on.
_SUGGESTED = 50


class Facts(NamedTuple):
    """The facts shown, their canonical data, and the table that shows them, by which key each."""

    given: dict[str, Given]
    written: dict[str, Any]
    table: Table
    keys: dict[str, str]

    def place(self, name: str, origin: str) -> str:
        """Return where a fact is written; empty where it is not."""
        key = self.keys.get(name)
        return "" if key is None else _place(self.table, key, origin)


def read_facts(desk: Desk, table: Table) -> Facts:
    """Return the facts of a case; faults are noted on the desk."""
    value = table.get("facts")
    if value is not None and not isinstance(value, Table):
        desk.add(f"{key_place(table, 'facts', desk.origin)}: facts", "a mapping of facts is wanted")
    found = Facts({}, {}, value if isinstance(value, Table) else Table(), {})
    for key, said in found.table.items():
        shown = _shown_before(desk, key, said) if key not in found.given else None
        if shown is not None:
            found.given[key], data = shown
            # Every case has canonical data of its own.
            found.written[key], found.keys[key] = dict(data), key
            continue
        place = _place(found.table, key, desk.origin)
        name = key if key in desk.book.facts else plain(key)
        fact = desk.book.facts.get(name)
        if fact is None or fact.derived is not None:
            near = (
                nearest(name, [one.id for one in desk.book.collected])
                if fact is None and len(desk.faults) < _SUGGESTED
                else ""
            )
            desk.add(
                place,
                "unknown fact `{name}`" if fact is None else "`{name}` is worked out, not given",
                near,
                name=key,
            )
            continue
        if name in found.given:
            desk.add(place, "fact `{name}` stands twice", name=key)
            continue
        entries = said if isinstance(said, Items) else [said]
        read = [one for entry in entries if (one := _fact(desk, entry, fact, place)) is not None]
        if read:
            found.given[name], found.written[name] = _agreed(read)
            found.keys[name] = key
            if len(entries) == 1 and isinstance(said, Text):
                desk.keep(fact, said, desk.by, (found.given[name], dict(found.written[name])))
    return found


def _place(table: Table, key: str, origin: str) -> str:
    return f"{key_place(table, key, origin)}: facts.{key}"


def _shown_before(desk: Desk, key: str, said: object) -> Answer | None:
    """Return what a text shows of a fact as in a case before; None where it must be read."""
    fact = desk.book.facts.get(key)
    if fact is None or type(said) is not Text:
        return None
    shown: Answer | None = desk.shown_before(fact, said, desk.by)
    return shown


def _fact(desk: Desk, said: object, fact: Fact, place: str) -> Answer | None:
    """Return one piece of evidence as a value and as canonical data; None where nothing is
    shown.
    """
    evidence = Evidence("", by=desk.by)
    where = f"facts.{fact.id}"
    if isinstance(said, Table):
        survey = isinstance(fact.type, Survey)
        known = (*EVIDENCE, "value", "low", "high", *(("positive", "asked") if survey else ()))
        for key in said:
            if key not in known:
                desk.add(
                    f"{key_place(said, key, desk.origin)}: {where}",
                    "unknown key `{key}`",
                    nearest(key, known),
                    key=key,
                )
        evidence = read_evidence(desk, said, where)
        at = {key: f"{key_place(said, key, desk.origin)}: {where}" for key in said}
        place = at.get("value", place)
        inner = said.get("value")
        if survey and isinstance(inner, Table):
            desk.keys(inner, ("positive", "asked"), f"facts.{fact.id}.value")
            said = inner
            at = {key: f"{key_place(said, key, desk.origin)}: {where}" for key in said}
        if survey and ("positive" in said or "asked" in said):
            places = {key: f"{at.get(key, place)}.{key}" for key in ("positive", "asked")}
            counts = [desk.text(said.get(key), places[key]) for key in places]
            if None in counts:
                if any(counts) and not any(spoilt(said.get(key)) for key in places):
                    desk.add(place, "a survey wants both `positive` and `asked`")
                return None
            return _survey(
                desk, counts[0] or "", counts[1] or "", evidence, place, places, fact.measured_in
            )
        ends = [desk.text(said.get(key), f"{at.get(key, place)}.{key}") for key in ("low", "high")]
        if any(ends):
            if None in ends or said.get("value") is not None:
                desk.add(place, "a range wants `low` and `high`, and no `value`")
                return None
            return _value(desk, f"{ends[0]}..{ends[1]}", fact, evidence, place)
        said = said.get("value")
    elif isinstance(said, Cell):
        place = f"{said.place}: {where}"
    text = desk.text(said, place)
    if text is None:
        if any(evidence[1:4]) or evidence.files:
            desk.remark(place, "evidence is given for it, and no value: it stays unknown")
        return None
    return _value(desk, text, fact, evidence, place)


def _survey(
    desk: Desk,
    positive: str,
    asked: str,
    evidence: Evidence,
    place: str,
    places: Mapping[str, str] = MappingProxyType({}),
    counts: MeasuredIn | None = None,
) -> Answer | None:
    both: list[int] = []
    for key, text in (("positive", positive), ("asked", asked)):
        count = read_number(text, Number(0), counts)
        if isinstance(count, Wrong):
            desk.refuse(places.get(key, f"{place}.{key}"), count)
            return None
        both.append(count)
    if not 0 <= both[0] <= both[1] or both[1] > 10**9:
        desk.refuse(
            place, wrong("{positive} out of {asked} cannot be", positive=positive, asked=asked)
        )
        return None
    data = {
        "positive": str(both[0]),
        "asked": str(both[1]),
        **written_evidence(evidence),
    }
    piece = evidence._replace(value=f"{both[0]}/{both[1]}")
    if both[1] == 0:
        return Given(0, 10**6, evidence=(piece,), survey=(0, 0)), data
    rate = divide(both[0], both[1], 6)
    return Given(rate, rate, evidence=(piece,), survey=(both[0], both[1])), data


def _value(desk: Desk, text: str, fact: Fact, evidence: Evidence, place: str) -> Answer | None:
    value = desk.once_read(text, fact, fact_said)
    if isinstance(value, Wrong):
        desk.refuse(place, value)
        return None
    if value == "unknown":
        return None
    rest = written_evidence(evidence)
    if isinstance(value, str):
        word = None if value == "none" else value
        return Given(None, None, word, (_behind(value, evidence),)), {"value": value, **rest}
    if not isinstance(value, Value):
        return _survey(desk, *value, evidence, place)
    if isinstance(fact.type, PartyOf) and not desk.names_party(
        str(value.low), fact.type.kind, place
    ):
        return None
    data = {"value": value.text, **rest}
    piece = (_behind(value.text, evidence),)
    if isinstance(fact.type, Boolean) or ranged(fact.type) is not None:
        return Given(int(value.low), int(value.high), evidence=piece), data
    return Given(None, None, str(value.low), piece), data


def fact_said(text: str, fact: Fact) -> Said:
    """Return what a text says as the value of a fact."""
    none = NOT_DONE if fact.origin == "deliverable" else NONE_WORDS
    missing = absence(
        text, fact.type, fact.options, none if fact.nullable else frozenset(), unknown=True
    )
    if missing:
        return missing
    if isinstance(fact.type, Survey):
        return read_survey(text, fact.measured_in)
    if fact.origin == "item":
        return read_tick(text)
    return read_value(text, fact.type, fact.options, fact.measured_in)


def _behind(value: str, evidence: Evidence) -> Evidence:
    return Evidence(value, *evidence[1:])


def _agreed(read: list[Answer]) -> tuple[Given, Any]:
    """Return one value for all evidence of a fact: where it disagrees, the range that holds it
    all.
    """
    if len(read) == 1:
        return read[0]
    givens = [given for given, _ in read]
    data = [entry for _, entry in read]
    first = givens[0]
    evidence = tuple(piece for given in givens for piece in given.evidence)
    if all(
        (g.low, g.high, g.word, g.survey) == (first.low, first.high, first.word, first.survey)
        for g in givens
    ):
        return first._replace(evidence=evidence), data
    if any(given.low is None for given in givens):
        return Given(None, None, UNKNOWN, evidence, conflict=True), data
    lows, highs = [cast("int", g.low) for g in givens], [cast("int", g.high) for g in givens]
    return Given(min(lows), max(highs), None, evidence, conflict=True), data
