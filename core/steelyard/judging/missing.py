"""What is still to be shown, most valuable first."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Literal, NamedTuple

from steelyard.expression.tree import Mean, Name, walk
from steelyard.expression.types import decimal_of
from steelyard.expression.values import Absent
from steelyard.judging.compiled.compile import listing
from steelyard.judging.compiled.undefined import is_settled, rule_reads
from steelyard.messages import Title

if TYPE_CHECKING:
    from steelyard.judging.assessment import Assessment


class Missing(NamedTuple):
    """One thing to show: a fact, a register to complete, a field of a record, a part's assessment,
    a rule for a plugin.
    """

    kind: Literal["fact", "register", "field", "part", "rule"]
    id: str
    title: Title
    points: Decimal
    rules: tuple[str, ...]
    method: str


def still_to_show(assessment: Assessment) -> list[Missing]:
    """Return what the case does not show and some unsettled rule reads, by the points that hang on
    it, most first.

    Where several things settle one rule together, its points count for each of them.
    """
    book = assessment.book
    weights: dict[tuple[str, str], tuple[Decimal, list[str]]] = {}
    for number, verdict in enumerate(assessment.verdicts):
        width = decimal_of(verdict.high - verdict.low, book.decimals)
        rule = book.rules[verdict.rule]
        if not width:
            continue
        for key, share in _open_parts(assessment, number):
            had, rules = weights.get(key, (Decimal(0), []))
            weights[key] = (
                had + (width * share).quantize(Decimal(10) ** -book.decimals),
                [*rules, rule.id],
            )
    found = [
        _missing(assessment, kind, name, points, rules)
        for (kind, name), (points, rules) in weights.items()
    ]
    order = {fact: place for place, fact in enumerate(book.facts)}
    return sorted(found, key=lambda one: (-one.points, order.get(one.id, len(order)), one.id))


def _open_parts(assessment: Assessment, number: int) -> list[tuple[tuple[str, str], Decimal]]:
    """Return the open things that a rule reads, each with its share of the rule's open points."""
    book, case = assessment.book, assessment.case
    verdict = assessment.verdicts[number]
    rule = book.rules[verdict.rule]
    node = rule.lowered.points
    if isinstance(node, Mean):
        return _open_shares(assessment, node)
    if isinstance(node, Name) and node.kind == "judged":
        return [(("rule", rule.id), Decimal(1))]
    over = listing(node)
    reads = rule_reads(book, number)
    parts: list[tuple[tuple[str, str], Decimal]] = [
        (("fact", column.key.split(".")[0]), Decimal(1))
        for column in reads.facts
        if column.key not in case.given or not is_settled(case.flat, column)
    ]
    for register, _claimed, columns in reads.registers:
        rows = case.registers[register]
        if not rows.complete:
            parts.append((("register", register), Decimal(1)))
        wanted = set(verdict.records)
        for name, row in zip(rows.ids, rows.rows, strict=True):
            if over is not None and name not in wanted:
                continue
            open_fields = [c.key for c in columns if not is_settled(row, c)]
            if book.registers[register].rolled is None:
                parts.extend(
                    (("field", f"{register}/{name}.{key}"), Decimal(1)) for key in open_fields
                )
            elif open_fields:
                # A part's figures are not shown here, but in its own cases.
                parts.append(
                    (("part", f"{register}/{name.rpartition('@')[0] or name}"), Decimal(1))
                )
    return list(dict.fromkeys(parts))


def _open_shares(assessment: Assessment, mean: Mean) -> list[tuple[tuple[str, str], Decimal]]:
    """Return the facts behind the parts of a mean that are not shown, by the parts' weights."""
    case = assessment.case
    weights: dict[str, int] = {}
    for part in mean.parts:
        names = (
            one.name for one in walk(part.earned) if isinstance(one, Name) and one.kind == "fact"
        )
        for name in dict.fromkeys(names):
            given = case.facts.get(name)
            open_ = given is None or (given.low is None and isinstance(given.word, Absent))
            if open_ and part.weight:
                weights[name] = weights.get(name, 0) + part.weight
    total = sum(weights.values())
    return [(("fact", name), Decimal(weight) / total) for name, weight in weights.items()]


def _missing(
    assessment: Assessment, kind: str, name: str, points: Decimal, rules: list[str]
) -> Missing:
    book = assessment.book
    if kind == "register":
        register = book.registers[name]
        title = Title(
            f"{register.title.zh}（完整台账）", f"{register.title.en} (the complete register)"
        )
        return Missing("register", name, title, points, tuple(rules), "records")
    if kind == "part":
        register_name, _, part = name.partition("/")
        register = book.registers[register_name]
        title = Title(
            f"{register.title.zh} {part}（该部分自己的考核）",
            f"{register.title.en} {part}: the part's own assessments",
        )
        return Missing("part", name, title, points, tuple(rules), "records")
    if kind == "field":
        where, _, path = name.partition(".")
        register_name, _, record = where.partition("/")
        register, key = book.registers[register_name], path.split(".")[0]
        field = register.fields[key]
        title = Title(
            f"{register.title.zh} {record}：{field.full_title.zh}",
            f"{register.title.en} {record}: {field.full_title.en}",
        )
        return Missing("field", name, title, points, tuple(rules), field.method or "records")
    if kind == "rule":
        return Missing(
            "rule",
            name,
            book.rules[name].title,
            points,
            tuple(rules),
            book.rules[name].method or "",
        )
    fact = book.facts[name]
    method = fact.method or next((book.rules[rule].method for rule in rules), None)
    return Missing("fact", name, fact.full_title, points, tuple(rules), method or "")
