"""A book as one SQL statement: it says what the judge says, and faults planted in it are noticed."""

from __future__ import annotations

import itertools
import os
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlglot import exp

import steelyard.bulk.consequences as consequences_module
import steelyard.bulk.findings as findings_module
import steelyard.bulk.gathering as gathering_module
import steelyard.bulk.rows as rows_module
import steelyard.bulk.steps as steps_module
import steelyard.bulk.units as units_module
from steelyard.book.model import RuleBook
from steelyard.bulk.engines.duck import Duck
from steelyard.bulk.gathering import Gathering
from steelyard.bulk.narrowing import _Bounds
from steelyard.bulk.rows import RowNames
from steelyard.bulk.sheet import Sheet
from steelyard.bulk.statement import statement
from steelyard.bulk.steps import StepEmitter
from steelyard.bulk.units import UnitNames
from steelyard.case.model import Case
from steelyard.errors import UsageError
from steelyard.expression import scaled
from steelyard.expression.engines import ENGINES
from steelyard.expression.functions.counting import AnyOf, Count
from steelyard.expression.functions.shares import Share
from steelyard.expression.scaled import NO, YES, Sides, Span
from steelyard.expression.sql import SqlEmitter

from .bulk_tables import Said, differences, judged, laid_out, stated, write
from .strategies import load as load_book
from .strategies import read

pytest.importorskip("duckdb", reason="DuckDB is not installed")

CASES = 160
PEOPLE = ["p-1", "p-2"]
TICKS = ["yes", "no", "na"]
BOOK: dict[str, Any] = {
    "book": "test/bulk",
    "version": "1.0.0",
    "title": {"zh": "整册", "en": "Bulk"},
    "sector": "hospital",
    "decimals": 2,
    "parameters": {"floor": {"2025-01-01": "0.5", "2026-07-01": "0.8"}},
    "parties": {"department": {"head": {"type": "person", "missing": "none"}},
                "person": {"department": "department", "role": ["physician", "other"]}},
    "facts": {
        "staff": {"type": "integer", "min": "0", "max": "9"},
        "trained": {"type": "integer", "min": "0", "max": "staff"},
        "coverage": {"is": "trained / staff", "min": "0", "max": "1"},
        "cost": {"type": "number", "decimals": "2", "min": "-5", "max": "5"},
        "happy": {"type": "survey"},
        "open": "boolean",
        "rank": ["A", "B", "C"],
        "honour": "boolean",
        "满意": "boolean",
    },
    "records": {
        "breaches": {
            "kind": {"type": "integer", "min": "1", "max": "3", "missing": "refused"},
            "verified": "boolean",
            "weight": {"type": "number", "decimals": "1", "min": "0", "max": "4"},
            "person": {"type": "person", "missing": "none"},
            "department": {"type": "department", "default": "person.department"},
        },
    },
    "sections": [
        {"id": "one", "title": {"zh": "一", "en": "One"}, "points": "60"},
        {"id": "two", "title": {"zh": "二", "en": "Two"}, "points": "40"},
    ],
    "stages": [{"id": "report", "title": {"zh": "报告", "en": "Report"},
                "window": {"months": ["2"]},
                "deliverables": [{"id": "paper", "title": {"zh": "文", "en": "Paper"}},
                                 {"id": "plan", "title": {"zh": "案", "en": "Plan"}}]}],
    "bonus": "5",
    "grades": [
        {"id": "good", "title": {"zh": "良", "en": "Good"}, "at_least": "70"},
        {"id": "fair", "title": {"zh": "中", "en": "Fair"}, "at_least": "40"},
        {"id": "poor", "title": {"zh": "差", "en": "Poor"}, "at_least": "0"},
    ],
    "measures": {"warned": {"kind": "sanction", "title": {"zh": "警告", "en": "Warned"}}},
    "limiters": [
        {"id": "veto", "title": {"zh": "否", "en": "Veto"},
         "when": "any(breaches, kind == 3 and verified)", "effect": "veto"},
        {"id": "capped", "title": {"zh": "限", "en": "Cap"}, "when": "coverage < floor",
         "effect": {"cap_grade": "fair"}},
        {"id": "unrated", "title": {"zh": "不", "en": "Unrated"}, "when": "cost < -4.5",
         "effect": "not_rated"},
    ],
    "consequences": [
        {"on": "breaches", "when": "verified", "falls_on": "person", "all": ["warned"]},
        {"on": "breaches", "when": "verified and kind == 2", "falls_on": "department.head",
         "all": ["warned"]},
        {"on": "person", "when": "count(breaches, verified) >= 2", "falls_on": "person",
         "all": ["warned"]},
        {"on": "subject", "when": "coverage < floor", "falls_on": "subject", "all": ["warned"]},
    ],
}  # fmt: skip


