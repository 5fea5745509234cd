"""Whether a book leaves nothing out: bands run one way, every costly row meets a sanction, every
option leads somewhere, and nobody gains by looking at nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from steelyard.book.model import Consequence, Register, Rule
from steelyard.book.remarks.standing import steps
from steelyard.errors import fault
from steelyard.expression.formulas import Code, Condition, Extent, Ratio
from steelyard.expression.smt import Reader
from steelyard.expression.tree import Name, Node, Over, Reach, walk
from steelyard.expression.types import Choice
from steelyard.forms.banded import Banded
from steelyard.forms.demerit import Demerit
from steelyard.verify.bench import Bench, Claim, asked_of, finding, fires_in
from steelyard.verify.fair import less_in, worse
from steelyard.verify.kinds import Asked
from steelyard.verify.question import Question
from steelyard.verify.verdict import Verdict
from steelyard.verify.world import AtRecord


def whole(bench: Bench) -> Iterator[Verdict]:
    """Yield the verdicts on what a book should not leave out."""
    book = bench.book
    for rule in book.rules.values():
        if isinstance(rule.form, Banded):
            yield _bands(bench, rule)
    for register in book.registers.values():
        rows = [one for one in book.consequences if one.on == register.id]
        if any(one.scope == "register" for one in rows):
            yield from _sanctioned(bench, register, rows)
            yield from _severities(bench, register, rows)
    yield from _roles(bench)
    for rule in book.rules.values():
        for register_id in _put_right(rule):
            yield from _nothing(bench, rule, register_id)


# Bands


def _bands(bench: Bench, rule: Rule) -> Verdict:
    """Return whether points go one way as the value rises; which way `better` says is asked of
    every fact for itself.
    """
    found = steps(rule)
    points = [one.below for one in found] + [found[-1].points] if found else []
    claim = Claim(
        "whole", "bands", rule.id,
        fault("", "rule `{rule}`: its bands go one way", rule=rule.id),
    )  # fmt: skip
    rises = any(one < two for one, two in pairwise(points))
    falls = any(one > two for one, two in pairwise(points))
    if not (rises and falls):
        return bench.settled(claim)
    # The lowest points that lie between better ones on both sides, or the highest.
    place = next(
        at
        for at in range(1, len(points) - 1)
        if (points[at] - points[at - 1]) * (points[at + 1] - points[at]) < 0
    )
    lower, upper = found[place - 1].reached, found[place].reached

    def wrong(asked: Question) -> Condition:
        reader = asked.world.reader()
        return reader.both(reader.truth(lower).must, reader.contrary(reader.truth(upper).may))

    return bench.never(
        claim, lambda: bench.about_rule(rule), wrong, lambda judged: judged is not None
    )


# Rows that cost points and rows that are punished


def _sanctioned(bench: Bench, register: Register, rows: list[Consequence]) -> Iterator[Verdict]:
    costly = [
        (rule, rule.form)
        for rule in bench.book.rules.values()
        if isinstance(rule.form, Demerit) and rule.form.register == register.id
    ]
    if not costly:
        return
    says = fault(
        "",
        "every row of `{register}` that costs points meets a consequence",
        register=register.id,
    )
    held: dict[str, Any] = {}

    def question() -> Question:
        asked = asked_of(bench.book, rows, register.id)
        for _, form in costly:
            for node in (form.where, form.each):
                if node is not None:
                    asked.reads(node, register.id)
        found = Question(bench.book, asked, bench.limit)
        held["at"] = bench.record(found, register.id)
        return found

    def wrong(asked: Question) -> Condition:
        here = Reader(held["at"], asked.claims)
        some = []
        for _, form in costly:
            costs = True if form.where is None else here.truth(form.where).must
            each = here.bounds(form.each)
            some.append(here.both(costs, here.contrary(here.at_most(each.low, Ratio(0)))))
        none = (here.contrary(bench.fires(one, held["at"])) for one in rows)
        return here.both(here.either(*some), *none)

    def confirms(judged: Any) -> bool:
        fired = any(fires_in(judged, bench.book.consequences.index(one)) for one in rows)
        lost = any(
            finding(judged, rule.id).low < bench.book.rules[rule.id].points for rule, _ in costly
        )
        return lost and not fired

    yield bench.never(Claim("whole", "sanctioned", register.id, says), question, wrong, confirms)


# Options that lead somewhere


def _severities(bench: Bench, register: Register, rows: list[Consequence]) -> Iterator[Verdict]:
    read: dict[str, Name] = {}
    for row in rows:
        for part in walk(row.when) if row.when is not None else ():
            if isinstance(part, Name) and part.kind == "field" and _scale(part):
                read.setdefault(part.name, part)
    for name, node in read.items():
        for option in node.type.options if isinstance(node.type, Choice) else ():
            yield _leads(bench, register, rows, name, node, option)


def _roles(bench: Bench) -> Iterator[Verdict]:
    """Yield whether each option of a party's field that rows ask about leads somewhere, in some
    register.
    """
    book = bench.book
    read: dict[str, dict[str, Reach]] = {}
    for row in book.consequences:
        for part in walk(row.when) if row.when is not None and row.scope == "register" else ():
            if isinstance(part, Reach) and isinstance(part.type, Choice):
                read.setdefault(f"{part.party}.{part.field}", {}).setdefault(row.on, part)
    for name, places in read.items():
        kind = next(iter(places.values())).type
        for option in kind.options if isinstance(kind, Choice) else ():
            verdict: Verdict | None = None
            for register, node in places.items():
                rows = [one for one in book.consequences if one.on == register]
                held = book.registers[register]
                verdict = _leads(bench, held, rows, name, node, option)._replace(about=name)
                if verdict.state == "proved":
                    break
            if verdict is not None:
                yield verdict


def _scale(node: Name) -> bool:
    """Whether a field says how grave a record is: its options are ordered, or it is called so."""
    return isinstance(node.type, Choice) and (node.type.ordered or "severity" in node.name)


def _leads(
    bench: Bench,
    register: Register,
    rows: list[Consequence],
    name: str,
    node: Name | Reach,
    option: str,
) -> Verdict:
    says = fault(
        "",
        "a row of `{register}` whose `{field}` is `{option}` can meet a consequence",
        register=register.id,
        field=name,
        option=option,
    )
    held: dict[str, Any] = {}

    def question() -> Question:
        asked = asked_of(bench.book, rows, register.id)
        asked.reads(node, register.id)
        found = Question(bench.book, asked, bench.limit)
        held["at"] = bench.record(found, register.id)
        return found

    def is_option(asked: Question) -> Condition:
        here = Reader(held["at"], asked.claims)
        value, kind = here.read(node), node.type
        place = kind.options.index(option) if isinstance(kind, Choice) else 0
        term = value.code if isinstance(value, Code) else None
        if isinstance(value, Extent):
            term = value.low.top
        return here.both(here.equal(term, place), here.contrary(value.gone))

    def wanted(asked: Question) -> Condition:
        here = Reader(held["at"], asked.claims)
        some = (bench.fires(one, held["at"]) for one in rows)
        return here.both(is_option(asked), here.either(*some))

    places = [bench.book.consequences.index(one) for one in rows]
    return bench.exists(
        Claim("whole", "leads", f"{register.id}.{name.rpartition('.')[2]}", says),
        question,
        wanted,
        lambda judged, _: any(fires_in(judged, one) for one in places),
        is_option,
    )


# Looking at nothing


def _put_right(rule: Rule) -> dict[str, None]:
    """Return the registers of whose records a rule asks which part, or whether all, were put
    right.
    """
    found: dict[str, None] = {}
    for node, _ in rule.form.expressions():
        for part in walk(node):
            if isinstance(part, Over) and part.function in {"share", "every"}:
                found.setdefault(part.register)
    return found


def _asks(bench: Bench, register: str) -> Iterator[tuple[Node | None, Node]]:
    """Yield what rules ask of the records of a register: for which, and what of them."""
    trees = [node for rule in bench.book.rules.values() for node, _ in rule.form.expressions()]
    trees += [fact.derived for fact in bench.book.facts.values() if fact.derived is not None]
    for node in trees:
        for part in walk(node):
            if (
                isinstance(part, Over)
                and part.register == register
                and part.function in {"share", "every"}
                and part.value is not None
            ):
                yield part.where, part.value


def _nothing(bench: Bench, rule: Rule, register: str) -> Iterator[Verdict]:
    says = fault(
        "",
        "rule `{rule}` earns no more where `{register}` holds nothing than where all in it is "
        "put right",
        rule=rule.id,
        register=register,
    )
    held: dict[str, Any] = {}

    def question() -> Question:
        asked = Asked.of(bench.book, *bench.trees(rule))
        for where, value in _asks(bench, register):
            for node in (where, value):
                if node is not None:
                    asked.reads(node, register)
        found = Question(bench.book, asked, bench.limit)
        found.world.kins[register] = []
        after = found.world.changed("+")
        record = bench.another(after, register)
        _all_right(bench, record, rule)
        held["after"] = after
        return found

    def wrong(asked: Question) -> Condition:
        empty, looked = (bench.scored(rule, world) for world in (asked.world, held["after"]))
        return worse(asked.world.reader(), empty, looked, bench.full(rule))

    yield bench.never(
        Claim("whole", "nothing", rule.id, says),
        question,
        wrong,
        lambda a, b: less_in(rule, a, b),
        lambda: held["after"],
    )


def _all_right(bench: Bench, record: AtRecord, rule: Rule) -> None:
    """Lay down that a record is asked about by a rule, and meets whatever is asked of it."""
    here = Reader(record, record.world.claims)
    register = record.kin.register
    for where, value in _asks(bench, register):
        counts = True if where is None else here.truth(where).must
        record.world.claims.lay(here.either(here.contrary(counts), here.truth(value).must))
    mine = [
        here.truth(part.where).must
        for node, _ in rule.form.expressions()
        for part in walk(node)
        if isinstance(part, Over) and part.register == register and part.where is not None
    ]
    if mine:
        record.world.claims.lay(here.either(*mine))
