"""What a book may just say and what it may not, where planted faults showed that no other quick
test looked; worked out by hand.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from steelyard.book.model import RuleBook
from steelyard.book.reading.declared import expand
from steelyard.book.reading.load import parse_book, places_in
from steelyard.book.tailoring.inherit import no_base
from steelyard.book.tailoring.shares import unit_of
from steelyard.errors import BookError
from steelyard.located_yaml import Table, mark


def book_of(**more: Any) -> RuleBook:
    document = {
        "book": "test/read",
        "version": "1.0.0",
        "sector": "test",
        "facts": {"n": {"type": "integer", "min": 0, "max": 10}},
        "sections": [{"id": "all", "points": 100}],
        "rules": [{"id": "r", "section": "all", "points": 100, "requires": "n > 1"}],
        "grades": [{"id": "any", "at_least": 0}],
        **more,
    }
    return parse_book(json.dumps(document), "read")


@pytest.mark.parametrize(("last", "taken"), [("2026-01-01", True), ("2025-12-31", False)])
def test_a_book_ends_on_the_day_on_which_it_begins_or_later(last: str, taken: bool) -> None:  # noqa: FBT001
    effective = {"from": "2026-01-01", "to": last}
    if taken:
        assert [str(day) for day in book_of(effective=effective).effective if day] == [
            "2026-01-01",
            last,
        ]
        return
    with pytest.raises(BookError, match="read:1: effective: ends before it begins"):
        book_of(effective=effective)


def test_a_fact_that_a_calculation_reads_twice_is_remarked_once() -> None:
    facts = {
        "n": {"type": "integer", "min": 0, "max": 10},
        "m": {"type": "integer", "min": 0, "max": 10},
        "yes": "boolean",
        "twice": {"is": "n * n + n"},
        "once": {"is": "n + m"},
        "apart": {"is": "n if yes else n"},
        "asked": {"is": "yes and yes"},
    }
    said = [one.text() for one in book_of(facts=facts).remarks]
    assert len(said) == 1
    assert said[0].endswith(
        "facts.twice: `n` occurs twice and is read as two values, so bounds may be wide"
    )


RUNS: dict[str, tuple[list[str], list[str], tuple[str, ...] | None]] = {
    "one": (["H1.8"], [], ("H1.8",)),
    "a run": (["H1.8..H1.10"], [], ("H1.8", "H1.9", "H1.10")),
    "a run of one": (["H1.8..H1.8"], [], ("H1.8",)),
    "each once": (["H1.9", "H1.8..H1.10"], [], ("H1.9", "H1.8", "H1.10")),
    "a run backward": (["H1.9..H1.8"], [], None),
    "a run of two chapters": (["H1.8..H2.9"], [], None),
    "a run to what is no number": (["H1.8..H1.x"], [], None),
    "a run from what is no number": (["H1.x..H1.8"], [], None),
    "a run of a thousand": (["H.1..H.1000"], [], tuple(f"H.{n}" for n in range(1, 1001))),
    "a run of more": (["H.1..H.1001"], [], None),
    "in the order of the scheme": (["a..c"], ["a", "b", "c", "d"], ("a", "b", "c")),
    "to what the scheme has not": (["a..x"], ["a", "b"], None),
    "backward in the scheme": (["c..a"], ["a", "b", "c"], None),
    "numbers that the scheme has not": (["H.1..H.3"], ["a"], None),
}


@pytest.mark.parametrize(("cites", "inventory", "clauses"), RUNS.values(), ids=RUNS)
def test_runs_of_clauses(
    cites: list[str], inventory: list[str], clauses: tuple[str, ...] | None
) -> None:
    if clauses is None:
        with pytest.raises(ValueError, match=r"\.\."):
            expand(cites, inventory)
    else:
        assert expand(cites, inventory) == clauses


def test_places_of_a_book_that_loads() -> None:
    text = "book: test/read\nrules:\n  - id: r\n    points: 10\n"
    place = places_in(text, "read.yaml", no_base)
    assert place("rules", "r", "points") == "read.yaml:4: rules.r.points"
    assert place("rules", 0) == "read.yaml:3: rules.r"
    assert place("book") == "read.yaml:1: book"


def test_consequences_of_a_base_come_before_a_books_own() -> None:
    def follows(measure: str) -> dict[str, Any]:
        return {"on": "subject", "when": "n > 1", "falls_on": "subject", "all": [measure]}

    base = {
        "book": "test/base",
        "version": "1.0.0",
        "sector": "test",
        "facts": {"n": {"type": "integer", "min": 0, "max": 10}},
        "sections": [{"id": "all", "points": 100}],
        "rules": [{"id": "r", "section": "all", "points": 100, "requires": "n > 1"}],
        "grades": [{"id": "any", "at_least": 0}],
        "measures": {one: {"kind": "reward"} for one in ("first", "second", "third")},
        "consequences": [follows("first"), follows("second")],
    }
    for own, measures in (
        ([follows("third")], ["first", "second", "third"]),
        (None, ["first", "second"]),
    ):
        document = {
            "book": "test/own",
            "version": "1.0.0",
            "sector": "test",
            "extends": "test/base@1.0.0",
        }
        if own:
            document["consequences"] = own  # type: ignore[assignment]
        found = parse_book(
            json.dumps(document), "own", base=lambda _reference: (json.dumps(base), "base")
        )
        assert [one.options for one in found.consequences] == [((one,),) for one in measures]


@pytest.mark.parametrize(
    ("decimals", "unit"),
    [(None, "0.01"), ("0", "1"), ("1", "0.1"), ("3", "0.001"), ("4", "0.0001"), ("many", "0.01")],
)
def test_the_least_step_of_a_books_points(decimals: str | None, unit: str) -> None:
    table = mark({} if decimals is None else {"decimals": decimals}, "read")
    assert isinstance(table, Table)
    assert str(unit_of(table)) == unit


@pytest.mark.parametrize(("depth", "taken"), [(8, True), (9, False)])
def test_a_book_stands_on_eight_others_at_most(depth: int, taken: bool) -> None:  # noqa: FBT001
    def book(number: int) -> tuple[str, str]:
        own: dict[str, Any] = {"book": f"test/b{number}", "version": "1.0.0", "sector": "test"}
        if number < depth:
            own["extends"] = f"test/b{number + 1}@1.0.0"
        else:
            own |= {
                "sections": [{"id": "all", "points": 100}],
                "facts": {"yes": "boolean"},
                "rules": [{"id": "r", "section": "all", "points": 100, "requires": "yes"}],
                "grades": [{"id": "any", "at_least": 0}],
            }
        return json.dumps(own), f"b{number}"

    def base(reference: str) -> tuple[str, str]:
        return book(int(reference.partition("@")[0].removeprefix("test/b")))

    if taken:
        assert list(parse_book(*book(0), base=base).rules) == ["r"]
    else:
        with pytest.raises(BookError, match="`extends` is deeper than 8 books"):
            parse_book(*book(0), base=base)


NUMBER = {"type": "integer", "min": 0, "max": 10}
REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "a bundle that names a measure twice": (
        {
            "measures": {"warned": {"kind": "sanction"}},
            "consequences": [{"on": "subject", "falls_on": "subject", "all": ["warned", "warned"]}],
        },
        "read:1: consequences[1]: a bundle names a measure twice",
    ),
    "an exception of cases where none is asked of cases": (
        {"exceptions": [{"check": "passes", "about": "r", "where": "n > 1", "reason": "so"}]},
        (
            "read:1: exceptions[1].where: `where` goes with one of better, division, nothing, "
            "one-more, sanctioned"
        ),
    ),
    "a calculation that gives a word": (
        {"facts": {"n": {"type": "integer"}, "c": {"type": ["a", "b"]}, "d": {"is": "c"}}},
        "read:1: facts.d.is: `c` is neither a number, a date nor a condition",
    ),
    "a calculation of another type": (
        {"facts": {"n": {"type": "integer"}, "d": {"is": "n > 1", "type": "number"}}},
        "read:1: facts.d.type: `number` is not what its expression gives",
    ),
    **{
        what: ({"facts": {"n": NUMBER, "c": {"type": ["a", "b"]}, **facts}}, f"read:1: {line}")
        for what, facts, line in (
            ("a fact with a default", {"d": {**NUMBER, "default": "1"}},
             "facts.d: a fact has no default: what is not shown is unknown"),
            ("a fact that is refused", {"d": {**NUMBER, "missing": "refused"}},
             "facts.d: a fact that is not given is unknown; it cannot be refused"),
            ("a yes or no that may be none", {"d": {"type": "boolean", "missing": "none"}},
             "facts.d: a yes or no is never none; an empty cell is unknown"),
            ("a bound that is no fact", {"d": {"type": "integer", "max": "many"}},
             "facts.d.max: unknown fact `many`"),
            ("a bound of another type", {"d": {"type": "integer", "max": "c"}},
             "facts.d.max: `c` is of another type"),
            ("facts in a circle", {"d": {"is": "e + 1"}, "e": {"is": "d + 1"}},
             "facts.d: derived facts go round in a circle: d → e → d"),
            # Each is written before what it reads, so that all are open when the last is found.
            ("a calculation on more than a hundred others, the last first",
             {**{f"d{one}": {"is": f"d{one + 1} + 1"} for one in range(101)}, "d101": {"is": "n + 1"}},
             "facts.d0: stands on a chain of worked-out values longer than 100"),
            ("a calculation on more than a hundred others, the first first",
             {"d0": {"is": "n + 1"}, **{f"d{one}": {"is": f"d{one - 1} + 1"} for one in range(1, 102)}},
             "facts.d101: stands on a chain of worked-out values longer than 100"),
            ("a calculation that may be missing", {"d": {"is": "n + 1", "missing": "none"}},
             "facts.d: a derived fact has neither missing, default nor order"),
            ("a calculation within other facts", {"d": {"is": "n + 1", "max": "n"}},
             "facts.d: a derived fact is bounded by figures, not by other facts"),
            ("a condition within bounds", {"d": {"is": "n > 1", "max": "1"}},
             "facts.d: only numbers and dates have min and max"),
        )
    },
    "an item called like a fact": (
        {
            "rules": [
                {"id": "r", "section": "all", "points": 100, "checklist": [{"id": "n"}, {"id": "i"}]}
            ]
        },
        (
            "read:1: rules.r.n: `n` stands twice; ids of facts, items and deliverables are unique "
            "in a book"
        ),
    ),
    # Both have a figure from 2026 on: 60 before 50, so that 60 is the better grade's, until July.
    "cut-offs that do not fall on a day on which both have a figure": (
        {
            "parameters": {
                "upper": {"2025-01-01": 50, "2026-07-01": 80},
                "lower": {"2026-01-01": 60},
            },
            "grades": [
                {"id": "good", "at_least": "upper"},
                {"id": "fair", "at_least": "lower"},
                {"id": "any", "at_least": 0},
            ],
        },
        "read:1: grades.good: from 2026-07-01 on, begins at 80, above `fair`, which is better",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("more", "line"), REFUSED.values(), ids=REFUSED)
def test_what_a_book_may_not_say(more: dict[str, Any], line: str) -> None:
    with pytest.raises(BookError) as refused:
        book_of(**more)
    (only,) = [one.text() for one in refused.value.faults]
    assert only.startswith(line)


def test_cut_offs_fall_on_the_days_on_which_all_have_a_figure() -> None:
    # Before 2026 the lower has none, so that nothing is held against the 50 of 2025.
    book = book_of(
        parameters={"upper": {"2025-01-01": 50, "2026-01-01": 80}, "lower": {"2026-01-01": 60}},
        grades=[
            {"id": "good", "at_least": "upper"},
            {"id": "fair", "at_least": "lower"},
            {"id": "any", "at_least": 0},
        ],
    )
    assert [one.id for one in book.grades] == ["good", "fair", "any"]


RUNS = """\
book: town/runs
version: 1.0.0
sector: town
sections: [{id: all, points: 100}]
rules:
  - {id: r, section: all, points: 100, checklist: [{id: a, cites: [Z9..Z12]}, {id: b}]}
stages: [{id: s, deliverables: [{id: d, cites: [Y1..Y2]}]}]
grades: [{id: pass, at_least: 0}]
"""


def test_a_fault_of_an_item_or_a_deliverable_is_told_once_and_where_it_is() -> None:
    # A form and the ticks that it brings both look at what an item cites, a stage and its dates at
    # what a deliverable does.
    with pytest.raises(BookError) as refused:
        parse_book(RUNS, "runs.yaml")
    assert sorted(str(refused.value).splitlines()) == [
        "runs.yaml:6: rules.r.a.cites: `Z9..Z12` is no run of clauses",
        "runs.yaml:7: stages.s.d.cites: `Y1..Y2` is no run of clauses",
    ]
