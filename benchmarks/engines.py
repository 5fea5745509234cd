"""The same scheme for rule engines that a Python user would pick instead; each gives the points of
every rule.

They know no bounds and keep no ledger; what each lacks is done by the few lines of Python that its
users would write.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from importlib import import_module
from typing import Any

from benchmarks.scheme import FULL, Facts, Row, derived

Side = Callable[[Facts], list[int]]


def zen(rows: Iterable[Row]) -> Side:
    """Return zen-engine (Rust): one decision with a node for worked-out facts and one for all rules
    and consequences.
    """
    engine: Any = import_module("zen")
    listed = list(rows)
    worked_out = [(f"d{n}", " / ".join(derived(n))) for n in range(8)]
    items = [(f"p{n}", _zen(row)) for n, row in enumerate(listed)] + [
        ("warned", "map(filter(events, #.verified and #.severity == 'grave'), #.person)"),
        ("repaid", "map(filter(events, #.amount > 800), #.person)"),
        ("inspected", "count(events, #.verified) >= 8"),
    ]
    nodes = [
        {"id": "in", "type": "inputNode", "name": "in"},
        _zen_node("worked-out", worked_out, whole=True),
        _zen_node("rules", items, whole=False),
        {"id": "out", "type": "outputNode", "name": "out"},
    ]
    edges = [
        {"id": f"{a}-{b}", "sourceId": a, "targetId": b, "type": "edge"}
        for a, b in (("in", "worked-out"), ("worked-out", "rules"), ("rules", "out"))
    ]
    # A loader's decisions are compiled once; those of `create_decision` took up to twice as long.
    decision = engine.ZenEngine(
        {"loader": {"type": "static", "content": {"scheme": {"nodes": nodes, "edges": edges}}}}
    )
    names = [f"p{n}" for n in range(len(listed))]

    def weigh(facts: Facts) -> list[int]:
        found = decision.evaluate("scheme", facts)["result"]
        return [int(found[name]) for name in names]

    return weigh


def _zen_node(name: str, items: list[tuple[str, str]], *, whole: bool) -> dict[str, Any]:
    expressions = [{"id": key, "key": key, "value": value} for key, value in items]
    content = {
        "expressions": expressions,
        "passThrough": whole,
        "inputField": None,
        "outputPath": None,
        "executionMode": "single",
    }
    return {"id": name, "type": "expressionNode", "name": name, "content": content}


def _zen(row: Row) -> str:
    at, here = row.at[0], f"#.cause == {row.at[0]}"
    value = {"facts": f"n{at}", "derived": f"d{at}"}.get(row.what, f"count(events, {here})")
    match row.form:
        case "demerit":
            each = "(#.severity == 'grave' ? 100 : 25)" if row.what == "grave" else "50"
            return f"max([0, {FULL} - sum(map(filter(events, {here} and #.verified), {each}))])"
        case "proportional":
            return f"floor({FULL} * min([d{at}, 1]) + 0.5)"
        case "banded":
            return " : ".join(
                [*(f"{value} >= {edge} ? {points}" for edge, points in reversed(row.edges)), "0"]
            )
    edge = row.edges[0][0]
    test = {
        "facts": f"n{at} >= {edge} and b{row.at[-1]}",
        "derived": f"d{at} >= {edge}",
        "count": f"count(events, {here} and #.verified) <= 1",
        "any": f"not some(events, {here} and #.severity == 'grave')",
        "share": f"count(events, {here} and #.verified) / count(events, {here}) >= {edge}",
        "every": f"all(filter(events, {here}), #.verified or #.amount < 100)",
    }[row.what]
    return f"({test}) ? {FULL} : 0"


def rule_engine(rows: Iterable[Row]) -> Side:
    """Return rule-engine: one expression per worked-out fact, rule and consequence, parsed
    beforehand.
    """
    engine: Any = import_module("rule_engine")
    worked_out = [(f"d{n}", engine.Rule(" / ".join(derived(n)))) for n in range(8)]
    rules = [engine.Rule(_rule_engine(row)) for row in rows]
    follows = [
        engine.Rule("[e['person'] for e in events if e['verified'] and e['severity'] == 'grave']"),
        engine.Rule("[e['person'] for e in events if e['amount'] > 800]"),
        engine.Rule("[e for e in events if e['verified']].length >= 8"),
    ]

    def weigh(facts: Facts) -> list[int]:
        known = dict(facts)
        for name, rule in worked_out:
            known[name] = rule.evaluate(facts)
        points = [int(rule.evaluate(known)) for rule in rules]
        for rule in follows:
            rule.evaluate(known)
        return points

    return weigh


def _rule_engine(row: Row) -> str:
    at, here = row.at[0], f"e['cause'] == {row.at[0]}"
    value = {"facts": f"n{at}", "derived": f"d{at}"}.get(
        row.what, f"[e for e in events if {here}].length"
    )
    match row.form:
        case "demerit":
            each = "(e['severity'] == 'grave' ? 100 : 25)" if row.what == "grave" else "50"
            return f"$max([0, {FULL} - $sum([{each} for e in events if {here} and e['verified']])])"
        case "proportional":
            return f"({FULL} * $min([d{at}, 1]) + 0.5) // 1"
        case "banded":
            lines = "0"
            for edge, points in row.edges:
                lines = f"({value} >= {edge} ? {points} : {lines})"
            return lines
    edge = row.edges[0][0]
    test = {
        "facts": f"n{at} >= {edge} and b{row.at[-1]}",
        "derived": f"d{at} >= {edge}",
        "count": f"[e for e in events if {here} and e['verified']].length <= 1",
        "any": f"not $any([e['severity'] == 'grave' for e in events if {here}])",
        "share": f"[e for e in events if {here} and e['verified']].length / [e for e in events if "
        f"{here}].length >= {edge}",
        "every": f"$all([e['verified'] or e['amount'] < 100 for e in events if {here}])",
    }[row.what]
    return f"({test}) ? {FULL} : 0"


def business_rules(rows: Iterable[Row]) -> Side:
    """Return business-rules: conditions in its own form; it cannot count or divide, so its
    variables do so in Python.
    """
    engine: Any = import_module("business_rules")
    variables: Any = import_module("business_rules.variables")
    actions: Any = import_module("business_rules.actions")
    listed = list(rows)
    shown, awards = _variables(variables, listed), _actions(actions)
    events = _of_events(variables)
    rules = [rule for row in listed for rule in _business_rules(row)]
    grave = {"all": [_is("verified", "is_true", None), _is("severity", "equal_to", "grave")]}
    follows = [
        {"conditions": grave, "actions": [_do("warn")]},
        {"conditions": _is("amount", "greater_than", 800), "actions": [_do("repay")]},
    ]
    last = {
        "conditions": _is("events_verified", "greater_than_or_equal_to", 8),
        "actions": [_do("inspect")],
    }

    def weigh(facts: Facts) -> list[int]:
        case = shown(facts)
        award = awards(case)
        engine.run_all([*rules, last], case, award)
        for event in facts["events"]:
            engine.run_all(follows, events(event), award)
        return [award.points.get(row.id, 0) for row in listed]

    return weigh


def _is(name: str, operator: str, value: object) -> dict[str, Any]:
    return {"name": name, "operator": operator, "value": value}


def _do(name: str, **params: object) -> dict[str, Any]:
    return {"name": name, "params": params}


def _business_rules(row: Row) -> list[dict[str, Any]]:
    at, name = row.at[0], f"v_{row.id.replace('-', '_')}"
    value = {"facts": f"n{at}", "derived": f"d{at}"}.get(row.what, name)
    match row.form:
        case "demerit":
            return [
                {
                    "conditions": _is(name, "greater_than_or_equal_to", 0),
                    "actions": [_do("keep", rule=row.id, variable=name)],
                }
            ]
        case "proportional":
            return [
                {
                    "conditions": _is(f"d{at}", "greater_than", 0),
                    "actions": [_do("rate", rule=row.id, variable=f"d{at}")],
                }
            ]
        case "banded":
            # A later band takes the place of an earlier one.
            return [
                {
                    "conditions": _is(value, "greater_than_or_equal_to", edge),
                    "actions": [_do("award", rule=row.id, points=points)],
                }
                for edge, points in row.edges
            ]
    edge = row.edges[0][0]
    conditions: dict[str, Any] = {
        "facts": {
            "all": [
                _is(f"n{at}", "greater_than_or_equal_to", edge),
                _is(f"b{row.at[-1]}", "is_true", None),
            ]
        },
        "derived": _is(f"d{at}", "greater_than_or_equal_to", edge),
        "count": _is(name, "less_than_or_equal_to", 1),
        "any": _is(name, "equal_to", 0),
        "share": _is(name, "greater_than_or_equal_to", edge),
        "every": _is(name, "equal_to", 0),
    }[row.what]
    return [{"conditions": conditions, "actions": [_do("award", rule=row.id, points=FULL)]}]


def _variables(library: Any, rows: list[Row]) -> Any:
    """Return the class of a case's variables."""

    def start(self: Any, facts: Facts) -> None:
        self.facts = facts

    body: dict[str, Any] = {"__init__": start}
    for n in range(24):
        body[f"n{n}"] = library.numeric_rule_variable()(lambda self, name=f"n{n}": self.facts[name])
    for n in range(12):
        body[f"b{n}"] = library.boolean_rule_variable()(lambda self, name=f"b{n}": self.facts[name])
    for n in range(8):
        body[f"d{n}"] = library.numeric_rule_variable()(_divided(*derived(n)))
    for row in rows:
        if row.what not in {"facts", "derived"}:
            body[f"v_{row.id.replace('-', '_')}"] = library.numeric_rule_variable()(_counted(row))
    body["events_verified"] = library.numeric_rule_variable()(
        lambda self: sum(e["verified"] for e in self.facts["events"])
    )
    return type("CaseVariables", (library.BaseVariables,), body)


