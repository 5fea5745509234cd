"""Where the compiled and the slow judge disagree of one case: step by step, and tolerant of
nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from steelyard.book.model import RuleBook
from steelyard.expression.values import Truth
from steelyard.judging.assessment import Assessment
from steelyard.judging.slow.consequences import Follows
from steelyard.judging.slow.judge import Slow
from steelyard.judging.slow.scoring import Value

CARRIED = 6
APPLIES = {"applies": "yes", "perhaps": "possible", "out": "no", "waived": "no"}


def same(fast: Assessment, slow: Slow) -> None:
    """Hold that both judges say the same of one case."""
    found = list(disagreements(fast, slow))
    assert not found, (found, fast.case.document)


def disagreements(fast: Assessment, slow: Slow) -> Iterator[tuple[str, Any, Any]]:
    """Yield what the two judges say differently: where, the compiled judge, the slow judge."""
    book, scored = fast.book, fast.scored
    for where, one, other in (
        *_rules(fast, slow),
        *_steps(fast, slow),
        ("score", (_printed(book, scored.low), _printed(book, scored.high)), slow.score[:2]),
        ("coverage", Fraction(fast.coverage), _four_places(slow.coverage)),
        ("grade", tuple(map(fast.grade_id, fast.standing[:2])), slow.grade),
        ("veto", fast.standing.veto, slow.veto),
        ("not_rated", fast.standing.not_rated, slow.not_rated),
        ("settled", fast.settled, _settled(slow)),
        ("consequences", _follows(fast), slow.consequences),
        ("one of each consequence", len(fast.consequences), len(slow.consequences)),
        ("ledger, low", sum(entry.low for entry in fast.ledger), scored.low),
        ("ledger, high", sum(entry.high for entry in fast.ledger), scored.high),
    ):
        if one != other:
            yield where, one, other


def _rules(fast: Assessment, slow: Slow) -> Iterator[tuple[str, Any, Any]]:
    book = fast.book
    carried = zip(fast.verdicts, fast._found.lows, fast._found.highs, strict=True)  # noqa: SLF001
    for one, low, high in carried:
        found = slow.rules[one.rule]
        shown = _carried(book, low, high)
        yield f"points of {one.rule}", shown, found.shown[:2]
        printed = _printed(book, one.low), _printed(book, one.high)
        yield (
            f"printed points of {one.rule}",
            printed,
            tuple(_half_away(end, book.decimals) for end in found.shown[:2]),
        )
        yield f"outcome of {one.rule}", one.outcome, found.outcome
        yield f"applies: {one.rule}", fast.applies[one.rule], APPLIES[found.state]


def _steps(fast: Assessment, slow: Slow) -> Iterator[tuple[str, Any, Any]]:
    book, ends = fast.book, fast.scored.ends
    yield "base", _carried(book, *ends("base")), slow.base[:2]
    for kind, asked, values in (
        ("section", "asked", slow.sections),
        ("dimension", "dimension-asked", slow.dimensions),
    ):
        for name, value in values.items():
            yield f"{asked}: {name}", ends(f"{asked}:{name}"), _asked(value)
            if value is not None:
                step = f"{kind}:{name}"
                yield step, _carried(book, *ends(step)), (value.low, value.high)
    yield "dimensions", set(fast.dimensions), set(slow.dimensions)
    for limiter, bites in zip(book.limiters, slow.limiters, strict=True):
        yield f"limiter {limiter.id}", tuple(map(bool, ends(f"limiter:{limiter.id}"))), bites


def _asked(value: Value | None) -> Truth:
    return Truth(must=False, may=False) if value is None else Truth(value.surely, may=True)


def _settled(slow: Slow) -> bool:
    open_ = "possible" in {slow.veto, slow.not_rated}
    return slow.grade[0] == slow.grade[1] and not open_


def _follows(fast: Assessment) -> set[Follows]:
    return {
        Follows(one.row + 1, one.kind, one.party, one.record, one.certain)
        for one in fast.consequences
    }


def _carried(book: RuleBook, *ends: int) -> tuple[Fraction, ...]:
    return tuple(Fraction(end, 10 ** (book.decimals + CARRIED)) for end in ends)


def _printed(book: RuleBook, units: int) -> Fraction:
    return Fraction(units, 10**book.decimals)


def _four_places(number: Fraction) -> Fraction:
    return _half_away(number, 4)


def _half_away(number: Fraction, places: int) -> Fraction:
    """Round a number of at least 0; written here again, so that no judge's own is trusted."""
    whole, rest = divmod(number * 10**places, 1)
    return Fraction(whole + (2 * rest >= 1), 10**places)
