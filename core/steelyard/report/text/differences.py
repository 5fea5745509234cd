"""The terminal's report of differences: what changed between two books, and between two assessments
of a unit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text

from steelyard.book.difference.difference import Diff
from steelyard.book.model import RuleBook
from steelyard.comparison.change import Change, Difference, Interval, Line
from steelyard.comparison.migration import Gap, Left
from steelyard.expression.types import divide, number_text
from steelyard.judging.assessment import Assessment
from steelyard.messages import Language, Title, translator
from steelyard.report.text.terminal import Terminal

_MOST_NAMED = 12
_MOST_LINES = 20


class Differences:
    """Prints differences in one language."""

    def __init__(self, language: Language) -> None:
        """Take the language; the console is the one of all reports on the terminal."""
        self.language: Language = language
        self.say = translator(language)
        self.console = Terminal(language).console

    def of(self, title: Title) -> str:
        """Return a title in the reader's language."""
        return title.of(self.language)

    def diff(self, diff: Diff) -> None:
        """Print what changed from one book to another, group by group with counts."""
        old, new = diff.old, diff.new
        self.console.print(
            Text(f"{self.of(old.title)} {old.key} → {self.of(new.title)} {new.key}", style="bold")
        )
        if not diff.changes:
            alike = diff.written_alike
            self.console.print(
                self.say("nothing has changed")
                if alike
                else self.say("nothing has changed but remarks, or how it is written")
            )
            return
        self.console.print(self.say("changes: {count}").format(count=len(diff.changes)))
        for title, changes in diff.grouped():
            self.console.print()
            self.console.print(Text(f"{self.of(title)} ({len(changes)})", style="bold"))
            self._bullets(self.of(one.words) for one in changes)

    def change(self, change: Change) -> None:
        """Print how an assessment changed: what the rules, what the unit brought about; then part
        by part.
        """
        case = (change.new or change.old).case
        self.console.print(
            Text(f"{case.subject_name or case.subject_id}  {case.subject_id}", style="bold")
        )
        self.console.print(self._readings(change))
        self.console.print(self._score(change))
        self._parts(change, self.say("By section"), change.sections, every=True)
        steps = [one for one in change.rest if any((one.total.low, one.total.high))]
        self._parts(
            change,
            self.say("By rule, the greatest change first"),
            [*_greatest(change.rules), *steps],
            every=False,
        )
        self._parts(change, self.say("By dimension"), change.dimensions, every=False)
        self._left(change.carried.left_out, self.say("Left out of the old case ({count}):"))
        if change.carried_new is not None:
            self._left(change.carried_new.left_out, self.say("Left out of the new case ({count}):"))
        self._unknown(
            change.carried.unknown,
            self.say("Asked for by the new book, and not told by the old case ({count}): {names}"),
        )
        if change.carried_new is not None:
            self._unknown(
                change.carried_new.unknown,
                self.say(
                    "Asked for by the new book, and not told by the new case ({count}): {names}"
                ),
            )
        self._method(change)

    def _table(self, *columns: tuple[str, dict[str, Any]], title: str = "") -> Table:
        table = Table(
            box=box.SIMPLE_HEAD,
            title=title or None,
            title_justify="left",
            title_style="bold",
            pad_edge=False,
        )
        for name, options in columns:
            table.add_column(name, **options)
        return table

    def _listed(self, words: Iterable[str]) -> str:
        return ("、" if self.language == "zh" else ", ").join(words)

    def _grade(self, book: RuleBook, place: int) -> str:
        return self.say("vetoed") if place < 0 else self.of(book.grades[-1 - place].title)

    def _bullets(self, lines: Iterable[str]) -> None:
        grid = Table.grid(padding=(0, 1))
        grid.add_column(no_wrap=True)
        grid.add_column(overflow="fold")
        for line in lines:
            grid.add_row("  -", Text(line))
        self.console.print(grid)

    def _readings(self, change: Change) -> Table:
        table = self._table(
            (self.say("case"), {"no_wrap": True}),
            (self.say("by the book"), {"overflow": "fold"}),
            (self.say("figures as of"), {"no_wrap": True}),
            (self.say("score"), {"justify": "right", "no_wrap": True}),
            (self.say("grade"), {"overflow": "fold"}),
        )
        for one, day in (
            (change.old, change.old.case.as_of),
            (change.between, change.day),
            (change.new, change.day),
        ):
            if one is not None:
                score = _span(Interval(one.low, one.high)) + f" / {one.text(one.book.points)}"
                table.add_row(
                    one.case.period, one.book.key, day.isoformat(), score, self._graded(one)
                )
        return table

    def _graded(self, one: Assessment) -> str:
        low, high = (
            self._grade(one.book, place) for place in (one.standing.low, one.standing.high)
        )
        return (
            low
            if low == high
            else self.say("{low} to {high}, not settled").format(low=low, high=high)
        )

    def _score(self, change: Change) -> Table:
        table = self._table(
            (self.say("what changed the score"), {"overflow": "fold"}),
            (self.say("low end"), {"justify": "right"}),
            (self.say("high end"), {"justify": "right"}),
            (self.say("true change"), {"justify": "right", "no_wrap": True}),
            (self.say("so it went"), {"no_wrap": True}),
        )
        line = change.score
        rows = [(self.say("the rules changed"), line.rules)]
        if line.unit is not None:
            rows += [(self.say("the unit changed"), line.unit), (self.say("in all"), line.total)]
        for name, part in rows:
            table.add_row(
                name,
                _signed(part.low),
                _signed(part.high),
                _between(part.sampled),
                self.verdict(part),
            )
        return table

    def verdict(self, part: Difference) -> str:
        """Return whether a part went up or down, in words."""
        if part.sampled is not None and part.sampled.low == part.sampled.high == 0:
            return self.say("unchanged")
        words = {
            "up": self.say("up"),
            "down": self.say("down"),
            "not_distinguishable": self.say("not distinguishable"),
        }
        return words.get(part.verdict or "", "")

    def _parts(self, change: Change, title: str, lines: Sequence[Line], *, every: bool) -> None:
        shown = [one for one in lines if every or _moved(one)]
        if not shown:
            return
        split = change.new is not None
        columns = [
            (self.say("what"), {"overflow": "fold", "ratio": 4}),
            (self.say("before"), {"justify": "right", "no_wrap": True}),
            (self.say("after"), {"justify": "right", "no_wrap": True}),
            (self.say("change"), {"justify": "right", "no_wrap": True}),
        ]
        if split:
            columns += [
                (self.say("by the rules"), {"justify": "right", "no_wrap": True}),
                (self.say("by the unit"), {"justify": "right", "no_wrap": True}),
            ]
        columns.append((self.say("so it went"), {"no_wrap": True}))
        table = self._table(*columns, title=title)
        for one in shown[:_MOST_LINES]:
            after = one.new if split else one.between
            cells = [self._named(one), self._asked(one.old), self._asked(after), _ends(one.total)]
            if split and one.unit is not None:
                cells += [_ends(one.rules), _ends(one.unit)]
            table.add_row(*cells, self.verdict(one.total))
        self.console.print(table)
        if len(shown) > _MOST_LINES:
            self.console.print(
                self.say("… and {count} more").format(count=len(shown) - _MOST_LINES)
            )
        still = len(lines) - len(shown)
        if still:
            self.console.print(self.say("unchanged: {count} more").format(count=still))

    def _named(self, line: Line) -> str:
        steps = {
            "redistribution": self.say("share of what does not apply"),
            "clamp": self.say("held at full points"),
        }
        name = self.of(line.title)
        return f"{steps[line.what]} ({name})" if line.what in steps else name

    def _asked(self, value: Interval | None) -> str:
        return self.say("not asked") if value is None else _span(value)

    def _left(self, left: Sequence[Left], heading: str) -> None:
        if not left:
            return
        self.console.print(heading.format(count=len(left)))
        gone, unfit = [one for one in left if not one.asked], [one for one in left if one.asked]
        if gone:
            said = self.say("not asked for by the new book ({count}): {names}")
            self._bullets(
                [
                    said.format(
                        count=len(gone),
                        names=self._names(gone, lambda one: f"{self.of(one.title)} ({one.id})"),
                    )
                ]
            )
        if unfit:
            said = self.say("do not fit the new book and are unknown there ({count}): {names}")
            self._bullets(
                [
                    said.format(
                        count=len(unfit),
                        names=self._names(unfit, lambda one: f"{one.id} ({self.of(one.why)})"),
                    )
                ]
            )

    def _unknown(self, gaps: Sequence[Gap], said: str) -> None:
        new = [one for one in gaps if one.new]
        if new:
            self.console.print(
                said.format(
                    count=len(new),
                    names=self._names(new, lambda one: f"{self.of(one.title)} ({one.id})"),
                )
            )
        if len(gaps) > len(new):
            self.console.print(
                self.say("Unknown before, and still ({count})").format(count=len(gaps) - len(new))
            )

    def _names(self, things: Sequence[Left] | Sequence[Gap], name: Callable[..., str]) -> str:
        said = self._listed([name(one) for one in things[:_MOST_NAMED]])
        return (
            said
            if len(things) <= _MOST_NAMED
            else said + self.say(" and {count} more").format(count=len(things) - _MOST_NAMED)
        )

    def _method(self, change: Change) -> None:
        self.console.print(
            self.say(
                "What the rules changed is the old case by the new book less the old case by the old book, the figures of {book} as of {day}."
            ).format(book=change.between.book.key, day=change.day.isoformat())
        )
        later = self._listed([f"{self.of(title)} ({day})" for title, day in change.later_figures])
        if later:
            self.console.print(
                self.say(
                    "Figures that begin later are not used: {names}; --as-of gives another day."
                ).format(names=later)
            )
        surveys = [
            (side, sample, book)
            for side, samples, book in (
                (change.old, change.samples[0], change.old.book),
                (change.new, change.samples[1], (change.new or change.old).book),
            )
            for sample in samples
            if side is not None
        ]
        if surveys:
            said = self.say(
                "Surveys are read at both ends of their 95 % Wilson intervals, all at once, so a change within sampling error is not distinguishable: {names}"
            )
            names = [
                f"{self.of(book.facts[one.fact].title)} {side.case.period} {one.positive}/{one.asked} ({_percent(one.low)}–{_percent(one.high)}%)"
                for side, one, book in surveys
                if side is not None
            ]
            self.console.print(said.format(names=self._listed(names)))


def _moved(line: Line) -> bool:
    parts = [part for part in (line.total, line.rules, line.unit) if part is not None]
    bounds = [part.sampled for part in parts if part.sampled is not None]
    return any(part.low or part.high for part in parts) or any(
        one.low or one.high for one in bounds
    )


def _greatest(lines: Sequence[Line]) -> list[Line]:
    return sorted(lines, key=lambda one: -max(abs(one.total.low), abs(one.total.high)))


def _signed(points: Decimal) -> str:
    return f"{points:+f}" if points else f"{points:f}"


def _ends(part: Difference) -> str:
    return (
        _signed(part.low)
        if part.low == part.high
        else f"{_signed(part.low)} / {_signed(part.high)}"
    )


def _between(bounds: Interval | None) -> str:
    if bounds is None:
        return ""
    return (
        _signed(bounds.low)
        if bounds.low == bounds.high
        else f"{_signed(bounds.low)} … {_signed(bounds.high)}"
    )


def _percent(millionths: int) -> str:
    return number_text(divide(millionths, 100, 0), 2)


def _span(value: Interval) -> str:
    return f"{value.low:f}" if value.low == value.high else f"{value.low:f} – {value.high:f}"
