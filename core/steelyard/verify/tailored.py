"""Whether a book is stricter or laxer than the one that it extends, rule by rule and in all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from steelyard.book.model import Rule, RuleBook
from steelyard.errors import Fault, Word, fault
from steelyard.expression.formulas import Condition, Ratio
from steelyard.verify.bench import Bench, Claim, Scored
from steelyard.verify.kinds import Asked
from steelyard.verify.question import Question
from steelyard.verify.verdict import Verdict
from steelyard.verify.world import World

Held = dict[str, Any]
_WORDS = {
    (False, False): Word("as strict as"),
    (True, False): Word("stricter than"),
    (False, True): Word("laxer than"),
    (True, True): Word("here stricter, there laxer than"),
}


def tailored(bench: Bench, base: RuleBook) -> Iterator[Verdict]:
    """Yield how each rule that both books have compares, and how the book does in all.

    Rules are held against each other by the share of their own full marks that they give.
    """
    found: list[tuple[bool, bool]] = []
    for rule in bench.book.rules.values():
        old = base.rules.get(rule.id)
        if old is None:
            continue
        verdict, way = _rule(bench, base, rule, old)
        if way is not None:
            found.append(way)
        yield verdict
    if not found:
        return
    way = any(one for one, _ in found), any(two for _, two in found)
    says = _says("in the rules that both have, the book is {how} {base}", way, base=base.key)
    yield Verdict("tailored", "against-base", "book", says, "", "proved")


def _says(message: str, way: tuple[bool, bool], **values: str) -> Fault:
    return fault("", message, "", how=_WORDS[way], **values)


def _rule(
    bench: Bench, base: RuleBook, rule: Rule, old: Rule
) -> tuple[Verdict, tuple[bool, bool] | None]:
    other = Bench(base, bench.limit)
    cases: list[Any] = []

    def differ(*, stricter: bool) -> tuple[str, tuple[Any, ...]]:
        def question() -> Question:
            asked = Asked.of(bench.book, *bench.trees(rule))
            shared = Asked.of(base, *other.trees(old))
            for register, tests in shared.tests.items():
                if register in bench.book.registers:
                    asked.tests.setdefault(register, {}).update(tests)
            return Question(bench.book, asked, bench.limit)

        def wrong(asked: Question) -> Condition:
            before = World(base, asked.claims)
            before.facts, before.kins = asked.world.facts, asked.world.kins
            before.parties, before.surveys = asked.world.parties, asked.world.surveys
            one = other.scored(old, before)
            two = bench.scored(rule, asked.world)
            reader = asked.world.reader()
            shares = [_share(one, old), _share(two, rule)]
            low, high = shares if not stricter else shares[::-1]
            less = reader.contrary(reader.at_most(high, low))
            return reader.both(one.applies, two.applies, less)

        verdict = bench.never(_claim(rule, base), question, wrong, lambda _judged: True)
        return verdict.state, verdict.cases

    answers = [differ(stricter=sign) for sign in (True, False)]
    claim = _claim(rule, base)
    if any(state == "undecided" for state, _ in answers):
        return Verdict(
            *claim, "undecided", why=Word("the solver does not know within its time")
        ), None
    way = answers[0][0] == "refuted", answers[1][0] == "refuted"
    for _, some in answers:
        cases += some
    says = _says("rule `{rule}` is {how} that of {base}", way, rule=rule.id, base=base.key)
    return Verdict("tailored", "against-base", rule.id, says, "", "proved", tuple(cases)), way


def _claim(rule: Rule, base: RuleBook) -> Claim:
    says = fault(
        "", "rule `{rule}` can be held against that of {base}", rule=rule.id, base=base.key
    )
    return Claim("tailored", "against-base", rule.id, says)


def _share(scored: Scored, rule: Rule) -> Ratio:
    return Ratio(scored.low.top, scored.low.bottom * max(rule.full, 1))
