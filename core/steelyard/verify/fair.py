"""Whether doing better ever costs: facts that are better higher or lower, one more row that costs
points, and looking at nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import z3

from steelyard.book.model import Fact, Limiter, Rule
from steelyard.book.remarks.standing import costly_of
from steelyard.errors import Word, fault
from steelyard.expression.formulas import Condition, Extent, Holds, Ratio, UnprovableError, known_as
from steelyard.expression.smt import Reader
from steelyard.expression.tree import Name, Over, walk
from steelyard.expression.types import Choice, Number, Rate, Survey, ranged
from steelyard.judging.assessment import Assessment
from steelyard.verify.bench import Bench, Claim, Scored, finding
from steelyard.verify.kinds import Asked, fill
from steelyard.verify.question import Question, Unsolved
from steelyard.verify.verdict import Verdict
from steelyard.verify.world import AtRecord, World


def fair(bench: Bench) -> Iterator[Verdict]:
    """Yield the verdicts on what must never cost."""
    book = bench.book
    reads = {rule.id: Asked.of(book, *bench.trees(rule)) for rule in book.rules.values()}
    for fact in book.facts.values():
        if fact.better is None or isinstance(fact.type, Choice) and not fact.type.ordered:
            continue
        for rule in book.rules.values():
            if fact.id in reads[rule.id].facts:
                yield _better(bench, rule, fact)
        for limiter in book.limiters:
            if limiter.when is not None and fact.id in Asked.of(book, limiter.when).facts:
                yield _limits(bench, limiter, fact)
    for rule in book.rules.values():
        costly = costly_of(rule)
        if costly is not None:
            others = [one for one in book.rules.values() if costly.register in reads[one.id].tests]
            yield from _one_more_of_all(bench, rule, costly, others)


class Two:
    """Two cases that differ in one thing, the second the better one in it."""

    def __init__(self, bench: Bench, limit: float) -> None:
        """Take the bench."""
        self.bench = bench
        self.limit = limit
        self.after: Any = None

    def worse(self, rule: Rule, asked: Question) -> Condition:
        """Return that the second case earns less from a rule."""
        one, two = (self.bench.scored(rule, world) for world in (asked.world, self.after))
        return worse(asked.world.reader(), one, two, self.bench.full(rule))


def worse(reader: Reader, before: Scored, after: Scored, full: Ratio) -> Condition:
    """Return that a rule is the worse afterwards: it earns less, it is out though it earned
    something, or it comes in and earns less than all.
    """
    less = reader.contrary(reader.at_most(before.low, after.low))
    if before.low is not before.high or after.low is not after.high:
        less = reader.either(less, reader.contrary(reader.at_most(before.high, after.high)))
    both = reader.both(before.applies, after.applies, less)
    lost = reader.both(
        before.applies,
        reader.contrary(after.applies),
        reader.contrary(reader.at_most(before.low, Ratio(0))),
    )
    short = reader.contrary(reader.at_most(full, after.low))
    come = reader.both(reader.contrary(before.applies), after.applies, short)
    return reader.either(both, lost, come)


def less_in(rule: Rule, before: Assessment, after: Assessment) -> bool:
    """Whether a rule came out worse in the second case."""
    one, two = finding(before, rule.id), finding(after, rule.id)
    states = {"not_applicable", "waived"}
    if one.outcome in states or two.outcome in states:
        gone = one.outcome not in states and one.low > 0 and two.outcome in states
        come = one.outcome in states and two.outcome not in states and two.outcome != "pass"
        return bool(gone or come)
    carried = [side.carried[rule.id] for side in (before, after)]
    return bool(carried[1][0] < carried[0][0] or carried[1][1] < carried[0][1])


def _better(bench: Bench, rule: Rule, fact: Fact) -> Verdict:
    says = fault(
        "", "rule `{rule}` never earns less where `{fact}` is better", rule=rule.id, fact=fact.id
    )
    claim = Claim("fair", "better", rule.id, says, fact.id)
    trees = bench.trees(rule)
    if (fact.derived is not None or isinstance(fact.type, Survey)) and _free(bench, rule, fact):
        return bench.settled(claim)
    two = Two(bench, bench.limit)

    def question() -> Question:
        read = Asked.of(bench.book, *trees)
        bench.add_meant(read, claim.key)
        asked = Question(bench.book, read, bench.limit)
        two.after = _raised(bench, asked, rule, fact)
        return asked

    def wrong(asked: Question) -> Condition:
        better = rises(asked, two.after, fact)
        if not asked.holds(better):
            raise UnprovableError(Word("finds no case in which it is better"))
        return asked.world.reader().both(better, two.worse(rule, asked))

    return bench.never(claim, question, wrong, lambda a, b: less_in(rule, a, b), lambda: two.after)


def rises(asked: Question, after: World, fact: Fact) -> Condition:
    """Return that a fact is better in the second case."""
    node = Name(type=fact.type, kind="fact", name=fact.id, nullable=fact.nullable)
    reader = asked.world.reader()
    one, two = asked.world.value(node), after.value(node)
    if isinstance(one, Holds) and isinstance(two, Holds):
        low, high = (one, two) if fact.better == "higher" else (two, one)
        return reader.both(reader.contrary(low.must), high.must)
    if not isinstance(one, Extent) or not isinstance(two, Extent):
        raise UnprovableError(Word("is better by no order"))
    low_, high_ = (one, two) if fact.better == "higher" else (two, one)
    there = reader.contrary(reader.either(one.lacking, two.lacking))
    # What a division leaves open is no value that could be better.
    known = (reader.at_most(side.high, side.low) for side in (one, two))
    return reader.both(there, *known, reader.contrary(reader.at_most(high_.high, low_.low)))


def _free(bench: Bench, rule: Rule, fact: Fact) -> bool:
    """Whether a rule never earns less where a derived fact is better, be it whatever it may: so it
    holds all the more of those values that the facts below it can give.
    """
    try:
        asked = Question.about(bench.book, bench.limit, *bench.trees(rule))
        values = []
        for world, name in ((asked.world, "before"), (asked.world.changed("'"), "after")):
            kind = ranged(fact.type)
            if not isinstance(kind, Number) or fact.nullable:
                return False
            term = z3.Real(name)
            unit = 10**kind.scale
            low = kind.low if fact.low is None else fact.low
            high = kind.high if fact.high is None else fact.high
            asked.claims.lay(z3.And(term * unit >= low, term * unit <= high))
            world.facts[fact.id] = known_as(Ratio(term))
            values.append(world)
        for name in _rates_beside(bench, rule, fact):
            # Whatever else is a quotient is any share, and the same in both.
            term = z3.Real(name)
            asked.claims.lay(z3.And(term >= 0, term <= 1))
            for world in values:
                world.facts[name] = known_as(Ratio(term))
        two = Two(bench, bench.limit)
        two.after = values[1]
        better = rises(asked, two.after, fact)
        return asked.holds(better) and not asked.holds(better, two.worse(rule, asked))
    except (Unsolved, UnprovableError):
        return False


def _rates_beside(bench: Bench, rule: Rule, fact: Fact) -> set[str]:
    """Return the surveys and shares that a rule reads beside a fact, and that do not hang on it."""
    found: set[str] = set()
    left, seen = list(bench.trees(rule)), set[str]()
    while left:
        for node in walk(left.pop()):
            if not isinstance(node, Name) or node.kind != "fact" or node.name in seen:
                continue
            seen.add(node.name)
            other = bench.book.facts[node.name]
            if node.name == fact.id:
                continue
            if other.derived and fact.id in Asked.of(bench.book, other.derived).facts:
                left.append(other.derived)
            elif _is_share(other):
                found.add(node.name)
    return found


def _is_share(fact: Fact) -> bool:
    own = ranged(fact.type)
    if fact.nullable or not isinstance(own, Rate):
        return False
    low = own.low if fact.low is None else fact.low
    return low >= 0 and (own.high if fact.high is None else fact.high) <= 10**own.scale


def _raised(bench: Bench, asked: Question, rule: Rule, fact: Fact) -> World:
    """Return a second case in which a fact, or what it is worked out from, is another."""
    asked.world.value(Name(type=fact.type, kind="fact", name=fact.id))
    after = asked.world.changed("'")
    below = {fact.id}
    if fact.derived is not None:
        below = {
            name
            for name in Asked.of(bench.book, fact.derived).facts
            if bench.book.facts[name].derived is None
        }
        beside = _beside(bench, rule, fact)
        below -= beside.facts
        _other_records(bench, rule, fact, after, beside)
    for name in below:
        after.facts.pop(name, None)
        after.surveys.pop(name, None)
    asked.worlds.append(after)
    for name in below:
        after.fact(name)
        if name in after.surveys:
            # As many are asked, and more of them are content, or fewer.
            asked.claims.lay(after.surveys[name][1] == asked.world.surveys[name][1])
    return after


def _other_records(bench: Bench, rule: Rule, fact: Fact, after: World, beside: Asked) -> None:
    """Give the second case records of its own in the registers that only the fact is worked out
    from.
    """
    asked = Asked.of(bench.book, *bench.trees(rule))
    below = set(Asked.of(bench.book, fact.derived).tests) - set(beside.tests)
    asked.tests = {name: tests for name, tests in asked.tests.items() if name in below}
    fill(after, asked)


def _beside(bench: Bench, rule: Rule, fact: Fact) -> Asked:
    """Return what a rule reads beside a derived fact."""
    asked = Asked(bench.book)
    asked._seen.add(("fact", fact.id))  # noqa: SLF001  # what is below it is left out
    for tree in bench.trees(rule):
        asked.reads(tree)
    asked.facts.discard(fact.id)
    return asked


def _limits(bench: Bench, limiter: Limiter, fact: Fact) -> Verdict:
    says = fault(
        "",
        "limiter `{limiter}` never bites only because `{fact}` is better",
        limiter=limiter.id,
        fact=fact.id,
    )
    two = Two(bench, bench.limit)
    when: Any = limiter.when

    def question() -> Question:
        asked = Question.about(bench.book, bench.limit, when)
        asked.world.value(Name(type=fact.type, kind="fact", name=fact.id))
        after = asked.world.changed("'")
        names = (
            [fact.id] if fact.derived is None else list(Asked.of(bench.book, fact.derived).facts)
        )
        for name in names:
            after.facts.pop(name, None)
        two.after = after
        return asked

    def wrong(asked: Question) -> Condition:
        reader = asked.world.reader()
        bites = [side.reader().truth(when) for side in (asked.world, two.after)]
        better = rises(asked, two.after, fact)
        return reader.both(better, reader.contrary(bites[0].may), bites[1].must)

    return bench.never(
        Claim("fair", "better", f"limiter:{limiter.id}", says, fact.id),
        question,
        wrong,
        lambda a, b: (
            bench.step(b, f"limiter:{limiter.id}") and not bench.step(a, f"limiter:{limiter.id}")
        ),
        lambda: two.after,
    )


def _one_more_of_all(
    bench: Bench, rule: Rule, costly: Over, others: list[Rule]
) -> Iterator[Verdict]:
    """Yield whether one more row that costs a rule points helps any rule that reads its register:
    each that is not proved for itself, else one verdict for all.
    """
    found = [_one_more(bench, rule, costly, other) for other in others]
    open_ = [one for one in found if one.state != "proved"]
    if open_:
        yield from open_
        return
    says = fault(
        "", "one more row that costs rule `{rule}` points never helps any rule", rule=rule.id
    )
    took = sum(one.seconds for one in found)
    yield Verdict("fair", "one-more", rule.id, says, "", "proved", seconds=took)


def _one_more(bench: Bench, rule: Rule, costly: Over, other: Rule) -> Verdict:
    says = fault(
        "",
        "one more row that costs rule `{rule}` points never helps rule `{other}`",
        rule=rule.id,
        other=other.id,
    )
    claim = Claim("fair", "one-more", rule.id, says, other.id)
    two = Two(bench, bench.limit)
    added: list[AtRecord] = []

    def question() -> Question:
        asked = Asked.of(bench.book, *bench.trees(other))
        if costly.where is not None:
            asked.reads(costly.where, costly.register)
        bench.add_meant(asked, claim.key, costly.register)
        found = Question(bench.book, asked, bench.limit)
        two.after = found.world.changed("+")
        more = bench.another(two.after, costly.register)
        added.append(more)
        if costly.where is not None:
            found.claims.lay(_term(Reader(more, found.claims).truth(costly.where).must))
        return found

    def wrong(asked: Question) -> Condition:
        one, two_ = (bench.scored(other, world) for world in (asked.world, two.after))
        return worse(asked.world.reader(), two_, one, bench.full(other))

    return bench.never(
        claim,
        question,
        wrong,
        lambda a, b: less_in(other, b, a),
        lambda: two.after,
        at=lambda _: added[-1],
    )


def _term(condition: Condition) -> Any:
    return z3.BoolVal(condition) if isinstance(condition, bool) else condition
