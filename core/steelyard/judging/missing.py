"""What is still to be shown, most valuable first."""

from __future__ import annotations

from decimal import Context, Decimal, localcontext
from typing import TYPE_CHECKING, Literal, NamedTuple

from steelyard.book.offices import responsible_of
from steelyard.expression.tree import Mean, Name, walk
from steelyard.expression.types import decimal_of
from steelyard.expression.values import Absent
from steelyard.judging.compiled.compile import listing
from steelyard.judging.compiled.undefined import is_settled, rule_reads
from steelyard.messages import Title

if TYPE_CHECKING:
    from steelyard.book.model import RuleBook
    from steelyard.judging.assessment import Assessment


class Missing(NamedTuple):
    """One thing to show: a fact, a register to complete, a field of the records of a register, a
    part's assessment, a rule for a plugin.

    `points` hang on it; `responsible` is the id of the office that must show it, empty where the
    book names none. `records` are the ids of the records whose field it is.
    """

    kind: Literal["fact", "register", "field", "part", "rule"]
    id: str
    title: Title
    points: Decimal
    rules: tuple[str, ...]
    method: str
    responsible: str = ""
    records: tuple[str, ...] = ()


class _Key(NamedTuple):
    """What is open; `record` is the record whose field it is."""

    kind: Literal["fact", "register", "field", "part", "rule"]
    id: str
    record: str = ""


class _Weight:
    """What hangs on one thing, by rule, and the records that it stands for."""

    def __init__(self) -> None:
        self.points: dict[str, Decimal] = {}
        self.records: dict[str, None] = {}


def still_to_show(assessment: Assessment) -> list[Missing]:
    """Return what the case does not show and some unsettled rule reads, by the points that hang on
    it, most first.

    One field of many records of a register is one thing. Where several things settle one rule
    together, its points count for each of them.
    """
    # What the caller's own arithmetic with decimals rounds to is nothing to us.
    with localcontext(Context()):
        return _by_points(assessment)


def _by_points(assessment: Assessment) -> list[Missing]:
    book = assessment.book
    weights: dict[_Key, _Weight] = {}
    for number, verdict in enumerate(assessment.verdicts):
        width = decimal_of(verdict.high - verdict.low, book.decimals)
        if not width:
            continue
        for key, share in _open_parts(assessment, number):
            weight = weights.setdefault(key._replace(record=""), _Weight())
            points = (width * share).quantize(Decimal(10) ** -book.decimals)
            weight.points[verdict.rule] = max(points, weight.points.get(verdict.rule, points))
            if key.record:
                weight.records[key.record] = None
    found = [_missing(assessment, key, weight) for key, weight in weights.items()]
    order = {fact: place for place, fact in enumerate(book.facts)}
    return sorted(found, key=lambda one: (-one.points, order.get(one.id, len(order)), one.id))


def _open_parts(assessment: Assessment, number: int) -> list[tuple[_Key, Decimal]]:
    """Return the open things that a rule reads, each with its share of the rule's open points."""
    book, case = assessment.book, assessment.case
    verdict = assessment.verdicts[number]
    rule = book.rules[verdict.rule]
    node = rule.lowered.points
    if isinstance(node, Mean):
        return _open_shares(assessment, node)
    if isinstance(node, Name) and node.kind == "judged":
        return [(_Key("rule", rule.id), Decimal(1))]
    over = listing(node)
    reads = rule_reads(book, number)
    parts: list[tuple[_Key, Decimal]] = [
        (_Key("fact", column.key.split(".")[0]), Decimal(1))
        for column in reads.facts
        if column.key not in case.given or not is_settled(case.flat, column)
    ]
    for register, _claimed, columns in reads.registers:
        rows = case.registers[register]
        if not rows.complete:
            parts.append((_Key("register", register), Decimal(1)))
        wanted = set(verdict.records)
        for name, row in zip(rows.ids, rows.rows, strict=True):
            if over is not None and name not in wanted:
                continue
            open_fields = [c.key for c in columns if not is_settled(row, c)]
            if book.registers[register].rolled is None:
                parts.extend(
                    (_Key("field", f"{register}.{key.split('.')[0]}", name), Decimal(1))
                    for key in open_fields
                )
            elif open_fields:
                # A part's figures are not shown here, but in its own cases.
                part = f"{register}/{name.rpartition('@')[0] or name}"
                parts.append((_Key("part", part), Decimal(1)))
    return list(dict.fromkeys(parts))


def _open_shares(assessment: Assessment, mean: Mean) -> list[tuple[_Key, Decimal]]:
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
    return [(_Key("fact", name), Decimal(weight) / total) for name, weight in weights.items()]


def _missing(assessment: Assessment, key: _Key, weight: _Weight) -> Missing:
    book = assessment.book
    rules, points = tuple(weight.points), sum(weight.points.values(), Decimal(0))
    title, method, office = _described(book, key, tuple(weight.records), rules)
    records, name = tuple(weight.records), key.id
    if len(records) == 1:
        register, _, field = name.partition(".")
        name = f"{register}/{records[0]}.{field}"
    return Missing(key.kind, name, title, points, rules, method, office, records)


def _described(
    book: RuleBook, key: _Key, records: tuple[str, ...], rules: tuple[str, ...]
) -> tuple[Title, str, str]:
    """Return what an open thing is called, how it is shown, and by which office."""
    if key.kind == "rule":
        rule = book.rules[key.id]
        return rule.title, rule.method or "", responsible_of(book, rule)
    if key.kind == "fact":
        fact = book.facts[key.id]
        method = fact.method or next((book.rules[rule].method for rule in rules), None)
        return fact.full_title, method or "", responsible_of(book, fact)
    name, _, rest = key.id.partition("/" if key.kind == "part" else ".")
    register = book.registers[name]
    of = register.title
    if key.kind == "register":
        title = Title(f"{of.zh}（完整台账）", f"{of.en} (the complete register)")
    elif key.kind == "part":
        title = Title(
            f"{of.zh} {rest}（该部分自己的考核）", f"{of.en} {rest}: the part's own assessments"
        )
    else:
        field = register.fields[rest]
        said, office = field.full_title, field.responsible or register.responsible
        if len(records) == 1:
            title = Title(f"{of.zh} {records[0]}：{said.zh}", f"{of.en} {records[0]}: {said.en}")
        else:
            title = Title(
                f"{of.zh}：{said.zh}（{len(records)} 行）",
                f"{of.en}: {said.en} ({len(records)} rows)",
            )
        return title, field.method or "records", office
    return title, "records", register.responsible
