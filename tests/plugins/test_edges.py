"""Every book at its edges: grades, bands, thresholds, windows, what late and a breach cost.

What a case at an edge must come to is stated in tests/edges, book by book, as the schemes and our
defaults say it; the cases are made from the book's own expressions, which are walked, so that none
is left out. Both judges weigh each case, and must say the same of it step by step.
"""

from __future__ import annotations

import dataclasses
import datetime
import functools
from collections.abc import Callable, Iterator
from fractions import Fraction

import pytest
from core.agreement import same
from plugins.aiming import BeyondError, Draft, Goal, Solver, UnreachableError, both
from plugins.edge_cases import EVER, at_edge, comparisons, read, roots, sign, worths
from plugins.stated import Edge, Stated

from steelyard.book.library import Library
from steelyard.book.model import Consequence, Limiter, Rule, RuleBook
from steelyard.errors import SteelyardError
from steelyard.expression.tree import Compare, Literal, Name, Node
from steelyard.expression.types import Boolean, Number
from steelyard.forms.banded import Banded
from steelyard.forms.demerit import Demerit
from steelyard.forms.graded import Graded
from steelyard.forms.proportional import Proportional
from steelyard.forms.stage import Staged
from steelyard.judging.assessment import Assessment, weigh
from steelyard.judging.ladder import climbed
from steelyard.judging.slow.judge import judge_slowly
from steelyard.plugins.installed import load_plugins

YEAR = 2026
BOOKS = sorted({source.id for source in load_plugins(strict=True).sources})
MOST_UNREACHED = 18
"""How many edges and outcomes are left to the tables of cases, each printed by name.

Six ask two things of one day and two turn on the day of weighing; two lie after the period; eight lie
beyond what the facts can be, which this solver sees only by failing (a share above all, fewer looks
than are asked for).
"""
HUNDREDTH = Fraction(1, 100)
A_TO_C = {"A": Fraction(1), "B": Fraction(1, 2), "C": Fraction(0)}
"""What a level earns where a book states nothing else: all, half, nothing."""


class Bench:
    """One book, what is stated of it, and what could not be made."""

    def __init__(self, book: RuleBook) -> None:
        self.book = book
        self.stated = Stated(book.id)
        self.unreached: list[str] = []

    def weigh(self, draft: Draft) -> Assessment:
        """Weigh a case by both judges."""
        case = read(draft)
        found = weigh(self.book, case)
        same(found, judge_slowly(self.book, case))
        return found

    def made(self, where: str, make: Callable[[], Draft]) -> Draft | None:
        """Return a case, or note that it cannot be made."""
        try:
            draft = make()
            read(draft)
        except BeyondError:
            return None
        except (UnreachableError, SteelyardError) as error:
            why = error.faults[0].text(str) if isinstance(error, SteelyardError) else str(error)
            self.unreached.append(f"{self.book.id}: {where}: {why}")
            return None
        return draft

    def points(self, found: Assessment, rule: Rule) -> tuple[str, Fraction, Fraction]:
        """Return a rule's outcome and its printed points."""
        one = next(one for one in found.verdicts if one.rule == rule.id)
        unit = 10**self.book.decimals
        return one.outcome, Fraction(one.low, unit), Fraction(one.high, unit)


@pytest.fixture(scope="module")
def benches(library: Library) -> Callable[[str], Bench]:
    """Return each book with what is stated of it, read once."""
    return functools.cache(lambda name: Bench(library.find(name)))


@pytest.fixture(params=BOOKS)
def bench(request: pytest.FixtureRequest, benches: Callable[[str], Bench]) -> Bench:
    """Return one installed book."""
    return benches(request.param)


