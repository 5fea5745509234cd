"""A case laid out again for the reference reading."""

from __future__ import annotations

from steelyard.book.layout import layouts
from steelyard.book.model import RuleBook
from steelyard.case.environment import Cells, Shown
from steelyard.case.model import Case


def shown_of(book: RuleBook, case: Case) -> Shown:
    """Return what a case shows, cell by cell, from its flat tuples."""
    laid = layouts(book)
    facts = {key: case.flat[c.start : c.start + c.width] for key, c in laid.facts.columns.items()}
    registers: dict[str, tuple[bool, bool, list[Cells]]] = {}
    for name, rows in case.registers.items():
        columns = laid.registers[name].columns
        cells: list[Cells] = [
            {key: row[c.start : c.start + c.width] for key, c in columns.items()}
            for row in rows.rows
        ]
        registers[name] = (rows.complete, rows.given, cells)
    return Shown(
        book=book,
        facts=facts,
        given=case.given,
        parties=case.parties,
        registers=registers,
        parameters=dict(zip(book.parameters, case.parameters, strict=True)),
        moments={"as_of": case.as_of, "period_start": case.first, "period_end": case.last},
        outcomes={},
    )
