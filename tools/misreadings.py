"""The ways in which a rule book could misread its source: small changes of its YAML, each legal.

Two rules that swap what they read, a threshold one off, the other side of an edge, another value of
a list, a condition or an item left out, another party, a choice taken away.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import combinations, pairwise
from typing import Any, NamedTuple

Document = dict[str, Any]
Steps = tuple[str | int, ...]
FORMS = ("requires", "checklist", "graded", "banded", "proportional", "demerit", "stage")
EXPRESSIONS = frozenset({
    "when", "requires", "proportional", "is", "each", "banded", "not_applicable", "needs",
})  # fmt: skip
OTHER_SIDE = {">=": ">", ">": ">=", "<=": "<", "<": "<=", " == ": " != ", " != ": " == "}
KEYS = ("when_undefined", "not_applicable", "confident")
"""What a rule says beside its form, and could forget."""


class Misreading(NamedTuple):
    """A fault: its kind, where it is, and what it does to a book's document."""

    kind: str
    what: str
    plant: Callable[[Document], object]


def misreadings(document: Any) -> Iterator[Misreading]:
    """Yield every fault that this knows of a book as YAML gives it, all scalars as text."""
    yield from _swapped(document)
    yield from _items(document)
    yield from _thresholds(document)
    yield from _forgotten(document)
    yield from _conditions(document)
    yield from _rows(document)


def _at(document: Any, path: Steps) -> Any:
    for step in path:
        document = document[step]
    return document


def _put(path: Steps, value: object) -> Callable[[Document], object]:
    def plant(document: Document) -> None:
        _at(document, path[:-1])[path[-1]] = value

    return plant


def _pop(path: Steps) -> Callable[[Document], object]:
    return lambda document: _at(document, path[:-1]).pop(path[-1])


def _exchange(one: Steps, other: Steps) -> Callable[[Document], object]:
    def plant(document: Document) -> None:
        left, right = _at(document, one), _at(document, other)
        _put(one, right)(document)
        _put(other, left)(document)

    return plant


def _rules(document: Document) -> Iterator[tuple[int, Document, str]]:
    for number, rule in enumerate(document.get("rules", ())):
        form = next((one for one in FORMS if one in rule), "")
        if form:
            yield number, rule, form


def _swapped(document: Document) -> Iterator[Misreading]:
    for (a, one, form), (b, other, also) in combinations(_rules(document), 2):
        if form == also and one["section"] == other["section"]:
            plant = _exchange(("rules", a, form), ("rules", b, form))
            yield Misreading("facts swapped", f"{one['id']} and {other['id']}", plant)
    facts = document.get("facts", {})
    derived = [name for name, one in facts.items() if isinstance(one, dict) and "is" in one]
    for name, after in pairwise(derived):
        plant = _exchange(("facts", name, "is"), ("facts", after, "is"))
        yield Misreading("facts swapped", f"{name} and {after}", plant)


def _items(document: Document) -> Iterator[Misreading]:
    lists = [
        *((("rules", number, form), rule[form], rule["id"])
          for number, rule, form in _rules(document) if form == "checklist"),
        *((("stages", number, "deliverables"), stage["deliverables"], stage["id"])
          for number, stage in enumerate(document.get("stages", ()))),
    ]  # fmt: skip
    for path, some, owner in lists:
        if len(some) > 1:
            for place, item in enumerate(some):
                yield Misreading("item dropped", f"{owner}: {item['id']}", _pop((*path, place)))
    for number, stage in enumerate(document.get("stages", ())):
        months = stage.get("window", {}).get("months")
        if months:
            later = str(int(months[-1]) % 12 + 1)
            moved = [later] if later == "1" else [*months, later]
            plant = _put(("stages", number, "window", "months"), moved)
            yield Misreading("threshold one off", f"{stage['id']}: to month {later}", plant)


def _thresholds(document: Document) -> Iterator[Misreading]:
    kind = "threshold one off"
    for name, one in document.get("parameters", {}).items():
        for day, value in one["values"].items():
            for step in (1, -1):
                path: Steps = ("parameters", name, "values", day)
                yield Misreading(kind, f"{name} {value}, {step:+}", _put(path, _moved(value, step)))
    for number, grade in enumerate(document.get("grades", ())):
        if float(grade.get("at_least", 0)):
            plant = _put(("grades", number, "at_least"), _moved(grade["at_least"], 1))
            yield Misreading(kind, f"{grade['id']}, +1", plant)
    for number, rule, _ in _rules(document):
        for place, band in enumerate(rule.get("bands", ())):
            if float(band.get("at_least", 0)):
                plant = _put(
                    ("rules", number, "bands", place, "at_least"), _moved(band["at_least"], -1)
                )
                yield Misreading(kind, f"{rule['id']}: {band['at_least']}, -1", plant)