def test_a_book_has_the_figures_that_are_stated(bench: Bench) -> None:
    book, stated = bench.book, bench.stated
    unit = 10**book.decimals
    assert stated.parameters == {
        one.id: Fraction(one.values[-1][1], 10**one.scale) for one in book.parameters.values()
    }
    assert all(len(one.values) == 1 for one in book.parameters.values())
    assert stated.stages == {one.id: one.months for one in book.stages.values()}
    staged = {one.id: one.form for one in book.rules.values() if isinstance(one.form, Staged)}
    assert stated.late == {name: Fraction(form.late, 10**6) for name, form in staged.items()}
    assert stated.grades == [(one.id, Fraction(one.at_least or 0, unit)) for one in book.grades]


def test_every_comparison_turns_at_its_edge(bench: Bench) -> None:
    solver = Solver(Draft(bench.book))
    found = {
        where: (root, comparisons(solver, root), owner) for where, root, owner in roots(bench.book)
    }
    assert {where: len(some) for where, (_, some, _) in found.items() if some} == {
        where: len(some) for where, some in bench.stated.edges.items()
    }
    wrong: list[object] = []
    for where, edges in bench.stated.edges.items():
        root, some, owner = found[where]
        for compare, edge in zip(some, edges, strict=True):
            wrong += _turns(bench, f"{where}, {edge.op} {edge.name}", (root, compare, owner), edge)
    assert not wrong, (bench.book.id, wrong)


def _turns(
    bench: Bench, where: str, at: tuple[Node, Compare, Rule | Limiter | Consequence], edge: Edge
) -> list[object]:
    """Return what goes against this: a root changes exactly where its comparison does."""
    root, compare, owner = at
    gains = sign(Solver(Draft(bench.book)), root, compare)
    seen: list[tuple[bool, object]] = []
    for side, holds in _sides(bench, edge):
        goal = Goal(compare, side, edge.value if not edge.z_squared else None)
        if edge.z_squared:
            draft = bench.made(where, lambda: _surveyed(bench, compare, edge, side))  # noqa: B023
        else:
            draft = bench.made(
                f"{where} at {side:+}",
                lambda: at_edge(bench.book, root, goal, owner),  # noqa: B023
            )
        if draft is not None:
            seen.append((holds, _said(bench, bench.weigh(draft), owner, where)))
    for holds, said in seen:
        for other, also in seen:
            if (holds == other) != (said == also):
                return [(where, seen)]
    if gains and isinstance(seen[0][1] if seen else None, Fraction | bool):
        for holds, said in seen:
            for other, also in seen:
                if holds and not other and (said > also) != (gains > 0):  # type: ignore[operator]
                    return [(where, seen)]
    return []


def _sides(bench: Bench, edge: Edge) -> Iterator[tuple[int, bool]]:
    if edge.z_squared:
        yield from ((-1, False), (1, True))
    else:
        yield from ((side, edge.holds(side)) for side in (-1, 0, 1))


def _said(
    bench: Bench, found: Assessment, owner: Rule | Limiter | Consequence, where: str
) -> object:
    match owner:
        case Rule():
            outcome, low, high = bench.points(found, owner)
            if "not applicable" in where:
                return outcome == "not_applicable"
            if low != high:
                return (outcome, low, high)
            return -low if isinstance(owner.form, Demerit) else low
        case Limiter():
            return found.scored.ends(f"limiter:{owner.id}") == (1, 1)
        case Consequence():
            place = owner.number - 1
            return any(one.row == place and one.certain for one in found.consequences)


def _surveyed(bench: Bench, compare: Compare, edge: Edge, side: int) -> Draft:
    """Return a survey of 400 that is just surely enough, or one answer short of it.

    With t the threshold, n asked and d = positive - n t, it is enough iff d is at least 0 and
    d squared at least z squared times n t (1 - t): Wilson's interval.
    """
    asked = 400
    assert isinstance(compare.left, Name)
    assert edge.value is not None
    assert edge.z_squared is not None
    variance = edge.z_squared * asked * edge.value * (1 - edge.value)
    least = next(
        positive for positive in range(asked + 1)
        if (off := positive - asked * edge.value) >= 0 and off * off >= variance
    )  # fmt: skip
    draft = Draft(bench.book)
    positive = least if side > 0 else least - 1
    draft.put(compare.left.name, {"positive": positive, "asked": asked})
    return draft


