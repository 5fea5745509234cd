"""Where the compiled judge finds names: facts and parameters in the case's flat tuples, fields in
the row at hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from steelyard.book.layout import Column, Layout, Layouts, key_of, path_of
from steelyard.book.model import RuleBook
from steelyard.expression.lines import (
    Lines,
    Quotient,
    Ratio,
    Result,
    Sides,
    Span,
    bare,
    pairs_of,
)
from steelyard.expression.python import settled
from steelyard.expression.tree import Name, Node, Over, Reach
from steelyard.expression.types import SCALE_CAP, Number, ranged


class Facts:
    """The names of a case as a whole; lines that fetch them gather in `header`, each once."""

    def __init__(self, book: RuleBook, layouts: Layouts, header: Lines) -> None:
        """Take the book, its layouts and where fetching lines go."""
        self.book = book
        self.layouts = layouts
        self.header = header
        self.fetched: set[str] = set()
        self.cells: set[int] = set()
        self.derived: dict[str, Result] = {}
        self.overs: dict[Node, Result] = {}
        self.outcomes: dict[str, Span | Sides] = {}
        self._parameters = {name: place for place, name in enumerate(book.parameters)}

    def fetch(self, name: str, text: str) -> str:
        """Return a name that the header fetches."""
        if name not in self.fetched:
            self.fetched.add(name)
            self.header.add(f"{name} = {text}")
        return name

    def cell(self, place: int) -> str:
        """Return the name of a place of the facts' flat tuple."""
        self.cells.add(place)
        return f"f{place}"

    def unpacking(self) -> list[str]:
        """Return the lines that fetch what was named of the flat tuple: runs of it at once."""
        lines = []
        runs: list[list[int]] = []
        for place in sorted(self.cells):
            if runs and place == runs[-1][-1] + 1:
                runs[-1].append(place)
            else:
                runs.append([place])
        for run in runs:
            names = ", ".join(f"f{place}" for place in run)
            lines.append(f"    ({names},) = flat[{run[0]}:{run[-1] + 1}]")
        return lines

    def given(self, fact: str) -> str:
        """Return the name of "this fact is shown"."""
        place = list(self.book.facts).index(fact)
        return self.fetch(f"g{place}", f"{fact!r} in given")

    def complete(self, register: str) -> str:
        """Return the name of "this register is complete"."""
        place = list(self.book.registers).index(register)
        return self.fetch(f"o{place}", f"registers[{register!r}].complete")

    def _atoms(self, node: Name | Reach, column: Column) -> list[str]:
        names = [self.cell(column.start + i) for i in range(column.width)]
        root = path_of(node)[1] if isinstance(node, Reach) else node
        if not (isinstance(root, Name) and root.claimed):
            return names
        there = self.given(root.name)
        claimed = [
            self.fetch(f"k{column.start + i}", f"{name} if {there} else None")
            for i, name in enumerate(names)
        ]
        if ranged(node.type) is not None and column.width == 2:
            claimed.append(self.fetch(f"k{column.start}z", f"not {there}"))
        return claimed

    def span(self, node: Name | Reach) -> Span:
        """Return the atoms of a number, date or position."""
        if isinstance(node, Name):
            if node.kind == "parameter":
                place = self._parameters[node.name]
                return Span(*2 * [self.fetch(f"p{place}", f"parameters[{place}]")])
            if node.kind == "moment":
                return Span(node.name, node.name)
            if node.kind == "outcome":
                return cast("Span", self.outcomes[node.name])
            if node.kind == "window":
                place = list(self.book.stages).index(node.name)
                due = self.fetch(f"w{place}", f"windows[{node.name!r}]")
                return Span(due, due, self.fetch(f"w{place}z", f"{due} is None"))
            if node.kind == "judged":
                place = list(self.book.rules).index(node.name)
                full = cast("Number", node.type).high
                pair = self.fetch(f"j{place}", f"judged.get({node.name!r}, (0, {full}))")
                return Span(f"{pair}[0]", f"{pair}[1]")
            if node.name in self.derived:
                found = self.derived[node.name][0]
                if isinstance(found, Quotient):
                    return found.span()
                assert isinstance(found, Span)  # noqa: S101  # the type checker of expressions saw to it
                return found
        column = self.layouts.facts.columns[key_of(node)]
        atoms = self._atoms(node, column)
        if column.width == 4:
            # Without counts nobody has said whether people were asked at all.
            none = (
                f"f{column.start + 3} is None"
                if column.nullable
                else f"not {self.given(column.key)}"
            )
            return Span(
                atoms[0], atoms[1], self.fetch(f"k{column.start}z", none) if node.nullable else ""
            )
        return Span(atoms[0], atoms[1], atoms[2] if len(atoms) > 2 else "")

    def ratio(self, node: Name | Reach) -> Ratio:
        """Return the pairs of a survey, or of a derived fact that is a rate."""
        if isinstance(node, Name) and node.name in self.derived:
            found = self.derived[node.name][0]
            assert isinstance(found, Quotient)  # noqa: S101  # whoever writes derived facts saw to it
            return found.ratio
        span = self.span(node)
        if not isinstance(node, Name):
            return pairs_of(span, SCALE_CAP)
        positive, asked = self.survey(node)
        # Counts say it exactly; without them, where nobody was asked, or where the sampling error
        # is laid on, it is the range that was said of it.
        key = span.low.replace("f", "v").replace("k", "w")
        settled = self.fetch(f"{key}e", f"{asked} and {span.low} == {span.high}")
        low = self.fetch(f"{key}l", f"{positive} if {settled} else {span.low}")
        high = self.fetch(f"{key}h", f"{positive} if {settled} else {span.high}")
        under = self.fetch(f"{key}u", f"{asked} if {settled} else {10**SCALE_CAP}")
        return Ratio(low, under, high, under, span.none)

    def sides(self, node: Name | Reach) -> Sides:
        """Return the expressions of a condition."""
        if isinstance(node, Name) and node.kind == "outcome":
            return cast("Sides", self.outcomes[node.name])
        if isinstance(node, Name) and node.kind == "spoken":
            place = list(self.book.registers).index(node.name)
            given = self.fetch(f"q{place}", f"registers[{node.name!r}].given")
            return Sides(given, given)
        if isinstance(node, Name) and node.name in self.derived:
            found = self.derived[node.name][0]
            assert isinstance(found, Sides)  # noqa: S101  # the type checker of expressions saw to it
            return found
        atoms = self._atoms(node, self.layouts.facts.columns[key_of(node)])
        return Sides(atoms[0], atoms[1])

    def word(self, node: Name | Reach) -> str:
        """Return the atom of a word."""
        return self._atoms(node, self.layouts.facts.columns[key_of(node)])[0]

    def ticks(self, nodes: Sequence[Name]) -> str:
        """Return the expression of a tuple of words."""
        columns = [self.layouts.facts.columns[node.name] for node in nodes]
        starts = [column.start for column in columns]
        if starts == list(range(starts[0], starts[0] + len(starts))) and not nodes[0].claimed:
            return f"flat[{starts[0]}:{starts[-1] + 1}]"
        return "(" + ", ".join(self.word(node) for node in nodes) + ",)"

    def known(self, node: Name | Reach) -> Sides:
        """Return the expressions of "there is evidence"."""
        if isinstance(node, Name) and node.name not in self.derived:
            there = self.given(node.name)
            return Sides(there, there if node.claimed else "True")
        return Sides(settled(self, node), "True")

    def survey(self, node: Name) -> tuple[str, str]:
        """Return the atoms (positive, asked)."""
        atoms = self._atoms(node, self.layouts.facts.columns[node.name])
        return atoms[2], atoms[3]

    def flags(self, node: Name | Reach) -> tuple[str, ...]:
        """Return the conditions under which the name is undefined."""
        if not isinstance(node, Name) or node.kind != "fact":
            return ()
        if node.name in self.derived:
            return self.derived[node.name][1]
        column = self.layouts.facts.columns[node.name]
        if column.width != 4:
            return ()
        low, asked = (self.cell(column.start + place) for place in (0, 3))
        conditions = [f"not {asked}"]
        if column.nullable:
            # That there is no survey is not a survey of nobody.
            conditions.insert(0, f"{low} is not None")
        if node.claimed:
            conditions.insert(0, self.given(node.name))
        return (f"({' and '.join(conditions)})",)

    def over(self, node: Over) -> Result:
        """Return the result of a function over records, computed before."""
        return self.overs[bare(node)]