def _moved(value: str, step: int) -> str:
    """Return a figure one step of its last place further."""
    places = len(value.partition(".")[2])
    return f"{float(value) + step / 10**places:.{places}f}"


def _forgotten(document: Document) -> Iterator[Misreading]:
    for number, rule, _ in _rules(document):
        for key in KEYS:
            if key in rule:
                plant = _pop(("rules", number, key))
                yield Misreading("condition dropped", f"{rule['id']}: {key}", plant)
        if "late" in rule:
            plant = _put(("rules", number, "late"), "0.25")
            yield Misreading("threshold one off", f"{rule['id']}: late", plant)


def _expressions(node: Any, path: Steps = ()) -> Iterator[Any]:
    if isinstance(node, str):
        if path[-1] in EXPRESSIONS:
            yield path, node
        return
    children = node.items() if isinstance(node, dict) else enumerate(node)
    for step, child in children:
        yield from _expressions(child, (*path, step))


def _conditions(document: Document) -> Iterator[Misreading]:
    others = _choices(document)
    for path, text in _expressions(document):
        for kind, new in _rewritten(text, others):
            what = f"{'.'.join(map(str, path))}: {new}"
            yield Misreading(kind, what, _put(path, new))


def _choices(node: Any) -> dict[str, list[str]]:
    """Return the other values of the list that each value stands in."""
    found: dict[str, list[str]] = {}
    if isinstance(node, dict):
        if isinstance(node.get("type"), dict):
            values = list(node["type"])
            found |= {one: [other for other in values if other != one] for one in values}
        for child in node.values():
            found |= _choices(child)
    elif isinstance(node, list):
        for child in node:
            found |= _choices(child)
    return found


def _rewritten(text: str, others: dict[str, list[str]]) -> Iterator[tuple[str, str]]:
    for found in re.finditer(r">=|<=|>|<| == | != ", text):
        new = text[: found.start()] + OTHER_SIDE[found[0]] + text[found.end() :]
        yield "other side of an edge" if found[0].strip() == found[0] else "another value", new
    for found in re.finditer(r"(?:>=|<=|>|<) (\d+)\b", text):
        new = f"{text[: found.start(1)]}{int(found[1]) + 1}{text[found.end(1) :]}"
        yield "threshold one off", new
    for found in re.finditer(r"'(\w+)'", text):
        for other in others.get(found[1], ())[:2]:
            yield "another value", f"{text[: found.start(1)]}{other}{text[found.end(1) :]}"
    for found in re.finditer(r" == (\d+)", text):
        yield (
            "another value",
            f"{text[: found.start(1)]}{int(found[1]) % 9 + 1}{text[found.end(1) :]}",
        )
    for found in re.finditer(r" and | or ", text):
        word = " or " if found[0] == " and " else " and "
        yield "and for or", text[: found.start()] + word + text[found.end() :]
        left = text[: found.start()]
        if left.count("(") == left.count(")"):
            yield "condition dropped", left
            yield "condition dropped", text[found.end() :]
    for found in re.finditer(r"\bnot ", text):
        yield "another value", text[: found.start()] + text[found.end() :]


def _rows(document: Document) -> Iterator[Misreading]:
    rows = document.get("consequences", ())
    for number, row in enumerate(rows):
        path, what = ("consequences", number), f"row {number + 1} on {row['on']}"
        yield Misreading("row dropped", what, _pop(path))
        if "when" in row:
            yield Misreading("condition dropped", f"{what}: when", _pop((*path, "when")))
        fallen = {one["falls_on"] for one in rows if one["on"] == row["on"]} - {row["falls_on"]}
        for other in sorted(fallen):
            yield Misreading("another party", f"{what}: {other}", _put((*path, "falls_on"), other))
        yield from _options(row, path, what)
    for number, limiter in enumerate(document.get("limiters", ())):
        yield Misreading("row dropped", f"limiter {limiter['id']}", _pop(("limiters", number)))
        if "when" in limiter:
            plant = _pop(("limiters", number, "when"))
            yield Misreading("condition dropped", f"limiter {limiter['id']}", plant)
    for number, rung in enumerate(document.get("ladder", ())):
        yield Misreading("row dropped", f"rung {rung['id']}", _pop(("ladder", number)))


def _options(row: Document, path: Steps, what: str) -> Iterator[Misreading]:
    kind = "choice changed"
    bundles = row.get("one_of") or [row["all"]]
    for place in range(len(bundles)):
        if len(bundles) > 2:
            yield Misreading(kind, f"{what}: without {place + 1}", _pop((*path, "one_of", place)))
    several = [measure for bundle in bundles for measure in bundle]
    if len(several) > 1:
        changed = {"all": several} if "one_of" in row else {"one_of": [[one] for one in several]}

        def plant(document: Document) -> None:
            row = _at(document, path)
            row.pop("one_of", None), row.pop("all", None)
            row.update(changed)

        yield Misreading(kind, f"{what}: {next(iter(changed))}", plant)