def test_every_confident_threshold_is_open_between_its_ends(bench: Bench) -> None:
    solver = Solver(Draft(bench.book))
    for where, root, owner in roots(bench.book):
        for compare in comparisons(solver, root):
            if compare.confidence:
                edge = bench.stated.edges[where][0]
                assert isinstance(owner, Rule)
                enough = _surveyed(bench, compare, edge, 1)
                short = _surveyed(bench, compare, edge, -1)
                poor = Draft(bench.book)
                poor.put(compare.left.name, {"positive": 0, "asked": 400})  # type: ignore[attr-defined]
                said = [bench.points(bench.weigh(one), owner)[0] for one in (enough, short, poor)]
                assert said == ["pass", "unknown", "fail"], (bench.book.id, where)
            else:
                named = bench.stated.edges[where]
                assert not all(one.z_squared for one in named)


def test_every_band_begins_at_its_edge(bench: Bench) -> None:
    book = bench.book
    banded = {one.id: one for one in book.rules.values() if isinstance(one.form, Banded)}
    assert set(banded) == set(bench.stated.bands)
    wrong = []
    for name, bands in bench.stated.bands.items():
        rule = banded[name]
        assert isinstance(rule.form, Banded)
        for edge, _ in bands:
            assert edge.value is not None
            scaled = edge.value * 10**6
            node = Literal(type=Number(6, int(scaled), int(scaled)), value=int(scaled))
            compare = Compare(type=Boolean(), op=edge.op, left=rule.form.value, right=node)  # type: ignore[arg-type]
            for side in (-1, 0, 1):
                goal = Goal(compare, side, edge.value)
                where = f"{name}, band {edge.op} {edge.name} at {side:+}"
                if edge.z_squared:
                    wrong += _surely(bench, rule, compare, bands, edge) if side == 1 else []
                    continue
                draft = bench.made(where, lambda goal=goal: at_edge(book, goal.compare, goal, rule))  # type: ignore[misc]  # noqa: B023
                if draft is not None and draft.met is not None:
                    wanted = _of_bands(bands, draft.met) * _scale(rule)
                    wanted = _printed(wanted, book)
                    outcome, low, high = bench.points(bench.weigh(draft), rule)
                    if (low, high) != (wanted, wanted):
                        wrong.append((where, outcome, str(low), str(wanted), draft.document()))
    assert not wrong, (book.id, wrong)


def _of_bands(bands: list[tuple[Edge, Fraction]], value: Fraction) -> Fraction:
    """Return the points of the highest band that a value reaches; bands stand lowest first."""
    reached = Fraction(0)
    for edge, points in bands:
        assert edge.value is not None
        if edge.holds((value > edge.value) - (value < edge.value)):
            reached = points
    return reached


def _scale(rule: Rule) -> Fraction:
    """Return what a point of a form's own scale is worth: one, but in a section by weight."""
    return Fraction(rule.points, rule.full)


def _surely(
    bench: Bench, rule: Rule, compare: Compare, bands: list[tuple[Edge, Fraction]], edge: Edge
) -> list[object]:
    """Return what goes against this: a band is surely reached by as many answers as it takes."""
    points = _printed(dict(bands)[edge] * _scale(rule), bench.book)
    if not edge.value:
        return []
    enough = bench.points(bench.weigh(_surveyed(bench, compare, edge, 1)), rule)[1]
    short = bench.points(bench.weigh(_surveyed(bench, compare, edge, -1)), rule)[1]
    return [] if short < points <= enough else [(rule.id, edge, short, enough)]


