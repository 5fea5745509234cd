"""Whether everything in a book can happen: rules pass and fall short, bands and letters are
reached, rows fire, and no condition is always one way.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import z3

from steelyard.book.model import Consequence, Rule
from steelyard.book.remarks.source import source
from steelyard.errors import fault
from steelyard.expression.formulas import Code, Condition, Ratio
from steelyard.expression.python import bare
from steelyard.expression.smt import Reader
from steelyard.expression.tree import (
    Choose,
    Compare,
    Literal,
    Logic,
    Name,
    Node,
    Not,
    Over,
    Within,
    children,
)
from steelyard.expression.types import Boolean
from steelyard.forms.form import CARRIED
from steelyard.verify.bench import Bench, Claim, finding, fires_in
from steelyard.verify.days import days_of
from steelyard.verify.kinds import Asked
from steelyard.verify.question import Question
from steelyard.verify.terms import Moment
from steelyard.verify.verdict import Verdict
from steelyard.verify.world import AtParty


def alive(bench: Bench) -> Iterator[Verdict]:
    """Yield the verdicts on what can happen at all."""
    for rule in bench.book.rules.values():
        yield from _rule(bench, rule)
    for place, row in enumerate(bench.book.consequences):
        yield _row(bench, place, row)
    yield from _measures(bench)
    for about, node, register in _standing(bench):
        yield from _conditions(bench, about, node, register)


def _rule(bench: Bench, rule: Rule) -> Iterator[Verdict]:
    def question() -> Question:
        return bench.about_rule(rule)

    def applies(asked: Question) -> Condition:
        return bench.scored(rule, asked.world).applies

    says = fault("", "rule `{rule}` can be passed", rule=rule.id)
    yield bench.exists(
        Claim("alive", "can-pass", rule.id, says),
        question,
        lambda asked: bench.whole(rule, asked.world),
        lambda judged, _: finding(judged, rule.id).outcome == "pass",
        applies,
    )
    says = fault("", "rule `{rule}` can be failed", rule=rule.id)
    least = bench.least(rule)

    def failed(asked: Question) -> Condition:
        reader, scored = asked.world.reader(), bench.scored(rule, asked.world)
        nothing = reader.both(scored.applies, reader.at_most(scored.high, Ratio(0)))
        if not least.top or asked.holds(nothing):
            return nothing
        # Bands that begin at the bottom, or letters that all earn: the lowest is the failure.
        return reader.both(scored.applies, reader.at_most(scored.high, least))

    yield bench.exists(
        Claim("alive", "can-fail", rule.id, says),
        question,
        failed,
        lambda judged, document: _failed(bench, rule, judged, document),
        applies,
    )
    yield from _leaves(bench, rule, question)


def _failed(bench: Bench, rule: Rule, judged: Any, document: Any) -> bool:
    """Whether a rule surely earns no more than its least figure; such a case is kept."""
    least = bench.least(rule)
    if finding(judged, rule.id).outcome in {"not_applicable", "waived"}:
        return False
    unit = 10 ** (bench.book.decimals + CARRIED)
    sure = judged.carried[rule.id][1] * least.bottom <= least.top * unit
    if sure:
        bench.failed[rule.id] = document
    return bool(sure)


def _leaves(bench: Bench, rule: Rule, question: Any) -> Iterator[Verdict]:
    """Yield whether each figure of a rule's choices is earned by some case."""
    leaves: list[tuple[Literal, tuple[tuple[Node, bool], ...]]] = []
    node = rule.lowered.points

    def descend(at: Node, path: tuple[tuple[Node, bool], ...], *, last: bool) -> None:
        if isinstance(at, Choose):
            descend(at.then, (*path, (at.condition, True)), last=True)
            descend(at.otherwise, (*path, (at.condition, False)), last=last)
        elif isinstance(at, Literal) and last:
            leaves.append((at, path))

    descend(node, (), last=False)
    if len(leaves) < 2:
        return
    for place, (leaf, path) in enumerate(leaves, 1):
        points = leaf.value

        def here(asked: Question, path: Any = path) -> Condition:
            reader = asked.world.reader()
            sides = [
                reader.truth(one).must if sign else reader.contrary(reader.truth(one).may)
                for one, sign in path
            ]
            return reader.both(bench.scored(rule, asked.world).applies, *sides)

        says = fault(
            "", "rule `{rule}`, choice {number}: some case comes to it", rule=rule.id, number=place
        )
        yield bench.exists(
            Claim("alive", "choice", rule.id, says, str(place)),
            question,
            here,
            lambda judged, _, points=points: _earned(rule, judged, points),
        )


