"""Whether an office can fill a book in, whether its weights stand where its scheme's do, and whether
grave breaches and not looking cost what they should.

The table of all books is printed (`pytest -s tests/plugins/test_instruments.py`); the limits hold
for books at their second version or later, whose gravest breach and registers are stated in
`instruments.yaml`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from steelyard.book.coverage import PRINCIPLE, citations
from steelyard.book.library import Library
from steelyard.book.model import RuleBook
from steelyard.case.formats.files import documents_in
from steelyard.case.reading.read import parse_case
from steelyard.judging.assessment import Assessment, weigh
from steelyard.located_yaml import mark
from steelyard.plugins.installed import load_plugins

STATED: Mapping[str, Mapping[str, Any]] = yaml.safe_load(
    Path(__file__).with_name("instruments.yaml").read_text("utf-8")
)
PLUGINS = Path(__file__).parents[2] / "plugins"
BOOKS = sorted({source.id for source in load_plugins(strict=True).sources})
MOST_RULES, MOST_FACTS, MOST_REGISTERS, MOST_SHARING = 60, 160, 10, 6
HEAVIEST, HEAVIEST_THREE, FEW = Decimal(20), Decimal(45), 12
"""Of fewer rules than twelve, as of a scheme of seven clauses, three may well hold half."""


class Instrument(NamedTuple):
    """What a book asks of an office, and how its points stand: rules; facts, ticks and dates typed
    in its full example; registers; all values typed; of a hundred points the heaviest rule and the
    three heaviest; what fifty of its gravest breaches leave of a hundred, and the grade.
    """

    rules: int
    facts: int
    registers: int
    typed: int
    heaviest: Decimal
    three: Decimal
    fifty: str


def example(book: RuleBook) -> dict[str, Any]:
    """Return a book's full example as plain data."""
    sector, _, name = book.id.partition("/")
    path = PLUGINS / sector / f"steelyard_{sector}" / "examples" / f"{name}.yaml"
    found: dict[str, Any] = documents_in(path, lambda *_: book)[0]
    return found


def rows(register: Any) -> list[dict[str, Any]]:
    """Return the rows of a register as a case writes it."""
    found: list[dict[str, Any]] = register.get("rows", []) if hasattr(register, "get") else register
    return found


def judged(book: RuleBook, document: Mapping[str, Any]) -> Assessment:
    return weigh(book, parse_case(mark(dict(document), "case"), book, "case"))


def with_rows(
    document: Mapping[str, Any], register: str, some: list[dict[str, Any]]
) -> dict[str, Any]:
    """Return a case with the rows of a register, complete, in place of its own."""
    return {**document, "records": {**document.get("records", {}), register: some}}


def broken(book: RuleBook, times: int) -> Assessment:
    """Return the full example with so many of the gravest breach; where a book knows none, with the
    worst of what it is about.
    """
    ((register, row),) = STATED[book.id]["gravest"].items()
    if register == "facts":
        return judged(book, {**example(book), "facts": {**example(book)["facts"], **row}})
    some = [{"id": f"g-{n}", **_plain(row)} for n in range(1, times + 1)]
    return judged(book, with_rows(example(book), register, some))


def _plain(row: Mapping[str, Any]) -> dict[str, str]:
    words = {True: "yes", False: "no"}
    return {
        key: words[value] if isinstance(value, bool) else str(value) for key, value in row.items()
    }


def measured(book: RuleBook) -> Instrument:
    case = example(book)
    shares = sorted(
        (
            Decimal(rule.points) * 100 / book.points
            for rule in book.rules.values()
            if not rule.bonus
        ),
        reverse=True,
    )
    cells = sum(
        len(set(row) - {"id", "kind"})
        for table in (case.get("parties", []), *map(rows, case.get("records", {}).values()))
        for row in table
    )
    fifty = "–"
    if book.id in STATED:
        found = broken(book, 50)
        fifty = f"{found.high} {found.grade_id(found.standing.high)}"
    return Instrument(
        len(book.rules), len(case.get("facts", {})), len(book.registers),
        len(case.get("facts", {})) + cells, shares[0], sum(shares[:3], Decimal(0)), fifty,
    )  # fmt: skip


