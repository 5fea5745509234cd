"""The compiled reading of the decision table: which consequences fire, on whom, how surely."""

from __future__ import annotations

from typing import cast

from steelyard.book.model import Consequence
from steelyard.expression.lines import Sides, bare
from steelyard.expression.loops import after, before, gather
from steelyard.expression.python import Emitter
from steelyard.expression.tree import Over
from steelyard.judging.compiled.names import Facts, Row
from steelyard.judging.compiled.writing import Body, Writing, overs_of, unpacked


class Firing:
    """Writes the rows of the decision table."""

    def __init__(self, writing: Writing) -> None:
        """Take what is being written."""
        self.writing = writing
        self.lines = writing.lines
        self.book = writing.book

    def at_records(self) -> dict[str, list[Body]]:
        """Return by register the rows that look at one record alone, as lines of its loop."""
        bodies: dict[str, list[Body]] = {}
        for row in self.book.consequences:
            if row.scope == "register" and not self._looks_further(row):
                bodies.setdefault(row.on, []).append(self._body(row))
        return bodies

    def _body(self, row: Consequence) -> Body:
        return lambda names: self._fire(row, names, "record")

    def _looks_further(self, row: Consequence) -> bool:
        return row.when is not None and any(overs_of(row.when))

    def rest(self) -> None:
        """Write the rows that need the functions over records: at the subject, at records, at
        parties.
        """
        for row in self.book.consequences:
            if row.scope == "subject":
                self._fire(row, self.writing.facts, "''")
            elif row.scope == "party":
                self._at_parties(row)
            elif self._looks_further(row):
                names = self.writing.row(row.on, self.writing.facts)
                register = f"registers[{row.on!r}]"
                atoms = self.writing.unpacked(row.on)
                self.lines.add(f"for record, {atoms} in zip({register}.ids, {register}.rows):")
                self.lines.depth += 1
                self._fire(row, names, "record")
                self.lines.depth -= 1

    def _fire(self, row: Consequence, names: Facts | Row, record: str) -> None:
        emitter = Emitter(self.lines, names)
        must, may = Sides("True", "True") if row.when is None else emitter.sides(row.when)
        if emitter.flags:
            must, may = (self.lines.atom(text) for text in (must, may))
            where = "party" if row.scope == "party" else record
            flags = " or ".join(dict.fromkeys(emitter.flags))
            name = self.lines.fresh()
            open_ = f"{may} and not {must} and ({flags})"
            asked = f"unfounded({row.number - 1}, {where})"
            self.lines.add(f"{name} = {may} and not ({open_} and {asked})")
            may = name
        if may != "True":
            self.lines.add(f"if {may}:")
            self.lines.depth += 1
        place = row.number - 1
        if row.falls_on is None:
            self.lines.add(f"fired.append(({place}, '', {record}, {must}))")
        else:
            word = emitter.word(row.falls_on)
            guard = f"if {word} is not None: " if row.falls_on.nullable else ""
            sure = f"{must} and {word} is not UNKNOWN" if row.falls_on.nullable else must
            self.lines.add(f"{guard}fired.append(({place}, {word}, {record}, {sure}))")
        self.lines.depth -= may != "True"

    def _at_parties(self, row: Consequence) -> None:
        """Write one row at every party of a kind, and at a party that is not named."""
        writing = self.writing
        layout = writing.layouts.kinds[row.on]
        names = Row(writing.facts, layout, "k", frozenset({"party"}))
        found = () if row.when is None else overs_of(row.when)
        overs = [cast("Over", one) for one in dict.fromkeys(bare(over) for over in found)]
        groups: dict[str, str] = {}
        for register in dict.fromkeys(over.register for over in overs):
            column = writing.layouts.registers[register].columns[row.owners[register]]
            groups[register] = self.lines.fresh()
            rows = f"registers[{register!r}].rows"
            self.lines.add(f"{groups[register]} = owned({rows}, {column.start})")
        unnamed = " or ".join(f"UNKNOWN in {group}" for group in groups.values()) or "False"
        atoms = unpacked(layout.columns.values(), "k")
        self.lines.add(f"for party, {atoms} in parties_of({row.on!r}, party_rows, {unnamed}):")
        self.lines.depth += 1
        for over in overs:
            self._over_party(over, names, groups)
        self._fire(row, names, "''")
        self.lines.depth -= 1

    def _over_party(self, over: Over, names: Row, groups: dict[str, str]) -> None:
        task = self.writing.task(over)
        inner = self.writing.row(over.register, names)
        before(self.lines, task)
        atoms = self.writing.unpacked(over.register)
        self.lines.add(f"for mine, {atoms} in belonging({groups[over.register]}, party):")
        self.lines.depth += 1
        self.lines.add("pass")
        gather(self.lines, inner, [task], "mine")
        self.lines.depth -= 1
        after(self.lines, task)
        names.overs[over] = task.result
