"""What there is to know of a book before units are made up for it: its slots, its registers, and
how hard it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from steelyard.book.model import RuleBook
from steelyard.case.reading.read import parse_case
from steelyard.expression.tree import Node, Over, walk
from steelyard.located_yaml import mark
from steelyard.sample.bench import Bench, Row
from steelyard.sample.rows import Model, model_of
from steelyard.sample.targets import wishes_of
from steelyard.sample.values import Appraiser, Slot


@dataclass(frozen=True, slots=True)
class Study:
    """A book studied in a period that begins on `first`.

    `failing` is how often the average unit fails at one thing, `breaches` how many it has a
    quarter.
    """

    book: RuleBook
    slots: tuple[Slot, ...]
    models: tuple[Model, ...]
    parties: tuple[Row, ...]
    first: date
    last: date
    failing: float = 0.14
    breaches: float = 0.45


def study_of(book: RuleBook, period: str) -> Study:
    """Return what is known of a book, as its rules stand in a period.

    Raises CaseError where no case can be read in that period, as when a parameter has no figure
    yet.
    """
    parse_case(
        mark({"book": book.key, "subject": "sample", "period": period}, book.key), book, book.key
    )
    bench = Bench(book, period)
    bare = Appraiser(bench, wishes_of(book, _nothing))
    bare.lay_first()
    # Only now have expressions such as `departments * 12` a figure.
    wishes = wishes_of(book, bench.worth)
    # A register that assessments of parts fill is not filled by hand.
    models = tuple(
        model_of(bench, wishes, name)
        for name, register in book.registers.items()
        if register.rolled is None
    )
    slots = Appraiser(bench, wishes).slots()
    return Study(
        book, slots, models, tuple(bench.parties), bench.first, bench.last, breaches=_breaches(book)
    )


def _breaches(book: RuleBook) -> float:
    """Return how many breaches a unit has on the whole: more where more of the book is about
    them.
    """
    lost = sum(
        rule.points
        for rule in book.rules.values()
        if any(isinstance(node, Over) and node.listed for node in walk(rule.lowered.points))
    )
    return 0.45 + 1.2 * lost / max(book.points, 1)


def _nothing(_node: Node) -> None:
    return None
