"""One complete case weighed in process: Steelyard, three rule engines and plain Python, the same
conditions everywhere.
"""

from __future__ import annotations

from collections.abc import Callable

from benchmarks import engines, floor, scheme
from benchmarks.rounds import race, ratio
from steelyard.case.model import Case
from steelyard.judging.assessment import Assessment, weigh


def main() -> None:
    """Check that all sides give the same points for every rule, then time them by turns and print
    ratios.
    """
    rows, book, facts = list(scheme.rows()), scheme.book(), scheme.facts()
    whole, half = scheme.case(book, facts), scheme.case(book, facts, half=True)

    def weighed(case: Case) -> Assessment:
        found = weigh(book, case)
        assert found.verdicts
        assert found.ledger
        return found

    plain = floor.weigher(rows)
    others = {
        "zen-engine": engines.zen(rows),
        "rule-engine": engines.rule_engine(rows),
        "business-rules": engines.business_rules(rows),
    }
    assessment = weighed(whole)
    points = [one.low for one in assessment.verdicts]
    assert points == [one.high for one in assessment.verdicts], "a complete case is settled"
    assert any(one.low < one.high for one in weighed(half).verdicts), "an incomplete case is not"
    by_hand = plain(facts)
    assert by_hand[0] == points
    assert by_hand[3] == assessment.scored.low
    assert len(by_hand[5]) == len(assessment.consequences)
    for name, side in others.items():
        assert side(facts) == points, name

    sides: dict[str, Callable[[], object]] = {
        "steelyard": lambda: weighed(whole),
        "steelyard, half of the case unknown": lambda: weighed(half),
        "plain Python": lambda: plain(facts),
        **{name: lambda side=side: side(facts) for name, side in others.items()},  # type: ignore[misc]  # bound early
    }
    found = race(sides)
    print(
        f"{len(rows)} rules, {scheme.RECORDS} records; how many times as long, median [quartiles]"
    )
    for name in others:
        _print(f"{name} against Steelyard", found[name], found["steelyard"])
    for name in others:
        _print(f"{name} against plain Python", found[name], found["plain Python"])
    _print("Steelyard against plain Python", found["steelyard"], found["plain Python"])
    _print(
        "half unknown against complete",
        found["steelyard, half of the case unknown"],
        found["steelyard"],
    )


def _print(what: str, one: list[float], other: list[float]) -> None:
    print(f"{what:36}{ratio(one, other)}")


if __name__ == "__main__":
    main()