class Row:
    """The names at one record or party: its own columns first, then what lies around it."""

    def __init__(
        self,
        around: Facts | Row,
        layout: Layout,
        letter: str,
        kinds: frozenset[str],
        doubtful: frozenset[str] = frozenset(),
    ) -> None:
        """Take the surrounding names, the row's layout, the letter of its atoms and the kinds of
        names it owns.

        `doubtful` are fields worked out by a division that may be one by zero.
        """
        self.doubtful = doubtful
        self.around = around
        self.layout = layout
        self.letter = letter
        self.kinds = kinds
        self.overs: dict[Node, Result] = {}

    def _own(self, node: Name | Reach) -> list[str] | None:
        root = node if isinstance(node, Name) else path_of(node)[1]
        if not isinstance(root, Name) or root.kind not in self.kinds:
            return None
        if isinstance(node, Name) and node.kind == "party":
            return ["party"]
        column = self.layout.columns[key_of(node)]
        return [f"{self.letter}{column.start + i}" for i in range(column.width)]

    def span(self, node: Name | Reach) -> Span:
        """Return the atoms of a number, date or position."""
        atoms = self._own(node)
        if atoms is None:
            return self.around.span(node)
        return (
            Span(atoms[0], atoms[0])
            if len(atoms) == 1
            else Span(atoms[0], atoms[1], atoms[2] if len(atoms) > 2 else "")
        )

    def ratio(self, node: Name | Reach) -> Ratio:
        """Return the pairs of a survey or derived fact; what a row owns are plain numbers."""
        return self.around.ratio(node)

    def sides(self, node: Name | Reach) -> Sides:
        """Return the expressions of a condition."""
        atoms = self._own(node)
        return self.around.sides(node) if atoms is None else Sides(atoms[0], atoms[-1])

    def word(self, node: Name | Reach) -> str:
        """Return the atom of a word."""
        atoms = self._own(node)
        return self.around.word(node) if atoms is None else atoms[0]

    def known(self, node: Name | Reach) -> Sides:
        """Return the expressions of "there is evidence"."""
        return (
            self.around.known(node)
            if self._own(node) is None
            else Sides(settled(self, node), "True")
        )

    def survey(self, node: Name) -> tuple[str, str]:
        """Return the atoms (positive, asked)."""
        return self.around.survey(node)

    def flags(self, node: Name | Reach) -> tuple[str, ...]:
        """Return the conditions under which the name is undefined."""
        if self._own(node) is None:
            return self.around.flags(node)
        return (
            (f"not {settled(self, node)}",)
            if isinstance(node, Name) and node.name in self.doubtful
            else ()
        )

    def over(self, node: Over) -> Result:
        """Return the result of a function over records, computed before."""
        key = bare(node)
        return self.overs[key] if key in self.overs else self.around.over(node)
