"""How an assessment changed: what the rules, what the unit brought about; then part by part."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from steelyard.comparison.change import Change, Difference, Interval, Line
from steelyard.comparison.migration import Gap, Left
from steelyard.expression.types import divide, number_text
from steelyard.judging.assessment import Assessment
from steelyard.messages import Language
from steelyard.report.page import (
    Block,
    Column,
    Listing,
    Page,
    Paragraph,
    Row,
    Table,
    clean,
    in_line,
)
from steelyard.report.phrases import Phrases, interval

_MOST_NAMED = 12
_MOST_LINES = 20


def change_page(change: Change, language: Language) -> Page:
    """Return the page of a change."""
    case = (change.new or change.old).case
    title = in_line(case.subject_name or case.subject_id)
    blocks = _Writer(change, language).blocks()
    return Page.plain(language, "change", title, blocks, clean(str(case.unit)))


class _Writer(Phrases):
    """Writes one change."""

    def __init__(self, change: Change, language: Language) -> None:
        super().__init__(language)
        self.change = change
        self.split = change.new is not None

    def blocks(self) -> Iterator[Block]:
        """Yield the blocks of the page."""
        change, say = self.change, self.say
        yield self._readings()
        yield self._score()
        yield from self._parts("sections", say("By section"), change.sections, every=True)
        steps = [one for one in change.rest if any((one.total.low, one.total.high))]
        rules = sorted(change.rules, key=lambda one: -max(abs(one.total.low), abs(one.total.high)))
        yield from self._parts("rules", say("By rule, the greatest change first"), [*rules, *steps])
        yield from self._parts("dimensions", say("By dimension"), change.dimensions)
        yield from self._left(change.carried.left_out, say("Left out of the old case ({count}):"))
        new = change.carried_new
        if new is not None:
            yield from self._left(new.left_out, say("Left out of the new case ({count}):"))
        said = say("Asked for by the new book, and not told by the old case ({count}): {names}")
        yield from self._unknown(change.carried.unknown, said)
        if new is not None:
            said = say("Asked for by the new book, and not told by the new case ({count}): {names}")
            yield from self._unknown(new.unknown, said)
        yield from self._method()

    def _readings(self) -> Table:
        change, say = self.change, self.say
        columns = (
            Column(say("Case"), width=12, whole=True),
            Column(say("By the book"), width=34),
            Column(say("Figures as of"), width=14, whole=True),
            Column(say("Score"), "points", 20, whole=True),
            Column(say("Grade"), width=20),
        )
        read = (
            (change.old, change.old.case.as_of),
            (change.between, change.day),
            (change.new, change.day),
        )
        rows = (
            Row.of(
                one.case.period,
                one.book.key,
                day.isoformat(),
                f"{interval(one.text(one.scored.low), one.text(one.scored.high))}"
                f" / {one.text(one.book.points)}",
                self._graded(one),
            )
            for one, day in read
            if one is not None
        )
        return Table.plain("readings", "", columns, rows)

    def _graded(self, one: Assessment) -> str:
        low, high = (self.grade(one.book, place) for place in (one.standing.low, one.standing.high))
        if low == high:
            return low
        return self.say("{low} to {high}, not settled").format(low=low, high=high)

    def _score(self) -> Table:
        say, line = self.say, self.change.score
        columns = (
            Column(say("What changed the score"), width=30),
            Column(say("Low end"), "points", 15),
            Column(say("High end"), "points", 15),
            Column(say("True change"), "points", 20, whole=True),
            Column(say("So it went"), width=20, whole=True),
        )
        parts = [(say("the rules changed"), line.rules)]
        if line.unit is not None:
            parts += [(say("the unit changed"), line.unit), (say("in all"), line.total)]
        rows = (
            Row.of(
                name,
                _signed(part.low),
                _signed(part.high),
                "" if part.sampled is None else _ends(part.sampled, " … "),
                self._verdict(part),
            )
            for name, part in parts
        )
        return Table.plain("score", "", columns, rows)

    def _verdict(self, part: Difference) -> str:
        """Return whether a part went up or down, in words."""
        if part.sampled is not None and part.sampled.low == part.sampled.high == 0:
            return self.say("unchanged")
        words = {
            "up": self.say("up"),
            "down": self.say("down"),
            "not_distinguishable": self.say("not distinguishable"),
        }
        return words.get(part.verdict or "", "")

    def _parts(
        self, name: str, title: str, lines: Sequence[Line], *, every: bool = False
    ) -> Iterator[Block]:
        say = self.say
        shown = [one for one in lines if every or _moved(one)]
        if not shown:
            return
        columns = [
            Column(say("What"), width=34),
            *(
                Column(title, "points", 12, whole=True)
                for title in (
                    say("Before"),
                    say("After"),
                    say("Change"),
                    *((say("By the rules"), say("By the unit")) if self.split else ()),
                )
            ),
            Column(say("So it went"), width=14, whole=True),
        ]
        rows = (
            Row.of(
                self._named(one),
                self._asked(one.old),
                self._asked(one.new if self.split else one.between),
                *(
                    "" if part is None else _ends(part)
                    for part in ((one.total, one.rules, one.unit) if self.split else (one.total,))
                ),
                self._verdict(one.total),
            )
            for one in shown
        )
        yield Table.plain(name, title, columns, rows)._replace(most=_MOST_LINES)
        if len(lines) > len(shown):
            said = say("unchanged: {count} more").format(count=len(lines) - len(shown))
            yield Paragraph(said)

    def _named(self, line: Line) -> str:
        name = self.of(line.title)
        return f"{self.step(line.what)} ({name})" if line.what in _STEPS else name

    def _asked(self, value: Interval | None) -> str:
        if value is None:
            return self.say("not asked")
        return interval(f"{value.low:f}", f"{value.high:f}")

    def _left(self, left: Sequence[Left], heading: str) -> Iterator[Block]:
        if not left:
            return
        yield Paragraph(heading.format(count=len(left)))
        gone, unfit = [one for one in left if not one.asked], [one for one in left if one.asked]
        items = []
        if gone:
            said = self.say("not asked for by the new book ({count}): {names}")
            names = self._names([f"{self.of(one.title)} ({one.id})" for one in gone])
            items.append(said.format(count=len(gone), names=names))
        if unfit:
            said = self.say("do not fit the new book and are unknown there ({count}): {names}")
            names = self._names([f"{one.id} ({self.of(one.why)})" for one in unfit])
            items.append(said.format(count=len(unfit), names=names))
        yield Listing(tuple(items))

    def _unknown(self, gaps: Sequence[Gap], said: str) -> Iterator[Block]:
        new = [one for one in gaps if one.new]
        if new:
            names = self._names([f"{self.of(one.title)} ({one.id})" for one in new])
            yield Paragraph(said.format(count=len(new), names=names))
        if len(gaps) > len(new):
            still = self.say("Unknown before, and still ({count})")
            yield Paragraph(still.format(count=len(gaps) - len(new)))

    def _names(self, names: Sequence[str]) -> str:
        said = self.listed(names[:_MOST_NAMED])
        left = len(names) - _MOST_NAMED
        return said if left <= 0 else said + self.say(" and {count} more").format(count=left)

    def _method(self) -> Iterator[Block]:
        change, say = self.change, self.say
        said = say(
            "What the rules changed is the old case by the new book less the old case by "
            "the old book, the figures of {book} as of {day}."
        )
        yield Paragraph(said.format(book=change.between.book.key, day=change.day.isoformat()))
        later = self.listed(f"{self.of(title)} ({day})" for title, day in change.later_figures)
        if later:
            said = say("Figures that begin later are not used: {names}; --as-of gives another day.")
            yield Paragraph(said.format(names=later))
        names = self.listed(self._surveys())
        if names:
            said = say(
                "Surveys are read at both ends of their 95 % Wilson intervals, all at "
                "once, so a change within sampling error is not distinguishable: {names}"
            )
            yield Paragraph(said.format(names=names))

    def _surveys(self) -> Iterator[str]:
        change = self.change
        for side, samples in zip((change.old, change.new), change.samples, strict=True):
            if side is None:
                continue
            for one in samples:
                title = self.of(side.book.facts[one.fact].title)
                ends = "–".join(number_text(divide(end, 100, 0), 2) for end in (one.low, one.high))
                yield f"{title} {side.case.period} {one.positive}/{one.asked} ({ends}%)"


_STEPS = frozenset({"redistribution", "rounding", "clamp"})


def _moved(line: Line) -> bool:
    parts = [part for part in (line.total, line.rules, line.unit) if part is not None]
    bounds = [part.sampled for part in parts if part.sampled is not None]
    ends = [(one.low, one.high) for one in parts] + [(one.low, one.high) for one in bounds]
    return any(map(any, ends))


def _signed(points: Decimal) -> str:
    return f"{points:+f}" if points else f"{points:f}"


def _ends(part: Difference | Interval, between: str = " / ") -> str:
    ends = [_signed(end) for end in (part.low, part.high)]
    return ends[0] if part.low == part.high else between.join(ends)