def test_every_grade_begins_at_its_cut_off(bench: Bench) -> None:
    grades = bench.stated.grades
    for place, (name, cut) in enumerate(grades[:-1]):
        for step in (Fraction(-1, 100), Fraction(0), Fraction(1, 100)):
            try:
                draft = _scored(bench, cut + step)
            except UnreachableError:
                # Records alone make no such fine share: a whole point is the nearest.
                step *= 100  # noqa: PLW2901
                draft = _scored(bench, cut + step)
            found = bench.weigh(draft)
            wanted = name if step >= 0 else grades[place + 1][0]
            assert Fraction(found.low) == Fraction(found.high) == cut + step
            ends = found.grade_id(found.standing.low), found.grade_id(found.standing.high)
            assert ends == (wanted, wanted), (bench.book.id, float(cut + step))
            _climbs(bench, found, wanted)


def _climbs(bench: Bench, found: Assessment, grade: str) -> None:
    """Hold that the rungs that ask for a grade are met from it on."""
    order = [name for name, _ in bench.stated.grades]
    met = {one.rung.id: one.met for one in climbed(found)}
    for rung, asked in bench.stated.rungs.items():
        sign_, _, wanted = asked.partition(" ")
        if sign_ == ">=" and order.index(grade) > order.index(wanted):
            assert met[rung] == "no", (bench.book.id, rung, grade)
        elif sign_ == ">=":
            assert met[rung] != "no", (bench.book.id, rung, grade)


def _scored(bench: Bench, score: Fraction) -> Draft:
    """Return a case of exactly a score: all rules are waived but one, which earns that share."""
    book = bench.book
    reason: Exception = UnreachableError("no rule earns any share")
    for rule in book.rules.values():
        if rule.bonus or not isinstance(rule.form, Proportional):
            continue
        draft = Draft(book)
        solver = Solver(draft)
        try:
            if rule.not_applicable is not None:
                solver.hold(rule.not_applicable, False)
            solver.reach(rule.form.rate, score / 100)
            for limiter in book.limiters:
                if limiter.when is not None:
                    solver.hold(limiter.when, False)
            draft.waivers = [
                {"rule": other, "authority": "a", "reason": "b", "until": EVER}
                for other in book.rules
                if other != rule.id
            ]
            if Fraction(weigh(book, read(draft)).low) == score:
                return draft
        except (UnreachableError, SteelyardError) as error:
            reason = error
    raise UnreachableError(str(reason))


def test_every_stage_ends_on_its_last_day(bench: Bench) -> None:
    book, year = bench.book, YEAR
    for rule in book.rules.values():
        if not isinstance(rule.form, Staged):
            continue
        due = bench.stated.due(rule.form.stage, year)
        last = datetime.date(year, 12, 31)
        days = [(due or last, Fraction(1))]
        if due is not None and due < last:
            days.append((due + datetime.timedelta(days=1), bench.stated.late[rule.id]))
        for day, share in days:
            draft = Draft(book)
            if rule.not_applicable is not None:
                Solver(draft).hold(rule.not_applicable, False)
            for one in book.stages[rule.form.stage].deliverables:
                draft.put(one.id, day.isoformat())
            _, low, high = bench.points(bench.weigh(draft), rule)
            full = Fraction(rule.points, 10**book.decimals)
            assert low == high == _printed(full * share, book), (book.id, rule.id, day)