@pytest.fixture(params=sorted(STATED))
def book(request: pytest.FixtureRequest, library: Library) -> RuleBook:
    """Return one of the books at their second version."""
    return library.find(request.param)


def test_every_book_is_measured_and_those_of_the_second_version_keep_the_limits(
    library: Library,
) -> None:
    table = {name: measured(library.find(name)) for name in BOOKS}
    print("\nbook | rules | facts | registers | typed | heaviest | three heaviest | after fifty")
    for name, one in table.items():
        print(
            f"{name}@{library.find(name).version} | {one.rules} | {one.facts} | {one.registers} | "
            f"{one.typed} | {one.heaviest:.1f} | {one.three:.1f} | {one.fifty}"
        )
    for name, one in table.items():
        if name in STATED:
            assert one.rules <= MOST_RULES, name
            assert one.facts <= MOST_FACTS, name
            assert one.registers <= MOST_REGISTERS, name
            assert one.heaviest <= HEAVIEST, name
            assert one.rules < FEW or one.three <= HEAVIEST_THREE, name


def test_what_is_at_its_second_version_is_stated(library: Library) -> None:
    assert {
        name for name in BOOKS if int(library.find(name).version.partition(".")[0]) >= 2
    } == set(STATED)


def test_one_of_the_gravest_breaches_is_not_excellent_and_fifty_are_no_pass(
    book: RuleBook,
) -> None:
    best, last = book.grades[0].id, book.grades[-1].id
    once, often = broken(book, 1), broken(book, 50)
    assert once.grade_id(once.standing.high) != best
    if "facts" not in STATED[book.id]["gravest"]:
        assert often.grade_id(often.standing.high) in {last, "vetoed"}


def test_who_looked_at_nothing_does_no_better_than_who_looked_and_put_right(
    book: RuleBook,
) -> None:
    case = example(book)
    put_right = STATED[book.id]["put_right"]
    typed = {one.id for one in book.registers.values() if one.rolled is None}
    assert typed == {*STATED[book.id]["breaches"], *put_right}
    case = {**case, "facts": {**case["facts"], **STATED[book.id].get("facts", {})}}
    for register, said in put_right.items():
        some = [{**row, **_plain(said)} for row in rows(case["records"][register])]
        assert some, f"the example shows no row of {register}"
        good = judged(book, with_rows(case, register, some))
        nothing = judged(book, with_rows(case, register, []))
        assert nothing.high <= good.low, register


def test_an_empty_complete_register_of_breaches_earns_its_rules_in_full(book: RuleBook) -> None:
    case = example(book)
    for register in STATED[book.id]["breaches"]:
        case = with_rows(case, register, [])
    outcomes = {one.rule: one.outcome for one in judged(book, case).verdicts}
    for rule in book.rules.values():
        over = getattr(rule.form, "register", "")
        assert over not in STATED[book.id]["breaches"] or outcomes[rule.id] == "pass", rule.id


def shown_by(book: RuleBook) -> Iterator[tuple[tuple[str, ...], int]]:
    """Yield the clauses of every tick, fact, field, deliverable, row and measure, and how many of
    them share one look; a field with options is as many looks as it has options.
    """
    options = {
        f"field:{register.id}.{field.id}": len(field.options)
        for register in book.registers.values()
        for field in register.fields.values()
        if field.options
    }
    for name, cites in citations(book):
        kind = name.partition(":")[0]
        if kind != "rule" and not (kind == "stage" and "/" not in name):
            yield cites, -(-len(cites) // options.get(name, 1))


def test_every_clause_has_what_shows_it_and_few_share_one_look(
    book: RuleBook, library: Library
) -> None:
    sharing: dict[str, int] = {}
    for cites, size in shown_by(book):
        for clause in cites:
            sharing[clause] = min(size, sharing.get(clause, size))
    checkable = {one.id for one in library.clauses(book.id).values() if one.kind != PRINCIPLE}
    stages = {clause for stage in book.stages.values() for clause in stage.cites}
    assert checkable - set(sharing) - stages == set()
    assert {clause for clause, size in sharing.items() if size > MOST_SHARING} == set()
