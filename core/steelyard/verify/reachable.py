"""Whether every grade can be had, full marks included, and every limiter fire and be avoided.

Rules that share no fact and no register are asked apart: what each part of a book can show joins
into one case, which the judge then weighs as a whole.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import chain
from typing import Any, NamedTuple

from steelyard.book.model import Limiter, Rule
from steelyard.errors import Fault, Word, fault
from steelyard.expression.formulas import Condition, Ratio, UnprovableError
from steelyard.expression.tree import Name, Node, walk
from steelyard.verify.bench import STEPS, TOO_LONG, UNCONFIRMED, Bench, Claim
from steelyard.verify.case_file import Document, TooLongError, Writing
from steelyard.verify.joint_case import Shown, joined, laid_over
from steelyard.verify.kinds import Asked
from steelyard.verify.question import Question, Unsolved
from steelyard.verify.verdict import Verdict

BETWEEN = Word("no case between the best and the worst has it")


class Part(NamedTuple):
    """Rules and limiters that share what they read with each other and with no other."""

    rules: tuple[Rule, ...]
    limiters: tuple[Limiter, ...]


def reachable(bench: Bench) -> Iterator[Verdict]:
    """Yield the verdicts on grades, full marks and limiters."""
    start = time.monotonic()
    book = bench.book
    best: list[Shown] = []
    worst: list[Shown] = []
    kept: list[Part] = []
    why = Word()
    refuted: Verdict | None = None
    for part in parts(bench):
        try:
            good = _show(bench, part, best=True)
            if good is None:
                refuted = _impossible(bench, part)
                good = _show(bench, part, best=None)
            bad = _worst(bench, part)
        except (Unsolved, UnprovableError, TooLongError) as error:
            why = why or getattr(error, "why", TOO_LONG)
            continue
        if good is not None:
            best.append(good)
            worst.append(bad or good)
            kept.append(part)
    says = fault("", "full marks can be had")
    claim = Claim("reachable", "full", "score", says)
    if refuted is not None:
        yield refuted
    elif why:
        yield Verdict(*claim, "undecided", why=why, seconds=time.monotonic() - start)
    else:
        judged = bench.weigh(joined(bench, best))
        sure = judged is not None and judged.scored.low == book.points
        state: Any = "proved" if sure else "undecided"
        took = time.monotonic() - start
        yield Verdict(*claim, state, why=Word() if sure else UNCONFIRMED, seconds=took)
    yield from _grades(bench, kept, (best, worst), why)
    for limiter in book.limiters:
        yield from _limiter(bench, limiter)


def _worst(bench: Bench, part: Part) -> Shown | None:
    """Return what a part shows at its worst, None where the solver cannot say; it is wanted for the
    lower grades alone.
    """
    try:
        return _show(bench, part, best=False)
    except (Unsolved, TooLongError):
        return None


def parts(bench: Bench) -> list[Part]:
    """Return the rules and limiters of a book by what they share."""
    book = bench.book
    items: list[tuple[Any, set[str]]] = []
    for rule in book.rules.values():
        asked = Asked.of(book, *bench.trees(rule))
        items.append((rule, asked.facts | {f"[{name}]" for name in asked.tests}))
    for limiter in book.limiters:
        if limiter.when is not None and not _scored(limiter.when):
            asked = Asked.of(book, limiter.when)
            items.append((limiter, asked.facts | {f"[{name}]" for name in asked.tests}))
    groups: list[tuple[list[Any], set[str]]] = []
    for one, reads in items:
        mine: tuple[list[Any], set[str]] = ([one], set(reads))
        apart = []
        for group in groups:
            if group[1] & mine[1]:
                mine = (group[0] + mine[0], group[1] | mine[1])
            else:
                apart.append(group)
        groups = [*apart, mine]
    return [
        Part(
            tuple(one for one in group if isinstance(one, Rule)),
            tuple(one for one in group if isinstance(one, Limiter)),
        )
        for group, _ in groups
    ]


def _scored(node: Node) -> bool:
    return any(isinstance(one, Name) and one.kind == "outcome" for one in walk(node))


def _question(bench: Bench, part: Part) -> Question:
    trees = [tree for rule in part.rules for tree in bench.trees(rule)]
    whens = [limiter.when for limiter in part.limiters]
    return Question(bench.book, Asked.of(bench.book, *trees, *whens), bench.limit, few=True)


def _show(bench: Bench, part: Part, *, best: bool | None) -> Shown | None:
    """Return what a part shows where all its rules are passed or do not apply, where as many as can
    be earn nothing (`best` False), or where as many as can be are passed (None); None where that
    cannot be.
    """
    asked = _question(bench, part)
    found = asked.find(*_wanted(bench, part, asked, best=best))
    if found is None and best:
        # What was wished for first may have stood in the way of the rest.
        found = asked.find(*_least(bench, part, asked))
    if found is None:
        return None
    ids = {rule.id for rule in part.rules}
    shown = []
    for step in STEPS:
        document = Writing(found, step=step).document()
        judged = bench.weigh(document)
        if judged is not None:
            points = sum(one.low for one in judged.verdicts if one.rule in ids)
            shown.append(Shown(document, points))
    if not shown:
        raise Unsolved(UNCONFIRMED)
    # Which way values go apart that are to differ can decide what the judge makes of them.
    return (min if best is False else max)(shown, key=lambda one: one.points)


def _least(bench: Bench, part: Part, asked: Question) -> list[Condition]:
    """Return that no limiter bites and every rule is passed or does not apply."""
    reader = asked.world.reader()
    return [
        *_avoided(part, asked),
        *(
            reader.either(
                bench.whole(rule, asked.world),
                reader.contrary(bench.scored(rule, asked.world).applies),
            )
            for rule in part.rules
        ),
    ]


def _avoided(part: Part, asked: Question) -> list[Condition]:
    reader = asked.world.reader()
    whens = (one.when for one in part.limiters)
    return [reader.contrary(reader.truth(when).may) for when in whens if when is not None]


def _wanted(bench: Bench, part: Part, asked: Question, *, best: bool | None) -> list[Condition]:
    """Return the conditions on a part's rules, its limiters avoided."""
    reader = asked.world.reader()
    wanted = _avoided(part, asked)
    passed = [bench.whole(rule, asked.world) for rule in part.rules]
    scored = [bench.scored(rule, asked.world) for rule in part.rules]
    if best is not False and (best is None or _none(asked, [*wanted, *passed])):
        for one, rule in zip(passed, scored, strict=True):
            if _may(asked, [*wanted, one]):
                wanted.append(one)
            elif best:
                wanted.append(reader.either(one, reader.contrary(rule.applies)))
        return wanted
    if best:
        return [*wanted, *passed]
    missed = [reader.both(one.applies, reader.at_most(one.high, Ratio(0))) for one in scored]
    if _may(asked, [*wanted, *missed]):
        return [*wanted, *missed]
    for one in missed:
        if _may(asked, [*wanted, one]):
            wanted.append(one)
    return wanted