def test_every_rule_is_worth_what_is_stated(
    bench: Bench, steelyard_exercised: Callable[[Assessment], None]
) -> None:
    book = bench.book
    drafts: list[tuple[Rule, str, Fraction | None, Draft]] = []
    wrong = []
    for rule in book.rules.values():
        graded = _levels(bench, rule)
        for name, make, earns in worths(book, rule, bench.stated.each.get(rule.id), graded):
            where = f"{rule.id}, {name}"
            if name == "half":
                # No edge: tried where it can be had.
                draft = Bench(book).made(where, lambda: _aimed(book, rule, make))  # noqa: B023
            else:
                draft = bench.made(where, lambda: _aimed(book, rule, make))  # noqa: B023
            if draft is not None:
                drafts.append((rule, where, earns, draft))
        if not rule.bonus:
            own = [draft for one, _, _, draft in drafts if one is rule]
            opened = next((one for one in _opened(own) if _is_open(bench, rule, one)), None)
            if own and opened is None:
                bench.unreached.append(
                    f"{book.id}: {rule.id}, open: nothing left out leaves it open"
                )
            elif opened is not None:
                drafts.append((rule, f"{rule.id}, open", None, opened))
    for some in _together(drafts):
        whole = Draft(book)
        for _, _, _, draft in some:
            whole.facts |= draft.facts
            whole.records |= draft.records
            whole.parties += draft.parties
            whole.open |= draft.open
        found = bench.weigh(whole)
        steelyard_exercised(found)
        for rule, where, share, _ in some:
            outcome, low, high = bench.points(found, rule)
            full = Fraction(rule.points, 10**book.decimals)
            if share is None:
                expected: tuple[object, ...] = ("unknown", low, high)
            else:
                wanted = _printed(full * share, book)
                if rule.weight and low == high and abs(low - wanted) <= HUNDREDTH:
                    # In a section by weight a rule's own points are rounded for the eye alone.
                    wanted = low
                word: object = {0: "fail", 1: "pass"}.get(share, outcome) if full else outcome  # type: ignore[call-overload]
                expected = (word, wanted, wanted)
            if (outcome, low, high) != expected:
                wrong.append((where, outcome, str(low), str(high)))
    assert not wrong, (book.id, wrong)


def _aimed(book: RuleBook, rule: Rule, make: Callable[[Solver], None]) -> Draft:
    draft = Draft(book)
    solver = Solver(draft)
    out = rule.not_applicable
    if out is None:
        make(solver)
    else:
        solver.attempt(
            lambda: both(lambda: solver.hold(out, False), lambda: make(solver)),
            lambda: both(lambda: make(solver), lambda: solver.hold(out, False)),
        )
    return draft


def _levels(bench: Bench, rule: Rule) -> dict[str, Fraction]:
    if not isinstance(rule.form, Graded):
        return {}
    return dict(bench.stated.graded.get(rule.id, A_TO_C))


def _opened(drafts: list[Draft]) -> Iterator[Draft]:
    """Yield each with one thing left out: a fact, the end of its registers, a cell of a record."""
    for draft in drafts:
        for name in reversed(draft.facts):
            facts = {other: value for other, value in draft.facts.items() if other != name}
            yield dataclasses.replace(draft, facts=facts, withheld={name})
        if draft.records:
            yield dataclasses.replace(draft, open=set(draft.records))
        for register, rows in draft.records.items():
            for cell in list(rows[-1])[2:] if rows else ():
                last = {key: value for key, value in rows[-1].items() if key != cell}
                records = {**draft.records, register: [*rows[:-1], last]}
                yield dataclasses.replace(draft, records=records)


def _is_open(bench: Bench, rule: Rule, draft: Draft) -> bool:
    try:
        found = weigh(bench.book, read(draft))
    except SteelyardError:
        return False
    return bench.points(found, rule)[0] == "unknown"


def _together(
    drafts: list[tuple[Rule, str, Fraction | None, Draft]],
) -> Iterator[list[tuple[Rule, str, Fraction | None, Draft]]]:
    """Yield the cases put together that speak of nothing in common."""
    bins: list[tuple[set[str], list[tuple[Rule, str, Fraction | None, Draft]]]] = []
    for one in drafts:
        rule, _, _, draft = one
        names = draft.names() | {f"rule {rule.id}"} | ({"parties"} if draft.parties else set())
        for taken, some in bins:
            if taken.isdisjoint(names):
                taken.update(names)
                some.append(one)
                break
        else:
            bins.append((names, [one]))
    yield from (some for _, some in bins)


def _printed(points: Fraction, book: RuleBook) -> Fraction:
    whole, rest = divmod(points * 10**book.decimals, 1)
    return Fraction(whole + (2 * rest >= 1), 10**book.decimals)


def test_few_edges_cannot_be_reached(benches: Callable[[str], Bench]) -> None:
    lines = sorted({line for name in BOOKS for line in benches(name).unreached})
    print("\n".join(lines))
    assert len(lines) <= MOST_UNREACHED, "\n".join(lines)