def _divided(above: str, below: str) -> Callable[[Any], float]:
    return lambda self: float(self.facts[above] / self.facts[below])


def _counted(row: Row) -> Callable[[Any], float]:
    cause = row.at[0]
    counts: dict[str, Callable[[list[Facts]], float]] = {
        "any": lambda own: sum(e["severity"] == "grave" for e in own),
        "share": lambda own: sum(e["verified"] for e in own) / len(own),
        "every": lambda own: sum(not e["verified"] and e["amount"] >= 100 for e in own),
        "plain": lambda own: sum(50 for e in own if e["verified"]),
        "grave": lambda own: sum(
            100 if e["severity"] == "grave" else 25 for e in own if e["verified"]
        ),
        "count": (lambda own: sum(e["verified"] for e in own)) if row.form == "requires" else len,
    }
    count = counts[row.what]
    return lambda self: count([e for e in self.facts["events"] if e["cause"] == cause])


def _of_events(library: Any) -> Any:
    """Return the class of one record's variables."""

    def start(self: Any, event: Facts) -> None:
        self.event = event

    body = {
        "__init__": start,
        "verified": library.boolean_rule_variable()(lambda self: self.event["verified"]),
        "severity": library.string_rule_variable()(lambda self: self.event["severity"]),
        "amount": library.numeric_rule_variable()(lambda self: self.event["amount"]),
    }
    return type("EventVariables", (library.BaseVariables,), body)


def _actions(library: Any) -> Any:
    """Return the class of what its rules may do."""

    def start(self: Any, case: Any) -> None:
        self.case, self.points, self.fired = case, {}, []

    def award(self: Any, rule: str, points: int) -> None:
        self.points[rule] = points

    def keep(self: Any, rule: str, variable: str) -> None:
        self.points[rule] = max(0, FULL - getattr(self.case, variable)())

    def rate(self: Any, rule: str, variable: str) -> None:
        self.points[rule] = math.floor(FULL * min(getattr(self.case, variable)(), 1) + 0.5)

    body = {"__init__": start, "award": award, "keep": keep, "rate": rate}
    for name in ("warn", "repay", "inspect"):
        body[name] = lambda self, name=name: self.fired.append(name)
    return type("Awards", (library.BaseActions,), body)
