"""What a record does not say: defaults and fields that are worked out, by the function written for
its register as by the slow judge, over random expressions and cases.
"""

from __future__ import annotations

import os
import random
from dataclasses import replace
from typing import Any

import pytest

from steelyard.book.layout import layouts
from steelyard.book.model import RuleBook
from steelyard.book.reading.load import parse_book
from steelyard.case.environment import cell_of
from steelyard.case.model import Case
from steelyard.case.reading.read import parse_case
from steelyard.errors import BookError
from steelyard.judging.slow.world import Whole
from steelyard.located_yaml import mark

from .strategies import Cases, Slot, Words, Writer, envelope, load, read, words_of

EXPRESSIONS = int(os.environ.get("STEELYARD_EXPRESSIONS", "6000"))
IN_A_BOOK = 30
CASES = 6
SHARDS = 2


def grown(rng: random.Random, number_of: int) -> Words:
    """Return a vocabulary whose records have so many more fields that are worked out, or left at
    what is worked out; later ones read earlier ones.
    """
    words = words_of(rng)
    for layer in range(3):
        writer = Writer(rng, words)
        # A field looks at its own record, and at what its parties have.
        writer.facts, writer.derived = {}, {}
        more: dict[str, dict[str, Slot]] = {name: {} for name in words.registers}
        for place in range(number_of // 3):
            register = rng.choice(list(words.registers))
            kind = rng.choice(("number", "number", "boolean", "date"))
            text, _ = writer.wanted(kind, rng.choice((1, 2, 3)), record=register, overs=False)
            slot = Slot(kind, derived=text)
            if rng.random() < 0.4:
                missing = rng.choice(("unknown", "none"))
                slot = {
                    # Wide, since a case whose default lies outside is refused.
                    "number": Slot("number", -9 * 10**6, 9 * 10**6, rng.choice((0, 1, 2)), missing),
                    "date": Slot("date", -20000, 20000, missing=missing),
                    "boolean": Slot("boolean"),
                }[kind]
                slot = replace(slot, default=text)
            more[register][f"x_{layer}_{place}"] = slot
        words.registers = {name: {**slots, **more[name]} for name, slots in words.registers.items()}
    return words


def worked_out(book: RuleBook, case: Case) -> list[tuple[str, Any, Any]]:
    """Return of every such field of every record what was written into the case, and what the slow
    judge makes of it.
    """
    whole = Whole(book, case, {})
    found = []
    for name, register in case.registers.items():
        columns = layouts(book).registers[name].columns
        fields = book.registers[name].fields.values()
        for place, row in enumerate(register.rows):
            for slot in fields:
                if slot.worked_out is None:
                    continue
                column = columns[slot.id]
                cell = row[column.start : column.start + column.width]
                slow = whole.rows[name][place].value(slot.id)
                wanted = cell_of(slow, column.type, nullable=column.nullable)
                where = f"{name}[{place}].{slot.id}"
                found.append((where, tuple(cell), wanted))
    return found


@pytest.mark.parametrize("shard", range(SHARDS))
def test_the_written_function_gives_what_the_slow_judge_gives(shard: int) -> None:
    compared = 0
    for number_of in range(max(1, EXPRESSIONS // 6 // IN_A_BOOK // SHARDS)):
        rng = random.Random(f"records {shard}/{number_of}")
        words = grown(rng, IN_A_BOOK)
        rule = {"id": "one", "section": "all", "requires": "b1", "points": "100"}
        sections = [{"id": "all", "points": "100"}]
        document = {**envelope(words), "sections": sections, "rules": [rule]}
        book = load(document)
        cases = Cases(rng, words)
        for _ in range(CASES):
            case = read(cases.document(), book)
            if case is None:
                continue
            for where, fast, slow in worked_out(book, case):
                compared += 1
                assert fast == slow, (where, document["records"], case.document)
    assert compared > EXPRESSIONS // SHARDS // 6


BOOK = """\
book: test/fields
version: 1.0.0
sector: test
points: 10
parameters: {{worth: {{2000-01-01: 3}}}}
facts: {{ok: {{type: boolean}}}}
parties: {{person: {{boss: person, rank: {{type: integer, min: 0, max: 9}}}}}}
records:
  acts:
    person: {{type: person, missing: none}}
    done: {{type: integer, min: 0, max: 9}}
    fields: []
{fields}
sections: [{{id: s, points: 10}}]
rules: [{{id: r, section: s, requires: ok, points: 10}}]
grades: [{{id: only}}]
"""


def book_of(*fields: str) -> RuleBook:
    text = BOOK.replace("    fields: []\n", "").format(
        fields="\n".join(f"    {one}" for one in fields)
    )
    return parse_book(text, "book.yaml")


VALUES = {
    "a default that reads a later default": (
        (
            "a: {type: integer, min: 0, max: 99, default: b + 1}",
            "b: {type: integer, min: 0, max: 99, default: done * 2}",
        ),
        {"done": "4"},
        {"a": (9, 9), "b": (8, 8)},
    ),
    "a default that reads what is worked out": (
        ("a: {type: integer, min: 0, max: 99, default: b + 1}", "b: {is: done * worth}"),
        {"done": "4"},
        {"a": (13, 13), "b": (12, 12)},
    ),
    "a default is held within the field's range": (
        ("a: {type: integer, min: 0, max: 5, default: done}",),
        {},
        {"a": (0, 5)},
    ),
    "two steps from a party": (
        ("a: {is: person.boss.rank}",),
        {"person": "p-1"},
        {"a": (7, 7)},
    ),
    "a third of it, rounded to the field's own places": (
        ("a: {type: number, decimals: 2, min: 0, max: 9, default: done / 3}",),
        {"done": "2"},
        {"a": (67, 67)},
    ),
}


@pytest.mark.parametrize(("fields", "row", "expected"), VALUES.values(), ids=VALUES)
def test_what_a_record_leaves_out_is_worked_out(
    fields: tuple[str, ...], row: dict[str, str], expected: dict[str, Any]
) -> None:
    book = book_of(*fields)
    case = {
        "book": book.key,
        "subject": "u-1",
        "period": "2026",
        "parties": [
            {"id": "p-1", "kind": "person", "boss": "p-2", "rank": "2"},
            {"id": "p-2", "kind": "person", "rank": "7"},
        ],
        "records": {"acts": [{"id": "a-1", **row}]},
    }
    [flat] = parse_case(mark(case, "case"), book, "case").registers["acts"].rows
    columns = layouts(book).registers["acts"].columns
    found = {key: flat[columns[key].start : columns[key].start + 2] for key in expected}
    assert found == expected


OTHERS = {
    "an order of other options": (
        "r: {type: [x, low, high], ordered: true}",
        "a: {type: [low, high], ordered: true, default: r}",
    ),
    "an order that is none": (
        "r: {type: [low, high]}",
        "a: {type: [low, high], ordered: true, default: r}",
    ),
    "an option that is none": ("r: {type: [low, high, x]}", "a: {type: [low, high], default: r}"),
}


@pytest.mark.parametrize("fields", OTHERS.values(), ids=OTHERS)
def test_a_default_of_other_options_is_refused(fields: tuple[str, ...]) -> None:
    with pytest.raises(BookError, match=r"records.acts.a.default: `r` is not of the field's own"):
        book_of(*fields)


def test_a_default_of_fewer_options_is_taken() -> None:
    assert book_of("r: [low, high]", "a: {type: [x, low, high], default: r}")


CIRCLES = {
    "two defaults": (
        (
            "a: {type: integer, min: 0, max: 9, default: b}",
            "b: {type: integer, min: 0, max: 9, default: a}",
        ),
        "a → b → a",
    ),
    "itself": (("a: {type: integer, min: 0, max: 9, default: a + 1}",), "a → a"),
    "a default and what is worked out": (
        ("a: {type: integer, min: 0, max: 99, default: b}", "b: {is: a + 1}"),
        "a → b → a",
    ),
}


@pytest.mark.parametrize(("fields", "circle"), CIRCLES.values(), ids=CIRCLES)
def test_defaults_that_go_round_in_a_circle_are_refused(
    fields: tuple[str, ...], circle: str
) -> None:
    with pytest.raises(BookError) as refused:
        book_of(*fields)
    assert f"defaults of fields go round in a circle: {circle}" in str(refused.value)
    assert str(refused.value).startswith("book.yaml:12: records.acts.a")
