"""Grades as a book writes them: what each demands, the best first, and the last nothing."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING

from steelyard.book.model import Grade, Parameter
from steelyard.book.reading.vocabulary import Vocabulary
from steelyard.errors import nearest
from steelyard.expression.tree import Node
from steelyard.expression.types import number_text, rescale
from steelyard.folding import folded
from steelyard.forms.phrases import titled as title_of

if TYPE_CHECKING:
    from steelyard.book.document import GradeEntry

_NUMBER = re.compile(r"[-+]?[0-9]+(\.[0-9]+)?")
_WORD = re.compile(r"[^\W\d]\w*")


class Grades:
    """Reads the grades of one book; faults go to the vocabulary's list."""

    def __init__(
        self,
        words: Vocabulary,
        points: int,
        units: Callable[[Decimal, str], int],
        condition: Callable[[str | None, str], Node | None],
    ) -> None:
        """Take the book's names and points, what reads points (a figure and its place), and what
        reads a condition where a limiter stands.
        """
        self.words = words
        self.points = points
        self.units = units
        self.condition = condition
        self.decimals = words.entry.decimals

    def read(self, entries: Sequence[GradeEntry]) -> tuple[Grade, ...]:
        """Return the grades, best first.

        Where any says `needs`, their order is the book's own; else their cut-offs say it.
        """
        grades: dict[str, Grade] = {}
        for entry in entries:
            place = self.words.place("grades", entry.id)
            if entry.id in grades or entry.id == "vetoed":
                self.words.add(place, "`{id}` stands twice", id=entry.id)
            grades[entry.id] = self._grade(entry, place)
        listed = list(grades.values())
        days = self._days(listed)
        if not any(entry.needs is not None for entry in entries):
            listed.sort(key=lambda one: -self._figure(one, days[0]))
        if not self.words.faults:
            self._last(listed)
        if not self.words.faults:
            for day in days:
                self._falling(listed, day)
        return tuple(listed)

    def _grade(self, entry: GradeEntry, place: str) -> Grade:
        text = folded(entry.at_least or "").strip()
        at_least, parameter = None, ""
        if _NUMBER.fullmatch(text):
            at_least = self.units(Decimal(text), place)
        elif text in self.words.parameters:
            parameter = text
            self._points_of(self.words.parameters[text], f"{place}.at_least")
        elif _WORD.fullmatch(text):
            known = self.words.parameters
            self.words.add(
                f"{place}.at_least", "unknown parameter `{id}`", nearest(text, known), id=text
            )
        elif entry.at_least is not None:
            self.words.add(
                f"{place}.at_least",
                "`{text}` is neither a figure nor the name of a parameter",
                text=entry.at_least,
            )
        return Grade(
            id=entry.id,
            title=title_of(entry.title, entry.id),
            at_least=at_least,
            parameter=parameter,
            needs=self.condition(entry.needs, f"{place}.needs"),
        )

    def _points_of(self, parameter: Parameter, place: str) -> None:
        """Note a figure of a parameter that cannot be points of this book."""
        for _, value in parameter.values:
            self.units(Decimal(number_text(value, parameter.scale)), place)

    def _days(self, grades: Sequence[Grade]) -> list[int]:
        """Return the days on which a cut-off changes, from the first on which all have a figure."""
        known = self.words.parameters
        used: list[Mapping[int, int]] = [
            dict(known[one.parameter].values) for one in grades if one.parameter
        ]
        first = max((min(values) for values in used), default=1)
        return sorted({first, *(day for values in used for day in values if day > first)})

    def _figure(self, grade: Grade, day: int) -> int:
        """Return the score that a grade demands on a day, in units; 0 where it demands none."""
        if not grade.parameter:
            return grade.at_least or 0
        parameter = self.words.parameters[grade.parameter]
        held = [units for start, units in parameter.values if start <= day]
        return rescale(held[-1], parameter.scale, self.decimals)

    def _last(self, grades: Sequence[Grade]) -> None:
        """Check that the last grade demands nothing, and none before it."""
        last = grades[-1]
        where = self.words.place("grades")
        if last.needs is not None or last.parameter:
            self.words.add(
                where, "the lowest grade must demand nothing, so that every case has one"
            )
        elif last.at_least:
            self.words.add(where, "the lowest grade must begin at 0, so that every score has one")
        for one in grades[:-1]:
            if one.at_least is None and not one.parameter and one.needs is None:
                self.words.add(
                    self.words.place("grades", one.id),
                    "demands nothing, as only the lowest grade may",
                )

    def _falling(self, grades: Sequence[Grade], day: int) -> None:
        """Check that the cut-offs lie within the book's points and fall strictly."""
        asked = [one for one in grades if self._says_score(one) or one is grades[-1]]
        since = datetime.date.fromordinal(day).isoformat() if day > 1 else ""
        if self._figure(asked[0], day) > self.points:
            self.words.add(
                self.words.place("grades", asked[0].id), "begins above the book's points"
            )
        for better, one in pairwise(asked):
            figure, above = self._figure(one, day), self._figure(better, day)
            text = number_text(figure, self.decimals)
            place = self.words.place("grades", one.id)
            if figure == above and since:
                message = "from {day} on, two grades begin at {points}"
                self.words.add(place, message, day=since, points=text)
            elif figure == above:
                self.words.add(place, "two grades begin at {points}", points=text)
            elif figure > above and since:
                message = "from {day} on, begins at {points}, above `{other}`, which is better"
                self.words.add(place, message, day=since, points=text, other=better.id)
            elif figure > above:
                message = "begins at {points}, above `{other}`, which is better"
                self.words.add(place, message, points=text, other=better.id)

    @staticmethod
    def _says_score(grade: Grade) -> bool:
        return grade.at_least is not None or bool(grade.parameter)
