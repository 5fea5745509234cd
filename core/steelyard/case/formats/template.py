"""A case as YAML to fill in: every fact with what it means and takes, and what there is of it
already.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from steelyard.book.answering import Answering
from steelyard.book.model import Fact, Field, Kind, Register, RuleBook
from steelyard.book.terms import METHOD_TITLES
from steelyard.case.formats.outline import outline
from steelyard.case.formats.prompts import (
    ROLLED,
    asked_of,
    example_period,
    field_prompt,
    one_line,
)
from steelyard.case.formats.round_trip import Carried, check_kept
from steelyard.case.reading.identity import ELLIPSIS, EXAMPLE_UNIT, example
from steelyard.expression.types import Boolean, Choice, Date, Number, PartyOf, number_text
from steelyard.files import write
from steelyard.located_yaml import Items, Table, load
from steelyard.messages import Title

if TYPE_CHECKING:
    from pathlib import Path

_NOTHING: Mapping[str, Any] = MappingProxyType({"facts": {}, "parties": [], "waivers": []})
_NULLS = frozenset({"null", "~"})
# Letters, digits and the marks of dates, ranges and ids: nothing that YAML could read otherwise.
_BARE = re.compile(r"[^\W_][\w./@%+-]*")
_SPECIAL = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})


def write_yaml(
    book: RuleBook, path: Path, case: Carried | None = None, *, over: bool = True
) -> None:
    """Write a case as commented YAML: a valid case of which nothing is known, or all that `case`
    says.

    Raises UsageError when the file cannot be written, is there though `over` forbids to write over
    it, or cannot hold the case; then nothing is written.
    """
    text = "\n".join((*_lines(book, case), ""))
    if case is not None:
        again = load(text, str(path))
        check_kept(case.case, again if isinstance(again, Table) else Table(), book, str(path))
    private = case is not None and bool(case.case.names)
    write(path, text.encode("utf-8", "replace"), over=over, private=private)


def _lines(book: RuleBook, case: Carried | None) -> Iterator[str]:
    known = case.case.document if case is not None else _NOTHING
    yield f"# {_both(book.title)}"
    yield "# 空着=未知，不是零分也不是“否”。 What stays empty is unknown, neither zero nor no."
    yield "# 佐证 evidence: FACT: {value: …, method: records, source: …, date: 2026-03-01}"
    yield f"# method: {', '.join(f'{key} {title.zh}' for key, title in METHOD_TITLES.items())}"
    yield f"book: {book.key}"
    if case is None:
        yield f"subject: {{id: {EXAMPLE_UNIT}, name: }}  # 示例，请改 an example: change it"
        yield (
            f'period: "{example_period(book.effective)}"  # 示例，请改 an example: change it; '
            f"2026, 2026H1, 2026Q3, 2026-11"
        )
        yield "as_of:  # 空=周期最后一天 empty: the last day of the period"
    else:
        yield f"subject: {_flow(known['subject'])}"
        yield f'period: "{case.case.period}"'
        said = case.case.as_of.isoformat() if case.case.as_of != case.case.last else ""
        yield f"as_of: {said}".rstrip()
    yield "by:  # 填报人（部门），可空 who fills in what names nobody else"
    if known.get("files"):
        yield "files:"
        yield from (f"  {_flow(name)}: {digest}" for name, digest in known["files"].items())
    yield ""
    yield "facts:" if book.collected else "facts: {}"
    answering = Answering(book)
    for band in outline(book):
        yield ""
        yield (
            f"  # {'==' if band.level == 0 else '--'} "
            f"{_both(band.title)}{f' ({band.points})' if band.points else ''}"
        )
        for fact in band.facts:
            start = None if case is None else case.case.first
            said, asked = known["facts"].get(fact.id), asked_of(book, fact, start)
            yield from _fact(fact, answering.method(fact), said, asked)
    yield ""
    yield "# 责任主体 parties"
    parties = _parties(case)
    yield "parties:" if parties else "parties: []"
    yield from parties
    for kind in book.kinds.values():
        yield from _kind(kind)
    yield ""
    yield "records:" if book.registers else "records: {}"
    for register in book.registers.values():
        yield from _register(register, _said(register, case))
    yield ""
    yield "# 豁免 waivers"
    yield "waivers:" if known["waivers"] else "waivers: []"
    for waiver in known["waivers"]:
        yield f"  - {_flow(waiver)}"
    rule = next(iter(book.rules), "rule-id")
    yield f"#  - {{rule: {rule}, authority: …, reason: …, until: 2026-12-31}}"


def _parties(case: Carried | None) -> list[str]:
    if case is None:
        return []
    written = {str(one["id"]): one for one in case.case.document["parties"]}
    names = case.case.names
    # In the order of the case, not of the ids.
    return [
        f"  - {_flow({**written[one], **({'name': names[one]} if one in names else {})})}"
        for one in case.case.parties
    ]


def _said(register: Register, case: Carried | None) -> Any:
    """Return what a case says of a register: None for nothing; one that assessments fill, as the
    case lists it.
    """
    if case is None:
        return {"complete": False, "rows": []}
    if register.rolled is None:
        return case.case.document["records"].get(register.id)
    records = case.document.get("records")
    return records.get(register.id) if isinstance(records, Table) else None


def _fact(fact: Fact, method: str, said: Any, asked: Title) -> Iterator[str]:
    yield f"  # {_both(fact.full_title)}"
    about = [_both(asked)]
    if fact.cites:
        about.append(", ".join(fact.cites))
    if method:
        about.append(_both(METHOD_TITLES[method]))
    if fact.notes:
        about.append(one_line(fact.notes))
    yield f"  #   {' | '.join(about)}"
    if said is None:
        yield f"  {_key(fact.id)}:"
    elif isinstance(said, list):
        yield f"  {_key(fact.id)}:"
        yield from (f"    - {_flow(piece)}" for piece in said)
    else:
        yield f"  {_key(fact.id)}: {_flow(said['value'] if set(said) == {'value'} else said)}"


def _kind(kind: Kind) -> Iterator[str]:
    yield f"#  # {_both(kind.title)}"
    yield f"#  - id: {example(kind.id)}"
    yield f"#    kind: {_key(kind.id)}"
    yield "#    name:"
    yield from _fields(kind.fields.values(), "#    ")


def _register(register: Register, said: Any) -> Iterator[str]:
    yield f"  # {_both(register.title)}"
    if register.notes:
        yield f"  #   {one_line(register.notes)}"
    if register.rolled is not None:
        yield f"  #   {_both(ROLLED).format(book=register.rolled.book)}"
    if isinstance(said, (Table, Items)):
        yield f"  {_key(register.id)}: {_flow(said)}"
        return
    yield f"  {_key(register.id)}:"
    if said is not None:
        yield (
            f"    complete: {json.dumps(said['complete'])}  # 全部记录都已列出才写 true: true only "
            f"once every record is here"
        )
        yield "    rows:" if said["rows"] else "    rows: []"
        yield from (f"      - {_flow(row)}" for row in said["rows"])
    yield f"    #  - id: {example(register.id)}"
    yield from _fields(register.fields.values(), "    #    ")


def _fields(fields: Iterable[Field], before: str) -> Iterator[str]:
    for column in fields:
        if column.derived is None:
            yield (
                f"{before}{_key(column.id)}: {_example(column)}  # {_both(column.full_title)} | "
                f"{_both(field_prompt(column))}"
            )


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
            return example(name)
        case _:
            return ELLIPSIS


def _both(title: Title) -> str:
    zh, en = one_line(title.zh), one_line(title.en)
    return zh if zh == en else f"{zh} {en}"


def _key(name: str) -> str:
    """Return an id as it may stand in YAML."""
    return f'"{name}"' if name.casefold() in _SPECIAL else name


def _flow(value: Any) -> str:
    """Return plain data on one line; a text that could be taken for anything else is quoted."""
    if isinstance(value, Mapping):
        return (
            "{"
            + ", ".join(f"{_flow(str(key))}: {_flow(item)}" for key, item in value.items())
            + "}"
        )
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_flow, value)) + "]"
    if value is None or value in {True, False}:
        return json.dumps(value)
    return (
        str(value)
        if _BARE.fullmatch(value) and value.casefold() not in _NULLS
        else json.dumps(value, ensure_ascii=False)
    )