def _rule(name: str, section: str, points: str, **form: Any) -> dict[str, Any]:
    title = {"zh": name, "en": name}
    place = {"bonus": form.pop("bonus")} if "bonus" in form else {"section": section}
    return {"id": name, "title": title, "dimension": "service", "points": points, **place, **form}


def _items(name: str, count: int) -> list[dict[str, Any]]:
    return [
        {"id": f"{name}_{n}", "title": {"zh": f"{name}{n}", "en": f"{name}{n}"}}
        for n in range(count)
    ]


BOOK["rules"] = [
    _rule("all", "one", "10", requires="coverage >= floor"),
    _rule("some", "one", "7", checklist=_items("item", 3)),
    _rule("cost", "one", "9", proportional="part(staff, trained)", not_applicable="open"),
    _rule("lost", "one", "10", demerit={"over": "breaches", "when": "kind == 1 and verified",
                                        "each": "weight * 1.5"}),
    _rule("heard", "one", "8", requires="happy >= 0.6", confident="0.95"),
    _rule("calm", "one", "6", requires="count(breaches, verified) <= 1", not_applicable="满意"),
    _rule("stage", "one", "10", stage="report", late="0.3"),
    {**_rule("rank", "two", "", graded="rank"), "points": {"A": "10", "B": "5", "C": "0"}},
    _rule("share", "two", "10", proportional="share(breaches, kind <= 2, verified)"),
    _rule("mean", "two", "10", proportional="mean(breaches, weight, verified) / 4"),
    _rule("kinds", "two", "5", requires="distinct(breaches, person) >= 2",
          not_applicable="not open"),
    _rule("round", "two", "5", requires="round(cost, 1) >= 0.3"),
    _rule("honour", "two", "3", bonus={"group": "honours"}, requires="honour"),
    _rule("title", "two", "2", bonus={"group": "honours"}, requires="满意"),
]  # fmt: skip


def _case(rng: random.Random, number: int) -> dict[str, Any]:
    facts: dict[str, Any] = {}

    def show(name: str, value: Callable[[], Any], chance: float = 0.7) -> None:
        if rng.random() < chance:
            facts[name] = value()

    show("staff", lambda: str(rng.randint(0, 6)))
    trained = int(facts["staff"]) if "staff" in facts else 9
    show("trained", lambda: str(rng.randint(0, trained)))
    show("cost", lambda: f"{rng.choice([-480, -25, 24, 25, 35, 300]) / 100:.2f}")
    asked = rng.choice([0, 8, 40, 400])
    show("happy", lambda: {"positive": str(rng.randint(0, asked)), "asked": str(asked)})
    for name in ("open", "honour", "满意"):
        show(name, lambda: rng.choice(["true", "false"]), 0.6)
    show("rank", lambda: rng.choice("ABC"))
    for number_ in range(3):
        show(f"item_{number_}", lambda: rng.choice(TICKS), 0.5)
    for name in ("paper", "plan"):
        show(name, lambda: rng.choice(["2026-01-05", "2026-02-28", "2026-03-01"]), 0.6)
    rows = []
    for row in range(rng.choice([0, 1, 2, 4, 6])):
        cells = {"id": f"b-{row}", "kind": str(rng.randint(1, 3))}
        if rng.random() < 0.75:
            cells["verified"] = rng.choice(["true", "false"])
        if rng.random() < 0.75:
            cells["weight"] = f"{rng.randint(0, 40) / 10}"
        if rng.random() < 0.8:
            cells["person"] = rng.choice(PEOPLE)
        if rng.random() < 0.4:
            cells["department"] = "d-1"
        rows.append(cells)
    register: Any = rows if rng.random() < 0.6 else {"complete": "false", "rows": rows}
    waivers = [{"rule": "rank", "authority": "office", "until": "2026-12-31"},
               {"rule": "round", "authority": "office", "until": "2026-12-30"}]  # fmt: skip
    return {
        "book": "test/bulk", "subject": f"u-{number}", "period": "2026", "facts": facts,
        "parties": [{"id": "d-1", "kind": "department", **({"head": "p-2"} if number % 3 else {})},
                    {"id": "p-1", "kind": "person", "role": "physician", "department": "d-1"},
                    {"id": "p-2", "kind": "person"}],
        "records": {"breaches": register} if rng.random() < 0.85 else {},
        "waivers": waivers if number % 5 == 0 else [],
    }  # fmt: skip


