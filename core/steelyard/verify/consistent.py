"""Whether what a book decides goes together: measures that exclude one another, limiters that leave
no way out, rules of which one says the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, product
from typing import Any

from steelyard.book.model import Consequence, Rule
from steelyard.book.remarks.standing import condition_of
from steelyard.errors import fault
from steelyard.expression.formulas import Code, Condition
from steelyard.expression.smt import Reader
from steelyard.verify.bench import Bench, Claim, asked_of, fires_in
from steelyard.verify.kinds import Asked
from steelyard.verify.question import Question
from steelyard.verify.reachable import _scored
from steelyard.verify.verdict import Verdict


def consistent(bench: Bench) -> Iterator[Verdict]:
    """Yield the verdicts on what must go together."""
    rows = [one for one in bench.book.consequences if one.scope != "party"]
    for one, two in combinations(rows, 2):
        if one.on == two.on and one.kind == two.kind and _clash(bench, one, two):
            yield _both_fall(bench, one, two)
    for row in rows:
        if all(_within(bench, bundle) for bundle in row.options):
            yield _both_fall(bench, row, row)
    if bench.book.limiters:
        yield _way_out(bench)
    yield from _implied(bench)


def _imposed(bench: Bench, bundle: tuple[str, ...]) -> set[str]:
    """Return the measures of a bundle with those that they entail."""
    known = bench.book.measures
    found: set[str] = set()
    left = list(bundle)
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            left += known[name].entails if name in known else ()
    return found


def _exclude(bench: Bench, one: set[str], two: set[str]) -> bool:
    known = bench.book.measures
    return any(
        b in known[a].excludes or a in known[b].excludes
        for a, b in product(one, two)
        if a in known and b in known and a != b
    )


def _clash(bench: Bench, one: Consequence, two: Consequence) -> bool:
    """Whether there is no choice from both rows that goes together."""
    return all(
        _exclude(bench, _imposed(bench, a), _imposed(bench, b))
        for a, b in product(one.options, two.options)
    )


def _within(bench: Bench, bundle: tuple[str, ...]) -> bool:
    imposed = _imposed(bench, bundle)
    return _exclude(bench, imposed, imposed)


def _both_fall(bench: Bench, one: Consequence, two: Consequence) -> Verdict:
    says = fault(
        "",
        "consequences {one} and {two} exclude one another, and never fall on one party together",
        one=one.number,
        two=two.number,
    )
    register = one.on if one.scope == "register" else ""
    held: dict[str, Any] = {}

    def question() -> Question:
        asked = asked_of(bench.book, [one, two], register)
        found = Question(bench.book, asked, bench.limit)
        held["at"] = bench.record(found, register) if register else found.world
        return found

    def wrong(asked: Question) -> Condition:
        here = Reader(held["at"], asked.claims)
        same: Condition = True
        if one.falls_on is not None and two.falls_on is not None:
            a, b = here.read(one.falls_on), here.read(two.falls_on)
            if isinstance(a, Code) and isinstance(b, Code):
                same = here.equal(a.code, b.code)
        return here.both(*(bench.fires(row, held["at"]) for row in (one, two)), same)

    places = [bench.book.consequences.index(row) for row in (one, two)]
    return bench.never(
        Claim(
            "consistent", "excludes", f"consequence:{one.number}", says, f"consequence:{two.number}"
        ),
        question,
        wrong,
        lambda judged: all(fires_in(judged, place) for place in places),
    )


def _way_out(bench: Bench) -> Verdict:
    says = fault("", "some case meets no limiter at all")
    whens = [
        one.when
        for one in bench.book.limiters
        if one.when is not None and one.floor is None and not _scored(one.when)
    ]

    def none(asked: Question) -> Condition:
        reader = asked.world.reader()
        return reader.both(*(reader.contrary(reader.truth(when).may) for when in whens))

    return bench.exists(
        Claim("consistent", "limiters", "limiters", says),
        lambda: Question.about(bench.book, bench.limit, *whens),
        none,
        lambda _judged, _case: True,
    )


def _implied(bench: Bench) -> Iterator[Verdict]:
    """Yield, as remarks, rules that are passed whenever another is."""
    rules = [one for one in bench.book.rules.values() if condition_of(one) is not None]
    reads = {one.id: _read(bench, one) for one in rules}
    for one, two in combinations(rules, 2):
        shared = reads[one.id] & reads[two.id]
        if shared and shared in (reads[one.id], reads[two.id]):
            for first, second in ((one, two), (two, one)):
                found = _says_the_other(bench, first, second)
                if found is not None:
                    yield found


def _read(bench: Bench, rule: Rule) -> set[str]:
    asked = Asked.of(bench.book, *bench.trees(rule))
    return {one for one in asked.facts if bench.book.facts[one].derived is None} | {
        f"[{name}]" for name in asked.tests
    }


def _says_the_other(bench: Bench, one: Rule, two: Rule) -> Verdict | None:
    says = fault("", "rule `{one}` is passed whenever `{two}` is", one=two.id, two=one.id)

    def wrong(asked: Question) -> Condition:
        reader = asked.world.reader()
        return reader.both(
            bench.whole(one, asked.world), reader.contrary(bench.whole(two, asked.world))
        )

    verdict = bench.never(
        Claim("consistent", "implied", two.id, says, one.id),
        lambda: Question.about(bench.book, bench.limit, *bench.trees(one), *bench.trees(two)),
        wrong,
        lambda _judged: True,
    )
    return verdict._replace(state="remarked") if verdict.state == "proved" else None
