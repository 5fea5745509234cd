"""Whether a book leaves nothing out: bands run one way, every costly row meets a sanction, every
option leads somewhere, and nobody gains by looking at nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any, cast

from steelyard.book.model import Consequence, Register, Rule
from steelyard.book.remarks.standing import Step, costly_of, steps
from steelyard.errors import fault
from steelyard.expression.formulas import Code, Condition, Extent, Ratio
from steelyard.expression.smt import Reader
from steelyard.expression.tree import Name, Node, Over, Reach, walk
from steelyard.expression.types import Choice, PartyOf
from steelyard.verify.bench import Bench, Claim, asked_of, finding, fires_in
from steelyard.verify.fair import less_in, worse
from steelyard.verify.kinds import Asked
from steelyard.verify.question import Question
from steelyard.verify.verdict import Verdict
from steelyard.verify.world import AtRecord

Costly = list[tuple[Rule, Over]]
"""Rules that take points for rows of a register."""


def whole(bench: Bench) -> Iterator[Verdict]:
    """Yield the verdicts on what a book should not leave out."""
    book = bench.book
    for rule in book.rules.values():
        found = steps(rule)
        if found:
            yield _bands(bench, rule, found)
    for register in book.registers.values():
        rows = [one for one in book.consequences if one.on == register.id]
        costly = _costly(bench, register)
        if rows and costly:
            yield _sanctioned(bench, register, rows, costly)
        yield from _severities(bench, register, rows, costly)
    yield from _roles(bench)
    yield from _kinds(bench)
    for rule in book.rules.values():
        for register_id in _put_right(rule):
            yield from _nothing(bench, rule, register_id)


# Bands


def _bands(bench: Bench, rule: Rule, found: list[Step]) -> Verdict:
    """Return whether points go one way as the value rises; which way `better` says is asked of
    every fact for itself.
    """
    points = [*(one.below for one in found), found[-1].points]
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


def _costly(bench: Bench, register: Register) -> Costly:
    """Return the rules that take points for rows of a register."""
    return [
        (rule, over)
        for rule in bench.book.rules.values()
        if (over := costly_of(rule)) is not None and over.register == register.id
    ]


def _costs(here: Reader, costly: Costly) -> Condition:
    """Return that a row costs points."""
    some = []
    for _, over in costly:
        meant = True if over.where is None else here.truth(over.where).must
        each = here.bounds(cast("Node", over.value))
        some.append(here.both(meant, here.contrary(here.at_most(each.low, Ratio(0)))))
    return here.either(*some)


def _asked(
    bench: Bench, register: Register, rows: list[Consequence], costly: Costly, *more: Node
) -> Asked:
    """Return what rows of consequences and costly rules read at a row of a register."""
    asked = asked_of(bench.book, rows, register.id)
    for node in (*more, *(part for _, over in costly for part in (over.where, over.value))):
        if node is not None:
            asked.reads(node, register.id)
    return asked


def _sanctioned(
    bench: Bench, register: Register, rows: list[Consequence], costly: Costly
) -> Verdict:
    says = fault(
        "",
        "every row of `{register}` that costs points meets a consequence",
        register=register.id,
    )
    claim = Claim("whole", "sanctioned", register.id, says)
    held: dict[str, Any] = {}

    def question() -> Question:
        asked = _asked(bench, register, rows, costly)
        bench.add_meant(asked, claim.key, register.id)
        found = Question(bench.book, asked, bench.limit)
        held["at"] = bench.record(found, register.id)
        return found

    def wrong(asked: Question) -> Condition:
        here = Reader(held["at"], asked.claims)
        none = (here.contrary(bench.fires(one, held["at"])) for one in rows)
        return here.both(_costs(here, costly), *none)

    def confirms(judged: Any) -> bool:
        fired = any(fires_in(judged, bench.book.consequences.index(one)) for one in rows)
        return _lost(judged, costly) and not fired

    return bench.never(claim, question, wrong, confirms, at=lambda _: held["at"])


def _lost(judged: Any, costly: Costly) -> bool:
    """Whether a case lost points by one of some rules."""
    return any(finding(judged, rule.id).low < rule.points for rule, _ in costly)


# Options that lead somewhere


def _severities(
    bench: Bench, register: Register, rows: list[Consequence], costly: Costly
) -> Iterator[Verdict]:
    """Yield whether each option of a field that says how grave a row is leads to a consequence,
    where rows of consequences ask about it; to one or to points lost, where costly rules alone do.
    """
    punished = _scales(row.when for row in rows)
    priced = _scales(part for _, over in costly for part in (over.where, over.value))
    for name, node in {**priced, **punished}.items():
        for option in node.type.options if isinstance(node.type, Choice) else ():
            counted = [] if name in punished else costly
            yield _leads(bench, register, (rows, counted), name, node, option)


def _scales(asking: Iterable[Node | None]) -> dict[str, Name]:
    """Return the fields that say how grave a row is among what some expressions ask."""
    read: dict[str, Name] = {}
    for node in asking:
        for part in walk(node) if node is not None else ():
            if isinstance(part, Name) and part.kind == "field" and _scale(part):
                read.setdefault(part.name, part)
    return read


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
                verdict = _leads(bench, held, (rows, []), name, node, option)
                verdict = verdict._replace(about=name)
                if verdict.state == "proved":
                    break
            if verdict is not None:
                yield verdict


def _kinds(bench: Bench) -> Iterator[Verdict]:
    """Yield whether each kind of party leads somewhere, in a book that has consequences: one falls
    on it or finds another by it, or something that is decided asks about it.
    """
    book = bench.book
    if not book.consequences:
        return
    trees: list[Node | None] = [book.rules[name].not_applicable for name in book.rules]
    trees += [node for rule in book.rules.values() for node, _ in rule.form.expressions()]
    trees += [node for row in book.consequences for node in (row.when, row.falls_on)]
    trees += [limiter.when for limiter in book.limiters]
    trees += [fact.derived for fact in book.facts.values()]
    for register in book.registers.values():
        trees += [node for one in register.fields.values() for node in (one.derived, one.default)]
    met = {row.on for row in book.consequences if row.scope == "party"}
    for part in (part for tree in trees if tree is not None for part in walk(tree)):
        met |= {part.party} if isinstance(part, Reach) else set()
        met |= {part.type.kind} if isinstance(part.type, PartyOf) else set()
    for kind in book.kinds:
        says = fault("", "a party of the kind `{kind}` leads somewhere", kind=kind)
        verdict = bench.settled(Claim("whole", "leads", kind, says))
        yield verdict if kind in met else verdict._replace(state="refuted")


def _scale(node: Name) -> bool:
    """Whether a field says how grave a record is: its options are ordered, or it is called so."""
    return isinstance(node.type, Choice) and (node.type.ordered or "severity" in node.name)


def _leads(
    bench: Bench,
    register: Register,
    where: tuple[list[Consequence], Costly],
    name: str,
    node: Name | Reach,
    option: str,
) -> Verdict:
    rows, costly = where
    says = fault(
        "",
        "a row of `{register}` whose `{field}` is `{option}` can meet a consequence or cost points"
        if costly
        else "a row of `{register}` whose `{field}` is `{option}` can meet a consequence",
        register=register.id,
        field=name,
        option=option,
    )
    held: dict[str, Any] = {}

    def question() -> Question:
        asked = _asked(bench, register, rows, costly, node)
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
        return here.both(is_option(asked), here.either(_costs(here, costly), *some))

    places = [bench.book.consequences.index(one) for one in rows]
    return bench.exists(
        Claim("whole", "leads", f"{register.id}.{name.rpartition('.')[2]}", says, option),
        question,
        wanted,
        lambda judged, _: _lost(judged, costly) or any(fires_in(judged, one) for one in places),
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
    claim = Claim("whole", "nothing", rule.id, says, register)
    held: dict[str, Any] = {}

    def question() -> Question:
        asked = Asked.of(bench.book, *bench.trees(rule))
        bench.add_meant(asked, claim.key)
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
        claim,
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