@pytest.fixture(scope="module")
def weighed(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[RuleBook, list[Case], Said, Duck]]:
    """Return a book of all forms, cases, what the judge says of them, and their clean tables."""
    book = load_book(BOOK)
    rng = random.Random("bulk statement")
    read_ = (read(_case(rng, number), book) for number in range(CASES))
    cases = [one for one in read_ if one is not None]
    folder = tmp_path_factory.mktemp("weighed")
    with Duck(folder / "spill", threads=1) as duck:
        laid_out(duck, book, write(cases, book, folder))
        yield book, cases, judged(book, cases), duck


def _made(book: RuleBook) -> Any:
    return statement(book, period="2026", findings=True, consequences=True, waivers=True)


def test_the_statement_says_what_the_judge_says(weighed: Any) -> None:
    book, cases, wanted, duck = weighed
    got = stated(duck, _made(book), "2026")
    assert differences(wanted, got) == {}
    assert len(got) == len(cases) > 100
    # Nothing is tried that is always the same.
    for key in ("veto", "not_rated", "grade_low", "grade_high", "low", "coverage"):
        assert len({str(one["scores"][key]) for one in wanted.values()}) > 1


def test_the_statement_in_parts_says_the_same(weighed: Any) -> None:
    book, _, wanted, duck = weighed
    layers, rest = _made(book).apart()
    assert layers
    for name, query in layers:
        duck.keep(name, query)
    read_ = [table.name for cte in rest.shared for table in cte.this.find_all(exp.Table)]
    assert max(read_.count(cte.alias) for cte in rest.shared) == 1
    assert not {name for name, _ in layers} & {cte.alias for cte in rest.shared}
    assert differences(wanted, stated(duck, rest, "2026")) == {}


QUOTIENTS = {
    "a mean divided again": "mean(breaches, weight) / 100",
    "a mean of large numbers": "mean(breaches, cost) / 100000",
    "a product of means": "mean(breaches, cost) * mean(breaches, cost) / 10000000000",
    "the same written out": "total(breaches, cost) / (100000 * count(breaches))",
}


@pytest.mark.parametrize("said", QUOTIENTS.values(), ids=QUOTIENTS)
def test_a_quotient_whose_result_fits_64_bits_is_written_for_spark(said: str) -> None:
    title = {"zh": "均", "en": "Mean"}
    numbers = {"type": "number", "decimals": "2", "min": "0"}
    book = load_book({
        "book": "test/means", "version": "1.0.0", "title": title, "sector": "hospital",
        "records": {"breaches": {"weight": {**numbers, "max": "100"},
                                 "cost": {**numbers, "max": "100000"}}},
        "sections": [{"id": "one", "title": title, "points": "100"}],
        "rules": [_rule("mean", "one", "100", proportional=said)],
        "grades": [{"id": "any", "title": title, "at_least": "0"}],
    })  # fmt: skip
    for engine in ENGINES:
        assert statement(book, period="2026", dialect=engine).query("scores")


def _pairs(most: str, **rule: str) -> RuleBook:
    """Return a book of one rule over four numbers of up to `most`."""
    title = {"zh": "比", "en": "Pairs"}
    number = {"type": "integer", "min": "1", "max": most}
    return load_book({
        "book": "test/pairs", "version": "1.0.0", "title": title, "sector": "hospital",
        "facts": {**dict.fromkeys("abcd", number), "shown": {"type": "survey"}},
        "sections": [{"id": "one", "title": title, "points": "100"}],
        "rules": [_rule("first", "one", "50", **rule), _rule("last", "one", "50", **rule)],
        "grades": [{"id": "any", "title": title, "at_least": "0"}],
    })  # fmt: skip


