"""The same scheme as a careful programmer would write it by hand: plain Python, one pass over the
records, no unknowns.

It gives what Steelyard gives, as plain tuples: points per rule, a finding per rule, the ledger,
score and grade, and the consequences.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from benchmarks.scheme import FULL, Facts, Row, derived

CARRY = 10**6
Result = tuple[
    list[int], list[tuple[Any, ...]], list[tuple[Any, ...]], int, str, list[tuple[Any, ...]]
]


def write(rows: Iterable[Row]) -> str:
    """Return the source of the function, with every name fetched once."""
    listed = list(rows)
    loop, rules = (
        [_Record(row) for row in listed if row.what not in {"facts", "derived"}],
        [f"p{n} = {_points(row)}" for n, row in enumerate(listed)],
    )
    by_cause: dict[int, list[str]] = {}
    for one in loop:
        by_cause.setdefault(one.cause, []).extend(one.inside)
    lines = ["def weigh(facts):", "    fired = []", "    verified = 0"]
    lines += [
        f"    d{n} = facts[{a!r}] / facts[{b!r}]" for n, (a, b) in enumerate(map(derived, range(8)))
    ]
    for row in listed:
        if row.form == "proportional":
            a, b = (f"facts[{name!r}]" for name in derived(row.at[0]))
            most = FULL * CARRY
            lines += [f"    r{row.at[0]} = min((2 * {a} * {most} + {b}) // (2 * {b}), {most})"]
    lines += [f"    {line}" for one in loop for line in one.before]
    lines += ["    for number, event in enumerate(facts['events']):"]
    lines += [
        (
            "        cause = event['cause']; sure = event['verified']; grave = "
            "event['severity'] == 'grave'; amount = event['amount']"
        )
    ]
    lines += ["        if sure:", "            verified += 1"]
    lines += ["            if grave: fired.append(('warning', event['person'], number))"]
    lines += ["        if amount > 800: fired.append(('repayment', event['person'], number))"]
    for place, (cause, inside) in enumerate(sorted(by_cause.items())):
        lines += [
            f"        {'elif' if place else 'if'} cause == {cause}:",
            *[f"            {line}" for line in inside],
        ]
    lines += ["    if verified >= 8: fired.append(('inspection', '', None))"]
    lines += [f"    {line}" for line in rules]
    numbers = range(len(listed))
    lines += [f"    points = [{', '.join(f'p{n}' for n in numbers)}]"]
    lines += [
        "    findings = [(rule, outcome(p), p, p, hits) for rule, p, hits in zip(IDS, points, ["
        + ", ".join(
            f"m{row.id.replace('-', '_')}" if row.form == "demerit" else "()" for row in listed
        )
        + "])]"
    ]
    lines += [
        "    ledger = [('item', rule, p, p) for rule, p in zip(IDS, points)]",
        f"    score = ({_exact(listed)} + {CARRY // 2}) // {CARRY}",
        "    left = score - sum(points)",
        "    if left: ledger.append(('rounding', '', left, left))",
    ]
    lines += ["    grade = 'good' if score >= 9000 else 'pass' if score >= 6000 else 'fail'"]
    return "\n".join([*lines, "    return points, findings, ledger, score, grade, fired", ""])


def _exact(rows: list[Row]) -> str:
    """Return the sum of what the rules earn, with six places more than points are shown with."""
    rates = {n: f"r{row.at[0]}" for n, row in enumerate(rows) if row.form == "proportional"}
    whole = " + ".join(f"p{n}" for n in range(len(rows)) if n not in rates)
    return f"({whole}) * {CARRY} + {' + '.join(rates.values())}"


def weigher(rows: Iterable[Row]) -> Callable[[Facts], Result]:
    """Return the function itself."""
    listed = list(rows)
    names: dict[str, Any] = {
        "IDS": [row.id for row in listed],
        "outcome": _outcome,
    }
    exec(write(listed), names)  # noqa: S102  # our own text
    found: Callable[[Facts], Result] = names["weigh"]
    return found


def _outcome(points: int) -> str:
    return "pass" if points == FULL else "partial" if points else "fail"


class _Record:
    """What one rule counts in the pass over the records."""

    def __init__(self, row: Row) -> None:
        name = row.id.replace("-", "_")
        self.cause = row.at[0]
        self.before, self.inside = {
            "count": (
                [f"c{name} = 0"],
                [f"if sure: c{name} += 1"] if row.form == "requires" else [f"c{name} += 1"],
            ),
            "any": ([f"c{name} = False"], [f"if grave: c{name} = True"]),
            "share": ([f"c{name} = n{name} = 0"], [f"n{name} += 1", f"if sure: c{name} += 1"]),
            "every": ([f"c{name} = True"], [f"if not sure and amount >= 100: c{name} = False"]),
            "plain": (
                [f"c{name} = 0; m{name} = []"],
                [f"if sure: c{name} += 50; m{name}.append(number)"],
            ),
            "grave": (
                [f"c{name} = 0; m{name} = []"],
                [f"if sure: c{name} += 100 if grave else 25; m{name}.append(number)"],
            ),
        }[row.what]


def _points(row: Row) -> str:
    name, at = f"c{row.id.replace('-', '_')}", row.at
    value = {"facts": f"facts['n{at[0]}']", "derived": f"d{at[0]}"}.get(row.what, name)
    match row.form:
        case "demerit":
            return f"max(0, {FULL} - {name})"
        case "proportional":
            return f"(r{at[0]} + {CARRY // 2}) // {CARRY}"
        case "banded":
            return " else ".join(
                [*(f"{points} if {value} >= {edge}" for edge, points in reversed(row.edges)), "0"]
            )
    edge = row.edges[0][0]
    test = {
        "facts": f"{value} >= {edge} and facts['b{at[-1]}']",
        "derived": f"{value} >= {edge}",
        "count": f"{name} <= 1",
        "any": f"not {name}",
        "share": f"{name} / {name.replace('c', 'n', 1)} >= {edge}",
        "every": name,
    }[row.what]
    return f"{FULL} if {test} else 0"
