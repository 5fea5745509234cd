"""What each of the scoring forms earns, read by itself and not by its lowering.

Whatever is earned counts points of the rule's own full mark, in exact fractions, given that the
rule applies.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import NamedTuple, cast

from steelyard.book.model import Rule
from steelyard.expression.reference import Evaluation, Reading, half_away
from steelyard.expression.tree import Name, Node
from steelyard.expression.types import MOST, Choice, ranged
from steelyard.expression.values import UNKNOWN, Bounds, Truth
from steelyard.forms.banded import Band, Banded
from steelyard.forms.checklist import Checklist
from steelyard.forms.demerit import Demerit
from steelyard.forms.graded import Graded
from steelyard.forms.judged import Judged
from steelyard.forms.proportional import Proportional
from steelyard.forms.requires import Requires
from steelyard.forms.stage import Staged
from steelyard.judging.slow.cells import NEVER, PERHAPS, SURELY, places_of
from steelyard.judging.slow.known import Knowledge
from steelyard.judging.slow.mean import Share, asked, mean
from steelyard.judging.slow.nodes import NodeReading
from steelyard.judging.slow.terms import full_of
from steelyard.judging.slow.world import AtRecord, Whole, may_be_undefined

ZERO, ONE = Fraction(0), Fraction(1)


class Earned(NamedTuple):
    """What a form earns given that it applies, and whether it does.

    `undefined` says that something may be divided by zero on the way, and `known` then whether all
    that the form reads is known all the same.
    """

    low: Fraction
    high: Fraction
    applies: Truth = SURELY
    undefined: bool = False
    known: Callable[[], bool] = lambda: True


def earned(whole: Whole, rule: Rule) -> Earned:
    """Return what a rule's form earns."""
    full = full_of(whole.book, rule)
    match rule.form:
        case Checklist() as form:
            return _mean(full, _ticked(whole, rule, form))
        case Staged() as form:
            return _mean(full, _delivered(whole, rule, form))
        case Judged():
            return Earned(*whole.told.get(rule.id, Bounds(ZERO, full))[:2])
        case Demerit() as form:
            return _left(whole, rule, form, full)
    evaluation = NodeReading(whole)
    match rule.form:
        case Requires(condition=node):
            holds = evaluation.truth(node)
            found = Bounds(full * holds.must, full * holds.may)
        case Proportional(rate=node):
            found = _portion(evaluation.bounds(node), full)
        case Graded(fact=node, points=points):
            worth = {option: _points(whole, units) for option, units in points.items()}
            found = _graded(worth, evaluation.read(node), node)
        case Banded(value=node) as banded:
            worths = [ZERO, *(_points(whole, band.points) for band in banded.bands)]
            reach = _surely_reached if banded.confidence else _reached
            found = _over_bands(worths, reach(banded, evaluation))
        case _:
            return _foreign(whole, rule, full)
    return Earned(
        found.low, found.high, SURELY, evaluation.undefined, lambda: Knowledge(whole).of([node])
    )


def _points(whole: Whole, units: int) -> Fraction:
    return Fraction(units, 10**whole.book.decimals)


def _portion(rate: Bounds | None, full: Fraction) -> Bounds:
    if rate is None:
        return Bounds(ZERO, ZERO)
    low, high = (full * min(max(end, ZERO), ONE) for end in (rate.low, rate.high))
    return Bounds(ZERO if rate.none else low, high)


def _graded(worth: dict[str, Fraction], found: Reading, node: Node) -> Bounds:
    if found is None:
        return Bounds(ZERO, ZERO)
    options = cast("Choice", node.type).options
    if isinstance(found, Bounds):
        none = found.none
        met = [worth[one] for at, one in enumerate(options) if found.low <= at <= found.high]
    elif found is UNKNOWN:
        none, met = node.nullable, [worth[one] for one in options]
    else:
        none, met = False, [worth[str(found)]]
    return Bounds(ZERO if none else min(met), max(met))


class _Reach(NamedTuple):
    """The numbers of the bands that may be the one reached, 0 below all, and whether there may be
    no value at all.
    """

    places: Sequence[int]
    none: bool


def _over_bands(worths: list[Fraction], reach: _Reach | None) -> Bounds:
    """Return the least and the greatest points of any band that may be the one reached."""
    if reach is None:
        return Bounds(ZERO, ZERO)
    met = [worths[place] for place in reach.places]
    return Bounds(ZERO if reach.none else min(met), max(met))


def _reached(form: Banded, evaluation: Evaluation) -> _Reach | None:
    found = evaluation.bounds(form.value)
    if found is None:
        return None

    def count(value: Fraction) -> int:
        return sum(value > _edge(band) or (value == _edge(band) and not band.above)
                   for band in form.bands)  # fmt: skip

    return _Reach(range(count(found.low), count(found.high) + 1), found.none)


def _edge(band: Band) -> Fraction:
    return Fraction(band.threshold, 10**band.scale)