LONG = {
    # Whether a quotient is settled is a comparison of its ends, each top times the other's bottom:
    # four numbers, and the fourth root of 10^38 is 3162277660.17.
    "an open quotient": ("3162277660", "3162277661", {"requires": "a * b / (c * d) == 2"}),
    # (10^9 answers x the bottom)^2 x 10^6 < 10^38.
    "a survey": ("9999999", "10000000", {"requires": "shown >= a / b", "confident": "0.95"}),
}


@pytest.mark.parametrize(("held", "long", "rule"), LONG.values(), ids=LONG)
@pytest.mark.parametrize("engine", ENGINES)
def test_numbers_beyond_an_engine_are_refused_with_every_rule_that_needs_them(
    engine: str, held: str, long: str, rule: dict[str, str]
) -> None:
    assert statement(_pairs(held, **rule), period="2026", dialect=engine).query("scores")
    with pytest.raises(UsageError) as told:
        statement(_pairs(long, **rule), period="2026", dialect=engine)
    assert [one.text() for one in told.value.faults] == [
        f"test/pairs@1.0.0: rule `{name}` could need more than 38 digits, which {engine} does not "
        "hold" for name in ("first", "last")
    ]  # fmt: skip


def _many_open() -> dict[str, Any]:
    """Return a book of five sections with five rules each, of which any may not apply: means of
    many open parts over means of many open parts.
    """
    places = [(section, rule) for section in "abcde" for rule in range(5)]
    title = {"zh": "多", "en": "Many"}
    return {
        "book": "test/open", "version": "1.0.0", "title": title, "sector": "hospital",
        "facts": {f"{kind}_{s}_{n}": "boolean" for s, n in places for kind in ("met", "out")},
        "sections": [{"id": s, "title": title, "points": "20"} for s in "abcde"],
        "rules": [
            _rule(f"rule-{s}{n}", s, "4", requires=f"met_{s}_{n}", not_applicable=f"out_{s}_{n}")
            for s, n in places
        ],
        "grades": [{"id": "good", "title": title, "at_least": "70"},
                   {"id": "poor", "title": title, "at_least": "0"}],
    }  # fmt: skip


def test_sections_that_may_be_out_over_rules_that_may_be_out(tmp_path: Path) -> None:
    book = load_book(_many_open())
    rng = random.Random("many open")
    cases = []
    for number in range(40):
        facts = {name: rng.choice(["true", "false"])
                 for name in book.facts if rng.random() < number % 4 / 4 + 0.1}  # fmt: skip
        case = read({"book": "test/open", "subject": f"u-{number}", "period": "2026",
                     "facts": facts}, book)  # fmt: skip
        assert case is not None
        cases.append(case)
    with Duck(tmp_path / "spill", threads=1) as duck:
        laid_out(duck, book, write(cases, book, tmp_path))
        got = stated(duck, statement(book, period="2026"), "2026")
    assert differences(judged(book, cases), got) == {}


def _swapped(real: Any) -> Any:
    def sql(self: Any, task: Any, writer: Any) -> Any:
        low, high, *rest = real(self, task, writer)
        return Span(high, low, *rest)

    return sql


def _without_half(self: Any, top: Any, bottom: Any, scale: tuple[int, int, int]) -> Any:
    over, under, full = scale
    if bottom.literal == 0:
        return scaled.or_null(NO, self.number(0))
    return scaled.cut(top * over, bottom * under, 0, full)


def _all_taken(self: Any, value: Any, sure: Any, perhaps: Any, *, most: bool) -> Any:
    may = sure | perhaps
    return self.total(value, may), self.count(may)


def _never(*_: Any, **__: Any) -> Any:
    return NO


def _always(*_: Any, **__: Any) -> Any:
    return YES


def _any_of_rows(self: Any, task: Any, writer: Any) -> Any:
    # The rows that are there decide, whether or not more may come.
    return Sides(task.count(task.where.must) > 0, task.count(task.where.may) > 0)


def _share_of_sure(self: Any, task: Any, writer: Any, real: Any = Share.sql) -> Any:
    task.where = Sides(task.where.must, task.where.must)
    return real(self, task, writer)


def _one_sided(self: Any, test: Sides, one: Span, two: Span) -> Span:
    low = scaled.choose([(test.must, one.low)], two.low)
    return Span(low, scaled.choose([(test.must, one.high)], two.high))


