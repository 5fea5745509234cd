"""Facts of a case: evidence for each, and one value for all of it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, cast

from steelyard.book.layout import known_cell, none_cell, unknown_cell
from steelyard.book.measured_in import MeasuredIn
from steelyard.book.model import Fact
from steelyard.book.terms import NONE_WORDS
from steelyard.case.environment import Cell
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
from steelyard.case.reading.read_context import Answer, Desk, Said, Shown
from steelyard.case.reading.written import Cell as CellText
from steelyard.case.reading.written import spoilt
from steelyard.errors import nearest
from steelyard.expression.types import Boolean, Number, PartyOf, Survey, divide, ranged
from steelyard.expression.values import UNKNOWN
from steelyard.located_yaml import Items, Table, Text, key_place

# Looking for the nearest of some hundred names takes a while; behind so many faults nobody reads
# on.
_SUGGESTED = 50
_COUNTS = ("positive", "asked")
_KEYS = (*EVIDENCE, "value", "low", "high")
_OF_SURVEYS = (*_KEYS, *_COUNTS)


class Facts(NamedTuple):
    """The facts shown, their canonical data and their cells, and the table that shows them, by
    which key each.
    """

    given: dict[str, Given]
    written: dict[str, Any]
    cells: dict[str, Cell]
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
    found = Facts({}, {}, {}, value if isinstance(value, Table) else Table(), {})
    shown_before = desk.shown
    for key, said in found.table.items():
        fact = desk.book.facts.get(key)
        if fact is not None and type(said) is Text and key not in found.given:
            shown: Shown | None = shown_before.get((id(fact), said, desk.by))
            if shown is not None:
                found.given[key], data, found.cells[key] = shown
                # Every case has canonical data of its own.
                found.written[key], found.keys[key] = dict(data), key
                continue
        place = _place(found.table, key, desk.origin)
        name = key if fact is not None else plain(key)
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
            given, data = found.given[name], found.written[name] = _agreed(read)
            found.cells[name], found.keys[name] = fact_cell(given, fact), key
            if len(entries) == 1 and isinstance(said, Text) and not isinstance(fact.type, PartyOf):
                desk.keep(fact, said, desk.by, (given, dict(data), found.cells[name]))
    return found


def fact_cell(given: Given | None, fact: Fact) -> Cell:
    """Return the cell of a fact, of one that is not given too."""
    if given is None or (given.conflict and given.low is None):
        return unknown_cell(fact.type, nullable=fact.nullable)
    if given.word is not None:
        return (given.word,)
    if isinstance(fact.type, Survey):
        counts = given.survey if given.survey is not None else (None, None)
        return (given.low, given.high, *counts)
    if given.low is None:
        return none_cell(fact.type)
    return known_cell(fact.type, given.low, given.high, nullable=fact.nullable)


def _place(table: Table, key: str, origin: str) -> str:
    return f"{key_place(table, key, origin)}: facts.{key}"


def _fact(desk: Desk, said: object, fact: Fact, place: str) -> Answer | None:
    """Return one piece of evidence as a value and as canonical data; None where nothing is
    shown.
    """
    where = f"facts.{fact.id}"
    if not isinstance(said, Table):
        if isinstance(said, CellText):
            place = f"{said.place}: {where}"
        return _text(desk, said, fact, Evidence("", by=desk.by), place)
    survey = isinstance(fact.type, Survey)
    desk.keys(said, _OF_SURVEYS if survey else _KEYS, where)
    evidence = read_evidence(desk, said, where)
    if "value" in said:
        place = f"{key_place(said, 'value', desk.origin)}: {where}"
    inner = said.get("value")
    if survey and isinstance(inner, Table):
        desk.keys(inner, _COUNTS, f"{where}.value")
        said = inner
    if survey and ("positive" in said or "asked" in said):
        return _counted(desk, said, fact, evidence, place)
    if "low" in said or "high" in said:
        at = _places(desk, said, ("low", "high"), where, place)
        ends = [desk.text(said.get(key), at[key]) for key in at]
        if any(ends):
            if None in ends or said.get("value") is not None:
                desk.add(place, "a range wants `low` and `high`, and no `value`")
                return None
            return _value(desk, f"{ends[0]}..{ends[1]}", fact, evidence, place)
    return _text(desk, said.get("value"), fact, evidence, place)


def _places(
    desk: Desk, said: Table, keys: tuple[str, ...], where: str, otherwise: str
) -> dict[str, str]:
    return {
        key: desk.place(said, key, where) if key in said else f"{otherwise}.{key}" for key in keys
    }


def _counted(desk: Desk, said: Table, fact: Fact, evidence: Evidence, place: str) -> Answer | None:
    places = _places(desk, said, _COUNTS, f"facts.{fact.id}", place)
    counts = [desk.text(said.get(key), places[key]) for key in places]
    if None in counts:
        if any(counts) and not any(spoilt(said.get(key)) for key in places):
            desk.add(place, "a survey wants both `positive` and `asked`")
        return None
    return _survey(
        desk, counts[0] or "", counts[1] or "", evidence, place, places, fact.measured_in
    )


def _text(desk: Desk, said: object, fact: Fact, evidence: Evidence, place: str) -> Answer | None:
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
