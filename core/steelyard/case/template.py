"""The template of a case as YAML: every fact with what it means and takes, and nothing filled in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from steelyard.book.model import Fact, Field, Kind, Register, RuleBook
from steelyard.case.outline import outline
from steelyard.case.prompts import EXAMPLE_SUBJECT, METHOD_TITLES, example_period, fact_prompt, field_prompt, one_line
from steelyard.errors import UsageError, fault
from steelyard.expression.types import Boolean, Choice, Date, Number, PartyOf, number_text
from steelyard.messages import Title

if TYPE_CHECKING:
    from pathlib import Path

_SPECIAL = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})


def write_yaml(book: RuleBook, path: Path) -> None:
    """Write the template of a case as commented YAML; it is a valid case of which nothing is known.

    Raises UsageError when the file cannot be written.
    """
    try:
        path.write_text("\n".join((*_lines(book), "")), encoding="utf-8", errors="replace", newline="\n")
    except OSError as problem:
        raise UsageError([fault(str(path), "cannot be written: {problem}", problem=problem.strerror or "")]) from None


def _lines(book: RuleBook) -> Iterator[str]:
    yield f"# {_both(book.title)}"
    yield "# 空着=未知，不是零分也不是“否”。 What stays empty is unknown, neither zero nor no."
    yield "# 佐证 evidence: FACT: {value: …, method: records, source: …, date: 2026-03-01}"
    yield f"# method: {', '.join(f'{key} {title.zh}' for key, title in METHOD_TITLES.items())}"
    yield f"book: {book.key}"
    yield f"subject: {{id: {EXAMPLE_SUBJECT}, name: }}  # 示例，请改 an example: change it"
    yield f'period: "{example_period(book.effective)}"  # 示例，请改 an example: change it; 2026, 2026H1, 2026Q3, 2026-11'
    yield "as_of:  # 空=周期最后一天 empty: the last day of the period"
    yield ""
    yield "facts:" if book.collected else "facts: {}"
    for band in outline(book):
        yield ""
        yield f"  # {'==' if band.level == 0 else '--'} {_both(band.title)}{f' ({band.points})' if band.points else ''}"
        for fact in band.facts:
            yield from _fact(fact)
    yield ""
    yield "# 责任主体 parties"
    yield "parties: []"
    for kind in book.kinds.values():
        yield from _kind(kind)
    yield ""
    yield "records:" if book.registers else "records: {}"
    for register in book.registers.values():
        yield from _register(register)
    yield ""
    yield "# 豁免 waivers"
    yield "waivers: []"
    rule = next(iter(book.rules), "rule-id")
    yield f"#  - {{rule: {rule}, authority: …, reason: …, until: 2026-12-31}}"


def _fact(fact: Fact) -> Iterator[str]:
    yield f"  # {_both(fact.title)}"
    about = [_both(fact_prompt(fact))]
    if fact.cites:
        about.append(", ".join(fact.cites))
    if fact.method:
        about.append(_both(METHOD_TITLES[fact.method]))
    if fact.notes:
        about.append(one_line(fact.notes))
    yield f"  #   {' | '.join(about)}"
    yield f"  {_key(fact.id)}:"


def _kind(kind: Kind) -> Iterator[str]:
    yield f"#  # {_both(kind.title)}"
    yield f"#  - id: {_key(kind.id)}-1"
    yield f"#    kind: {_key(kind.id)}"
    yield "#    name:"
    yield from _fields(kind.fields.values(), "#    ")


def _register(register: Register) -> Iterator[str]:
    yield f"  # {_both(register.title)}"
    if register.notes:
        yield f"  #   {one_line(register.notes)}"
    yield f"  {_key(register.id)}:"
    yield "    complete: false  # 全部记录都已列出才写 true: true only once every record is here"
    yield "    rows: []"
    yield f"    #  - id: {_key(register.id)}-1"
    yield from _fields(register.fields.values(), "    #    ")


def _fields(fields: Iterable[Field], before: str) -> Iterator[str]:
    for column in fields:
        if column.derived is None:
            yield f"{before}{_key(column.id)}: {_example(column)}  # {_both(column.title)} | {_both(field_prompt(column))}"


def _example(column: Field) -> str:
    match column.type:
        case Boolean():
            return "false"
        case Number() as kind:
            return number_text(min(max(1, kind.low), kind.high), kind.scale)
        case Date() as kind:
            return "2026-03-01"
        case Choice(options=options):
            return _key(options[0])
        case PartyOf(kind=name):
            return f"{_key(name)}-1"
        case _:
            return "…"


def _both(title: Title) -> str:
    zh, en = one_line(title.zh), one_line(title.en)
    return zh if zh == en else f"{zh} {en}"


def _key(name: str) -> str:
    """Give an id as it may stand in YAML."""
    return f'"{name}"' if name.casefold() in _SPECIAL else name