def _sure_is_may(self: Any, parts: Any, ends: Any) -> Any:
    zero = top = bottom = self.number(0)
    for one, end in zip(parts, ends, strict=True):
        top += scaled.choose([(one.applies.may, end)], zero)
        bottom += scaled.choose([(one.applies.may, self.number(one.weight))], zero)
    return top, bottom


def _not_asked_is_no(raw: Any, name: str) -> Sides:
    test = raw.test(name, otherwise=False)
    return Sides(test, test)


def _unheard(self: Any, node: Any, real: Any = SqlEmitter._compare) -> Any:
    return real(self, replace(node, confidence=0))


def _plainly(self: Any, node: Any) -> Any:
    return StepEmitter(self.steps).sides(node.item)


def _unclaimed(self: Any, name: str) -> Any:
    return self._open(name)


def _no_default(self: Any, slot: Any, cell: Any) -> Any:
    return cell


def _certain(self: Any, must: Any) -> Any:
    return must


def _unsettled(self: Any, settle: Any) -> Any:
    return NO


def _a_point_less(values: Any, real: Any = scaled.greatest) -> Any:
    return real([values[0], *(one - 10**8 for one in values[1:])])


def _by_unit_alone(self: Any, table: str, on: Any, real: Any = Sheet.join) -> Any:
    return real(self, table, on[:1] if table.startswith("parties") else on)


def _of_all_records(_: Any, real: Any = scaled.counted) -> Any:
    return real(YES)


PLANTED: dict[str, tuple[Any, str, Any]] = {
    "a swapped bound": (Count, "sql", _swapped(Count.sql)),
    "a lost known-flag": (UnitNames, "complete", _always),
    "rows decide whether a register is known": (AnyOf, "sql", _any_of_rows),
    "a quotient cut off where it is rounded": (StepEmitter, "_divided", _without_half),
    "a NULL that is read as no": (units_module, "open_sides", _not_asked_is_no),
    "a NULL in a record that is read as no": (rows_module, "open_sides", _not_asked_is_no),
    "a waiver overlooked": (UnitNames, "waived", _never),
    "records that only may count taken as sure": (Share, "sql", _share_of_sure),
    "a mean of all that may count": (Gathering, "nearest", _all_taken),
    "a choice with one side": (SqlEmitter, "chosen", _one_sided),
    "a rule that may be out taken as in": (StepEmitter, "_sure", _sure_is_may),
    "an open part taken as worth anything": (StepEmitter, "_free", lambda *_: True),
    "a confidence forgotten": (SqlEmitter, "_compare", _unheard),
    "a zero that undefines a condition": (StepEmitter, "_firm", _plainly),
    "a zero that undefines points": (steps_module.Steps, "certain", _unsettled),
    "a bonus that nobody claimed": (UnitNames, "_claimed", _unclaimed),
    "a default forgotten": (RowNames, "_or_default", _no_default),
    "facts that bound one another left apart": (_Bounds, "_bound", lambda *a, **_: a[3]),
    "a party not known taken as certain": (consequences_module.Firing, "_surely", _certain),
    "points that go below nothing": (scaled, "greatest", _a_point_less),
    "a flag of a function forgotten": (Gathering, "note", lambda *_: None),
    "a party that is found by its unit alone": (Sheet, "join", _by_unit_alone),
    "an outcome of what may apply": (findings_module.Finding, "outcome",
                                     lambda _: exp.Literal.string("pass")),
    "a count of all records": (gathering_module, "counted", _of_all_records),
}  # fmt: skip


EVERY = int(os.environ.get("STEELYARD_BULK", "0")) > 0
TRIED = PLANTED if EVERY else dict(itertools.islice(PLANTED.items(), 0, None, 8))


# Planning the statement of each takes most of a second: by default only some are tried.
@pytest.mark.parametrize(("place", "name", "fault"), TRIED.values(), ids=TRIED)
def test_a_planted_fault_is_noticed(
    place: Any, name: str, fault: Any, weighed: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    book, _, wanted, duck = weighed
    monkeypatch.setattr(place, name, fault)
    # What scores show already need not be looked for in what takes longer.
    for more in ({}, {"findings": True, "consequences": True}):
        # A fault that only stops the run shows nothing of what the comparison sees.
        got = stated(duck, statement(book, period="2026", waivers=True, **more), "2026")
        if differences(wanted, got):
            return
    raise AssertionError(name)
