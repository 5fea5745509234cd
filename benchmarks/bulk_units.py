"""Bulk against engines that take a unit at a time: `python -m benchmarks.bulk_units`.

Our own loop over `judge`, zen-engine and rule-engine, each over the same made-up units as the
statement. The two engines know no bounds: they are given the worst of what is missing, and must
find our low end wherever the register is complete, before anything is timed. The statement is
taken as a whole, with its planning and its files, and as what a unit more costs among MORE.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.bulk import Laid, laid_out, seconds
from steelyard import judge, read_case
from steelyard.bulk.engines.duck import Duck

UNITS, MORE, ROWS_A_UNIT = 20_000, 1_000_000, 5
EACH = (200, 250, 250, 150, 150, 200, 200, 300, 300)
"""What a breach of each prohibition costs, in hundredths; three of them cost all."""
FIELDS = ("id", "prohibition", "verified", "crime_suspected")
Unit = Mapping[str, Any]
Weigh = Callable[[Unit], int]


class Base(NamedTuple):
    """The processor time of the statement for a unit: of all it takes, and of one more."""

    whole: float
    more: float


def main() -> None:
    """Make the units, hold that the engines find what bulk finds, and print the ratios."""
    sizes = [int(word) for word in sys.argv[1:]]
    units, more = [*sizes, *(UNITS, MORE)[len(sizes) :]]
    with tempfile.TemporaryDirectory() as name:
        with laid_out(more, ROWS_A_UNIT * more, Path(name)) as laid:
            larger = _bulk(laid)
        with laid_out(units, ROWS_A_UNIT * units, Path(name)) as laid:
            took = _bulk(laid)
            base = Base(took / units, (larger - took) / (more - units))
            print(f"{units} units; a unit of all / a unit more among {more}: ", end="")
            print(f"{base.whole / base.more:.2f}", flush=True)
            _race(laid, base)


def _bulk(laid: Laid) -> float:
    """Return the processor time of the statement, the best of three."""
    return min(
        seconds(lambda: laid.duck.write(laid.query, laid.folder / "scores.parquet"))[1]
        for _ in range(3)
    )


def _race(laid: Laid, base: Base) -> None:
    rows = laid.duck.rows(f"SELECT subject, low FROM '{laid.folder / 'scores.parquet'}'")  # noqa: S608  # our own file
    lows = {row[0]: row[1] for row in rows}
    given = _units(laid.duck)
    _loop(laid, given, base)
    worst = [_worst(one) for one in given if one["breaches.complete"]]
    for engine, weigh in (("zen-engine", _zen()), ("rule-engine", _rule_engine())):
        for one in worst[:500]:
            low, found = lows[one["subject"]], Decimal(weigh(one)).scaleb(-2)
            if low != found:
                raise SystemExit(f"{engine}: {one['subject']} has {found}, not {low}")
        took = seconds(lambda weigh=weigh: [weigh(one) for one in worst])[1]  # type: ignore[misc]  # bound now
        _print(engine, took / len(worst), base)


def _print(what: str, one: float, base: Base) -> None:
    print(
        f"{what} / the statement, processor time of a unit: {one / base.whole:.1f}, "
        f"against a unit more {one / base.more:.1f}",
        flush=True,
    )


def _units(duck: Duck) -> list[dict[str, Any]]:
    """Return every unit with its facts and records."""
    facts = "facts.subject, medical_staff, trained_staff, group_set_up, handed_over"
    survey = '"satisfaction.positive", "satisfaction.asked", "breaches.complete"'
    listed = f"list(struct_pack({', '.join(f'{name} := {name}' for name in FIELDS)})) AS breaches"
    gathered = f"SELECT subject, {listed} FROM register_breaches GROUP BY subject"  # noqa: S608  # our names
    names = [word.strip(' "').removeprefix("facts.") for word in f"{facts}, {survey}".split(",")]
    rows = duck.rows(
        f"SELECT {facts}, {survey}, breaches FROM facts LEFT JOIN ({gathered}) AS gathered "  # noqa: S608  # likewise
        "ON gathered.subject = facts.subject"
    )
    return [dict(zip([*names, "breaches"], row, strict=True)) for row in rows]


def _loop(laid: Laid, given: Sequence[Unit], base: Base) -> None:
    cases = [read_case(_case(one), laid.book) for one in given]

    def loop() -> None:
        for case in cases:
            judge(laid.book, case)

    read = seconds(lambda: [read_case(_case(one), laid.book) for one in given])[1] / len(given)
    judged = seconds(loop)[1] / len(given)
    _print("a loop over `judge`, its cases read before", judged, base)
    _print("reading the cases and `judge`", read + judged, base)


def _case(unit: Unit) -> dict[str, Any]:
    names = ("medical_staff", "trained_staff", "group_set_up", "handed_over")
    facts: dict[str, Any] = {name: unit[name] for name in names if unit[name] is not None}
    if unit["satisfaction.asked"] is not None:
        facts["satisfaction"] = {
            "positive": unit["satisfaction.positive"],
            "asked": unit["satisfaction.asked"],
        }
    rows = [
        {key: value for key, value in row.items() if value is not None}
        for row in unit["breaches"] or []
    ]
    complete = unit["breaches.complete"]
    records = {"breaches": rows if complete else {"complete": False, "rows": rows}}
    return {"subject": unit["subject"], "period": "2026", "facts": facts, "records": records}


def _worst(unit: Unit) -> Unit:
    """Return a unit with the worst of what is missing, for those that know no bounds."""
    return {
        "subject": unit["subject"],
        "medical_staff": unit["medical_staff"],
        "trained_staff": unit["trained_staff"] or 0,
        "positive": unit["satisfaction.positive"] or 0,
        "asked": unit["satisfaction.asked"] or 1,
        "group_set_up": bool(unit["group_set_up"]),
        "handed_over": bool(unit["handed_over"]),
        "breaches": [
            {
                "prohibition": row["prohibition"],
                "verified": row["verified"] is not False,
                "crime": row["crime_suspected"] is not False,
            }
            for row in unit["breaches"] or []
        ],
    }


def _zen() -> Weigh:
    """Return zen-engine (Rust): one decision, compiled once."""
    engine: Any = import_module("zen")
    mine = "breaches, #.prohibition == {0} and #.verified"
    texts = {
        f"p{n}": f"max([0, {3 * each} - {each} * count({mine.format(n)})])"
        for n, each in enumerate(EACH, 1)
    }
    texts |= {
        "training": "trained_staff >= medical_staff ? 1000 : 0",
        "satisfied": "floor(positive / asked * 1500 + 0.5)",
        "group": "group_set_up ? 500 : 0",
        "handover": "handed_over ? 1000 : 0",
        "crime": "some(breaches, #.verified and #.crime)",
        "veto": "count(breaches, #.verified) >= 20",
    }
    expressions = [{"id": key, "key": key, "value": text} for key, text in texts.items()]
    content = {"expressions": expressions, "passThrough": False, "executionMode": "single"}
    nodes = [
        {"id": "in", "type": "inputNode", "name": "in"},
        {"id": "all", "type": "expressionNode", "name": "all", "content": content},
        {"id": "out", "type": "outputNode", "name": "out"},
    ]
    edges = [
        {"id": f"{a}-{b}", "sourceId": a, "targetId": b, "type": "edge"}
        for a, b in (("in", "all"), ("all", "out"))
    ]
    decision = engine.ZenEngine(
        {"loader": {"type": "static", "content": {"scheme": {"nodes": nodes, "edges": edges}}}}
    )
    points = [key for key in texts if key not in {"crime", "veto"}]

    def weigh(unit: Unit) -> int:
        found = decision.evaluate("scheme", dict(unit))["result"]
        return sum(int(found[name]) for name in points)

    return weigh


def _rule_engine() -> Weigh:
    """Return rule-engine: one expression for each rule and limiter, parsed beforehand."""
    engine: Any = import_module("rule_engine")
    mine = "[e for e in breaches if e['prohibition'] == {0} and e['verified']].length"
    texts = [f"$max([0, {3 * each} - {each} * {mine.format(n)}])" for n, each in enumerate(EACH, 1)]
    texts += [
        "trained_staff >= medical_staff ? 1000 : 0",
        "(positive * 3000 + asked) // (2 * asked)",
        "group_set_up ? 500 : 0",
        "handed_over ? 1000 : 0",
    ]
    rules = [engine.Rule(text) for text in texts]
    limits = [
        engine.Rule("$any([e['verified'] and e['crime'] for e in breaches])"),
        engine.Rule("[e for e in breaches if e['verified']].length >= 20"),
    ]

    def weigh(unit: Unit) -> int:
        for limit in limits:
            limit.evaluate(unit)
        return sum(int(rule.evaluate(unit)) for rule in rules)

    return weigh


if __name__ == "__main__":
    main()