def _none(asked: Question, wanted: list[Condition]) -> bool:
    """Whether there surely is no case; of what the solver cannot say there may be."""
    try:
        return not asked.holds(*wanted)
    except Unsolved:
        return False


def _may(asked: Question, wanted: list[Condition]) -> bool:
    try:
        return asked.holds(*wanted)
    except Unsolved:
        return False


def _impossible(bench: Bench, part: Part) -> Verdict:
    """Return that the rules of a part cannot all be passed, with a case in which as many are as
    can be.
    """
    says = fault(
        "",
        "full marks can be had: {rules} can be passed together",
        rules=tuple(rule.id for rule in part.rules),
    )
    most = _show(bench, part, best=None)
    cases = () if most is None else (most.document,)
    return Verdict("reachable", "full", part.rules[0].id, says, "", "refuted", cases)


def _grades(
    bench: Bench, kept: list[Part], ends: tuple[list[Shown], list[Shown]], why: Word
) -> Iterator[Verdict]:
    """Yield whether each grade can be had: by a case between the best and the worst."""
    book, (best, worst) = bench.book, ends
    seen: set[str] = set()
    start = time.monotonic()
    names = [grade.id for grade in book.grades]
    tried = (_between(best, worst, cut) for cut in _cuts(bench))
    plain = (joined(bench, shown) for shown in tried)
    mixed = (joined(bench, shown) for shown in _mixtures(bench, kept, best))
    for document in chain(plain, _failures(bench, best), mixed):
        if len(seen) == len(names):
            break
        judged = bench.weigh(document)
        if judged is not None and judged.standing.low == judged.standing.high:
            seen.add(judged.grade_id(judged.standing.low))
    for grade in names:
        says: Fault = fault("", "grade `{grade}` can be had", grade=grade)
        claim = Claim("reachable", "grade", f"grade:{grade}", says)
        took = (time.monotonic() - start) / len(names)
        if grade in seen:
            yield Verdict(*claim, "proved", seconds=took)
        elif why:
            yield Verdict(*claim, "undecided", why=why, seconds=took)
        else:
            yield _not_found(bench, claim, best)