def _surely_reached(form: Banded, evaluation: Evaluation) -> _Reach | None:
    """Return the bands that a survey's sample leaves open: Wilson's interval, without its root."""
    node = cast("Name", form.value)
    value, counts = evaluation.read(node), evaluation.world.survey(node)
    if value is None:
        return None
    none = isinstance(value, Bounds) and value.none
    if counts is None or not counts[1]:
        evaluation.undefined = True
        return _Reach(range(len(form.bands) + 1), none)
    positive, people = counts
    places = []
    for place, band in reversed(list(enumerate(form.bands, 1))):
        edge = _edge(band)
        ahead = positive - people * edge
        noise = Fraction(form.confidence, 10**6) * people * edge * (1 - edge)
        clear = ahead * ahead >= noise
        over = ahead > 0 or (ahead == 0 and not band.above)
        if over or not clear:
            places.append(place)
        if over and clear:
            # The highest that is surely reached; what lies below does not count.
            break
    else:
        places.append(0)
    return _Reach(places, none)


def _mean(full: Fraction, parts: list[Share]) -> Earned:
    found = mean(parts)
    return Earned(full * found.low, full * found.high, asked(parts))


def _ticked(whole: Whole, rule: Rule, form: Checklist) -> list[Share]:
    parts = []
    for item in form.items:
        weight, tick = Fraction(item.weight), whole.facts[item.id]
        if rule.bonus and item.id not in whole.case.facts:
            tick = "no"
        if tick is UNKNOWN:
            parts.append(Share(ZERO, weight, weight, PERHAPS))
        elif tick != "na":
            gained = weight if tick == "yes" else ZERO
            parts.append(Share(gained, gained, weight, SURELY))
    return parts


def _delivered(whole: Whole, rule: Rule, form: Staged) -> list[Share]:
    """Return the deliverables of a stage; while its window is open only what is done is asked."""
    last = whole.due(form.stage)
    waits = last is not None and whole.today < last
    late = Fraction(form.late, 10**6)
    parts = []
    for one in whole.book.stages[form.stage].deliverables:
        day = whole.facts[one.id]
        if not isinstance(day, Bounds) or (rule.bonus and one.id not in whole.case.facts):
            done, low, high = NEVER, ZERO, ZERO
        else:
            done = Truth(day.high <= whole.today and not day.none, day.low <= whole.today)
            worth = [ONE if last is None or end <= last else late for end in (day.low, day.high)]
            low, high = worth[1] if done.must else ZERO, worth[0] if done.may else ZERO
        # What is done before its window closes is done in time.
        parts.append(Share(ONE, ONE, ONE, done) if waits else Share(low, high, ONE, SURELY))
    return parts


def _left(whole: Whole, rule: Rule, form: Demerit, full: Fraction) -> Earned:
    """Return what is left of the points after what every matching record costs, down to 0."""
    register = whole.case.registers[form.register]
    if rule.bonus and not register.given:
        return Earned(ZERO, ZERO)
    closed = register.complete or rule.bonus
    least = most = ZERO
    undefined = not closed and any(
        may_be_undefined(whole.book, node, form.register) for node in (form.where, form.each)
    )
    for row in whole.rows[form.register]:
        evaluation = Evaluation(AtRecord(whole, row))
        counts = SURELY if form.where is None else evaluation.truth(form.where)
        each = evaluation.bounds(form.each) if counts.may else None
        undefined = undefined or evaluation.undefined
        if each is not None:
            places = places_of(form.each.type)
            most += half_away(each.high, places)
            if counts.must and not each.none:
                least += half_away(each.low, places)
    if not closed:
        span = ranged(form.each.type)
        dearest = ZERO if span is None else Fraction(span.high, 10 ** places_of(form.each.type))
        most += dearest * MOST
    return Earned(
        max(ZERO, full - most),
        max(ZERO, full - least),
        SURELY,
        undefined,
        lambda: _all_known(whole, form, closed=closed),
    )


def _all_known(whole: Whole, form: Demerit, *, closed: bool) -> bool:
    nodes = [node for node in (form.where, form.each) if node is not None]
    return closed and Knowledge(whole).of_records(
        [(SURELY, AtRecord(whole, row)) for row in whole.rows[form.register]], form.where, nodes
    )


def _foreign(whole: Whole, rule: Rule, full: Fraction) -> Earned:
    """Return what a form that a plugin brings earns: as it says itself, else by its tree."""
    trees = rule.lowered
    evaluation = NodeReading(whole)
    said = rule.form.slowly(evaluation.read, full)
    found = said if said is not None else evaluation.bounds(trees.points)
    applies = SURELY if trees.applies is None else NodeReading(whole).truth(trees.applies)
    low, high = (ZERO, ZERO) if found is None else (found.low, found.high)
    return Earned(low, high, applies, evaluation.undefined,
                  lambda: Knowledge(whole).of([trees.points]))  # fmt: skip
