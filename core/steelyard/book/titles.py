"""The words of a book, found by the names that its expressions use."""

from __future__ import annotations

from steelyard.book.model import Consequence, Fact, Field, RuleBook
from steelyard.expression.tree import Name, Node, Reach
from steelyard.expression.types import Boolean
from steelyard.messages import Title

_MOMENTS = {
    "as_of": Title("评定日", "The day of assessment"),
    "period_start": Title("周期首日", "The period's first day"),
    "period_end": Title("周期末日", "The period's last day"),
    "grade": Title("等次", "Grade"),
    "score": Title("得分", "Score"),
}


UNIT = Title("单位", "the unit")


def whom(book: RuleBook, row: Consequence) -> Title:
    """Return on whom a row of the decision table falls, by the role that the row gives them."""
    if not isinstance(row.falls_on, (Name, Reach)):
        return UNIT
    name = BookTitles(book, row.on if row.scope == "register" else None).name(row.falls_on)
    return Title(f"{name.zh}的全体成员", f"all members of {name.en}") if row.members else name


class BookTitles:
    """Titles of a book; `register` says whose fields bare field names mean.

    What a figure is measured in stands behind its title, unless they are `bare`.
    """

    def __init__(self, book: RuleBook, register: str | None = None, *, bare: bool = False) -> None:
        """Take the book and the register at whose records an expression stands."""
        self.book = book
        self.at = register
        self.bare = bare

    def name(self, node: Name | Reach) -> Title:
        """Return the title of a fact, parameter, field or party's field."""
        if isinstance(node, Reach):
            base = self.name(node.base) if isinstance(node.base, (Name, Reach)) else Title("", "")
            own = self._of(self.book.kinds[node.party].fields[node.field])
            if isinstance(node.type, Boolean):
                return Title(
                    f"{base.zh}：{own.zh.removeprefix('是否')}",
                    f"{base.en}: {own.en[:1].lower()}{own.en[1:]}",
                )
            return Title(f"{base.zh}的{own.zh}", f"{base.en}'s {own.en[:1].lower()}{own.en[1:]}")
        if node.kind == "field":
            for register in (self.at, *self.book.registers):
                fields = self.book.registers[register].fields if register else {}
                if node.name in fields:
                    return self._of(fields[node.name])
        if node.kind == "party":
            return self.book.kinds[node.name].title
        if node.kind == "parameter":
            return self.book.parameters[node.name].title
        if node.name in self.book.facts:
            return self._of(self.book.facts[node.name])
        return _MOMENTS.get(node.name, Title(node.name, node.name))

    def _of(self, slot: Fact | Field) -> Title:
        return slot.title if self.bare else slot.full_title

    def register(self, name: str) -> Title:
        """Return the title of a register."""
        return self.book.registers[name].title

    def inside(self, register: str) -> BookTitles:
        """Return the titles at a record of a register."""
        return BookTitles(self.book, register, bare=self.bare)

    def option(self, node: Node, option: str) -> Title:
        """Return the title of an option of the value that a node reads."""
        if isinstance(node, Name) and node.kind == "field":
            for register in (self.at, *self.book.registers):
                fields = self.book.registers[register].fields if register else {}
                if node.name in fields:
                    return fields[node.name].options.get(option, Title(option, option))
        if isinstance(node, Reach):
            return (
                self.book.kinds[node.party]
                .fields[node.field]
                .options.get(option, Title(option, option))
            )
        if isinstance(node, Name):
            if node.name == "grade":
                return next(
                    (one.title for one in self.book.grades if one.id == option),
                    Title(option, option),
                )
            if node.name in self.book.facts:
                return self.book.facts[node.name].options.get(option, Title(option, option))
        return Title(option, option)