def _failures(bench: Bench, best: list[Shown]) -> Iterator[Document]:
    """Yield cases in which ever more rules are failed, as each was seen to be for itself; what
    contradicts those before it is left out.
    """
    document = joined(bench, best)
    for number, name in enumerate(bench.failed, 1):
        worse = laid_over(document, bench.failed[name], number)
        if bench.weigh(worse) is not None:
            document = worse
            yield document


def _mixtures(bench: Bench, kept: list[Part], best: list[Shown]) -> Iterator[list[Shown]]:
    """Yield cases in which of the weightiest part ever fewer rules are passed."""
    if not kept:
        return
    place = max(range(len(kept)), key=lambda at: best[at].points)
    part = kept[place]
    for eighth in range(7, 0, -1):
        asked = _question(bench, part)
        wanted = _avoided(part, asked)
        reader = asked.world.reader()
        for number, rule in enumerate(part.rules):
            scored = bench.scored(rule, asked.world)
            nothing = reader.both(scored.applies, reader.at_most(scored.high, Ratio(0)))
            passed = 8 * number < eighth * len(part.rules)
            wish = bench.whole(rule, asked.world) if passed else nothing
            if _may(asked, [*wanted, wish]):
                wanted.append(wish)
        try:
            found = asked.find(*wanted)
            if found is not None:
                shown = Shown(Writing(found).document(), 0)
                yield [*best[:place], shown, *best[place + 1 :]]
        except (Unsolved, TooLongError):
            continue


def _cuts(bench: Bench) -> Iterator[int]:
    """Yield scores at which each grade should be had, and full marks."""
    book = bench.book
    figures = bench.figures()
    yield book.points
    for grade in book.grades:
        if grade.parameter:
            value = figures[grade.parameter]
            yield -(-value.top * 10**book.decimals // value.bottom)
        else:
            yield grade.at_least or 0


def _between(best: list[Shown], worst: list[Shown], cut: int) -> list[Shown]:
    """Return a choice of the best and the worst of each part whose points come down to a score, or
    not far above it.
    """
    total = sum(one.points for one in best)
    chosen = list(best)
    places = sorted(
        range(len(best)), key=lambda at: best[at].points - worst[at].points, reverse=True
    )
    for at in places:
        loss = best[at].points - worst[at].points
        if loss and total - loss >= cut:
            total -= loss
            chosen[at] = worst[at]
    return chosen


def _not_found(bench: Bench, claim: Claim, best: list[Shown]) -> Verdict:
    """Return that a grade was not found: refuted where it begins above the book's points, else
    open.
    """
    book = bench.book
    place = [grade.id for grade in book.grades].index(claim.about.partition(":")[2])
    if list(_cuts(bench))[1:][place] > book.points:
        return Verdict(*claim, "refuted", (joined(bench, best),))
    return Verdict(*claim, "undecided", why=BETWEEN)


def _limiter(bench: Bench, limiter: Limiter) -> Iterator[Verdict]:
    name, when = f"limiter:{limiter.id}", limiter.when
    if when is None or _scored(when):
        return

    def question() -> Question:
        return Question.about(bench.book, bench.limit, when)

    for sign in (True, False):
        says = (
            fault("", "limiter `{limiter}` can bite", limiter=limiter.id)
            if sign
            else fault("", "limiter `{limiter}` can be avoided", limiter=limiter.id)
        )

        def wanted(asked: Question, sign: bool = sign) -> Condition:  # noqa: FBT001
            reader = asked.world.reader()
            holds = reader.truth(when)
            return holds.must if sign else reader.contrary(holds.may)

        yield bench.exists(
            Claim("reachable", "bites" if sign else "avoided", name, says),
            question,
            wanted,
            lambda judged, _, sign=sign: (
                limiter.floor is not None or bool(bench.step(judged, name)) is sign
            ),
        )