def _earned(rule: Rule, judged: Any, points: Any) -> bool:
    if rule.weight:
        return True
    found = finding(judged, rule.id)
    return bool(found.low == found.high == points // 10**6)


def _measures(bench: Bench) -> Iterator[Verdict]:
    """Yield whether each measure of the book's own is imposed by some row, or by another one."""
    known = bench.book.measures
    imposed = {name for row in bench.book.consequences for one in row.options for name in one}
    left = list(imposed)
    while left:
        name = left.pop()
        more = set(known[name].entails if name in known else ()) - imposed
        imposed |= more
        left += more
    own: Any = bench.book.document.get("measures") or {}
    for name in own:
        says = fault("", "measure `{measure}` can be imposed", measure=name)
        verdict = bench.settled(Claim("alive", "imposed", name, says))
        yield verdict if name in imposed else verdict._replace(state="refuted")


def _row(bench: Bench, place: int, row: Consequence) -> Verdict:
    says = fault("", "consequence {number} can follow", number=row.number)
    claim = Claim("alive", "follows", f"consequence:{row.number}", says)
    held: dict[str, Any] = {}

    def question() -> Question:
        party = z3.Int("party")
        held["party"] = party
        more = [
            (name, lambda rec, field=field: _owned(rec, field, party))
            for name, field in row.owners.items()
        ]
        register = row.on if row.scope == "register" else ""
        asked = Asked(bench.book)
        for node in (row.when, row.falls_on):
            if node is not None:
                asked.reads(node, register)
        found = Question(bench.book, asked, bench.limit, more)
        if row.scope == "register":
            held["at"] = bench.record(found, row.on)
        elif row.scope == "party":
            found.claims.lay(party >= 0)
            held["at"] = AtParty(found.world, party, row.owners)
        else:
            held["at"] = found.world
        return found

    def parties(writing: Any) -> None:
        if row.scope == "party":
            writing.party(row.on, writing.found.whole(held["party"]))
        if row.members is not None and row.falls_on is not None:
            party = Reader(held["at"], writing.world.claims).read(row.falls_on)
            if isinstance(party, Code):
                writing.member(*row.members, party.code)

    return bench.exists(
        claim,
        question,
        lambda _: bench.fires(row, held["at"]),
        lambda judged, _: fires_in(judged, place),
        parties=parties,
    )


def _owned(record: Any, field: str, party: Any) -> Condition:
    holder = record.value(
        Name(type=record.world.book.registers[record.kin.register].fields[field].type,
             kind="field", name=field)
    )  # fmt: skip
    reader = record.world.reader()
    return reader.both(holder.code == party, reader.contrary(holder.gone))


def _standing(bench: Bench) -> Iterator[tuple[str, Node, str]]:
    """Yield every expression that an author wrote, with the register or kind at which it stands."""
    book = bench.book
    for rule in book.rules.values():
        for node, register in rule.form.expressions():
            yield rule.id, node, register or ""
        if rule.not_applicable is not None:
            yield rule.id, rule.not_applicable, ""
    for limiter in book.limiters:
        if limiter.when is not None:
            yield f"limiter:{limiter.id}", limiter.when, ""
    for row in book.consequences:
        if row.when is not None and row.scope != "party":
            yield (
                f"consequence:{row.number}",
                row.when,
                row.on if row.scope == "register" else "",
            )
    for grade in book.grades:
        if grade.needs is not None:
            yield f"grade:{grade.id}", grade.needs, ""
    for fact in book.facts.values():
        if fact.derived is not None:
            yield fact.id, fact.derived, ""


def _parts(node: Node, register: str) -> Iterator[tuple[Node, str]]:
    """Yield the conditions of an expression, each with the register at whose records it stands."""
    if isinstance(node.type, Boolean):
        match node:
            case Compare() | Within() | Logic() | Over(function="any" | "every"):
                yield node, register
            case Name(kind="fact" | "field"):
                yield node, register
    inner = node.register if isinstance(node, Over) else register
    for child in children(node):
        if not (isinstance(node, Not) and isinstance(child, Name)):
            yield from _parts(child, inner)


def _conditions(bench: Bench, about: str, node: Node, register: str) -> Iterator[Verdict]:
    """Yield whether each condition of an expression can hold, and can fail."""
    parts: list[tuple[Node, str]] = []
    seen: set[tuple[Node, str]] = set()
    for part, where in _parts(node, register):
        key = (bare(part), where)
        if key not in seen and not isinstance(part, Name):
            seen.add(key)
            parts.append((part, where))
    if not parts:
        return
    places = dict.fromkeys(where for _, where in parts)
    days = [_Day(bench, node, (register, *places), one) for one in days_of(bench.book, node)]
    for part, where in parts:
        for sign in (True, False):
            yield _condition(bench, about, (part, where), days, sign=sign)


class _Day:
    """An expression as it is asked on one day: at the register where it stands, and of the case and
    records `at` which its conditions stand.
    """

    def __init__(self, bench: Bench, node: Node, places: tuple[str, ...], moment: Moment) -> None:
        self.bench, self.node, self.places, self.moment = bench, node, places, moment
        self.kept: Question | None = None
        self.at: dict[str, Any] = {}

    def question(self) -> Question:
        """Return the question, made once for all that is asked of that day."""
        if self.kept is None:
            asked = Asked(self.bench.book)
            asked.reads(self.node, self.places[0])
            limit = self.bench.limit
            found = self.kept = Question(self.bench.book, asked, limit, moment=self.moment)
            for where in self.places[1:]:
                self.at[where] = self.bench.record(found, where) if where else found.world
        return self.kept


def _condition(
    bench: Bench, about: str, part: tuple[Node, str], days: list[_Day], *, sign: bool
) -> Verdict:
    """Return whether a condition can hold, or can fail, on one of some days."""
    node, register = part
    text = source(node)
    says = (
        fault("", "`{text}` can hold", text=text)
        if sign
        else fault("", "`{text}` can fail", text=text)
    )
    claim = Claim("alive", "holds" if sign else "fails", about, says, text)
    found = []
    for day in days:

        def wanted(asked: Question, day: _Day = day) -> Condition:
            reader = Reader(day.at[register], asked.claims)
            holds = reader.truth(node)
            return holds.must if sign else reader.contrary(holds.may)

        found.append(bench.exists(claim, day.question, wanted, None))
        if found[-1].state == "proved":
            return found[-1]
    return next((one for one in found if one.state == "undecided"), found[0])
