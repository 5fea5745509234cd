"""A case migrated to another book: what that book does not ask is left out and named, what it
asks anew is unknown.
"""

from __future__ import annotations

import copy
import datetime
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from typing import Any, NamedTuple

from steelyard.book.model import Fact, Field, Parameter, RuleBook, Stage
from steelyard.case.model import Case
from steelyard.case.reading.read import parse_case
from steelyard.errors import CaseError, Fault, fault
from steelyard.expression.tree import Name, walk
from steelyard.located_yaml import Items, Table, Text, Value
from steelyard.messages import Title, translator

_MOST_ROUNDS = 200
_UNKNOWN = "unknown"
Path = tuple[str | int, ...]


class Left(NamedTuple):
    """What of a case was left out: `asked` where the new book asks for it, and the value does not
    fit.

    `what` is `fact`, `register`, `record`, `field`, `party` or `waiver`; `id` such as
    `breaches/b-3.severity`.
    """

    what: str
    id: str
    title: Title
    asked: bool
    why: Title


class Gap(NamedTuple):
    """What a book asks and a case does not tell; `new` where the old book did not ask for it, or
    the value does not fit.
    """

    what: str
    id: str
    title: Title
    new: bool


class Migrated(NamedTuple):
    """A case as another book reads it, what was left out, and what is unknown there."""

    case: Case
    left_out: tuple[Left, ...]
    unknown: tuple[Gap, ...]


def held(parameter: Parameter, day: datetime.date) -> int | None:
    """Return the figure of a parameter on a day, in units of its scale; None before its first."""
    return next(
        (units for start, units in reversed(parameter.values) if start <= day.toordinal()), None
    )


def figures(book: RuleBook, day: datetime.date) -> tuple[int | None, ...]:
    """Return the figure of every parameter of a book on a day."""
    return tuple(held(one, day) for one in book.parameters.values())


@lru_cache(maxsize=256)
def dated(book: RuleBook, day: datetime.date, year: int, end: datetime.date) -> RuleBook:
    """Return a book with its figures as of a day, for a case of a year whose period ends on a day.

    A stage with fixed days that begins after the period is over is moved back to the same days of
    the case's year. Raises CaseError where a figure has not begun.
    """
    found = dict(zip(book.parameters, figures(book, day), strict=True))
    early = [name for name, units in found.items() if units is None]
    if early:
        raise CaseError(
            [
                fault(
                    book.key, "`{name}` has no figure yet on {day}", name=name, day=day.isoformat()
                )
                for name in early
            ]
        )
    stages = {name: _moved(one, year, end) for name, one in book.stages.items()}
    same = all(len({units for _, units in one.values}) == 1 for one in book.parameters.values())
    if same and all(one is book.stages[name] for name, one in stages.items()):
        return book
    parameters = {
        name: replace(one, values=((1, found[name] or 0),)) for name, one in book.parameters.items()
    }
    return replace(book, parameters=parameters, stages=stages)


def _moved(stage: Stage, year: int, end: datetime.date) -> Stage:
    start = stage.first or stage.last
    if start is None or start <= end:
        return stage
    back = start.year - year
    return replace(stage, first=_earlier(stage.first, back), last=_earlier(stage.last, back))


def _earlier(day: datetime.date | None, years: int) -> datetime.date | None:
    if day is None:
        return None
    with suppress(ValueError):
        return day.replace(year=day.year - years)
    return day.replace(year=day.year - years, day=28)


def migrate(case: Case, old: RuleBook, new: RuleBook) -> Migrated:
    """Return a case of one book as another book reads it.

    What the new book does not know is left out, and so is a value that does not fit its type or
    bounds: it is unknown there. A record that the new book cannot read leaves its register open.
    Raises CaseError where the case cannot be read at all: another sector, or a period that is none.
    """
    if old.sector != new.sector:
        raise CaseError(
            [
                fault(
                    new.key,
                    "is for the sector `{other}`, and the case is of a {sector}",
                    other=new.sector,
                    sector=old.sector,
                )
            ]
        )
    document: dict[str, Any] = {**copy.deepcopy(dict(case.document)), "book": new.key}
    work = _Migration(document, old, new)
    work.open_fields()
    for _ in range(_MOST_ROUNDS):
        try:
            read = parse_case(work.marked(), new, _ROOT)
        except CaseError as error:
            work.leave_out(error.faults)
            continue
        return Migrated(read, tuple(work.left.values()), tuple(gaps(case, old, read, new)))
    raise CaseError([fault(new.key, "cannot read this case")])


_ROOT = "§"
_NOT_ASKED = Title("该规则册不查此项", "the book does not ask for it")


class _Migration:
    """One case on its way; every value bears its path as its place, so that a fault says what to
    leave out.
    """

    def __init__(self, document: dict[str, Any], old: RuleBook, new: RuleBook) -> None:
        self.document = document
        self.old = old
        self.new = new
        self.left: dict[tuple[str, str], Left] = {}
        self.paths: dict[str, Path] = {}

    def open_fields(self) -> None:
        """Write out as unknown what the new book would read as none though the case never said
        so.
        """
        for entry in self.document.get("parties") or ():
            if entry["kind"] in self.new.kinds:
                was = self.old.kinds.get(entry["kind"])
                _open(entry, was.fields if was else {}, self.new.kinds[entry["kind"]].fields)
        for name, register in (self.document.get("records") or {}).items():
            if name in self.new.registers:
                earlier = self.old.registers.get(name)
                for row in _rows(register):
                    _open(row, earlier.fields if earlier else {}, self.new.registers[name].fields)

    def marked(self) -> Value:
        """Return the document as a marked one."""
        self.paths = {}
        return self._mark(self.document, (), _ROOT)

    def _mark(self, value: object, path: Path, place: str) -> Value:
        if isinstance(value, dict):
            table = Table()
            table.place, table.keys_at, table.size = place, {}, len(value)
            for key, item in value.items():
                table.keys_at[key] = at = self._token((*path, key))
                table[key] = self._mark(item, (*path, key), at)
            return table
        if isinstance(value, list):
            items = Items(
                self._mark(item, (*path, number), self._token((*path, number)))
                for number, item in enumerate(value)
            )
            items.place, items.size = place, len(items)
            return items
        if value is None:
            return None
        text = Text("true" if value is True else "false" if value is False else value)
        text.place = place
        return text

    def _token(self, path: Path) -> str:
        token = f"{_ROOT}{len(self.paths)}"
        self.paths[token] = path
        return token

    def leave_out(self, faults: tuple[Fault, ...]) -> None:
        """Take out what the faults name; raises CaseError with those that name nothing that can be
        left out.
        """
        found: dict[Path, Fault] = {}
        lost: list[Fault] = []
        for one in faults:
            token, _, words = one.place.partition(": ")
            paths = [self.paths[token]] if token in self.paths else list(self._worked_out(words))
            taken = [
                path
                for path in paths
                if path and path[0] in {"facts", "parties", "records", "waivers"} and len(path) > 1
            ]
            if not taken:
                lost.append(one._replace(place=words))
            for path in taken:
                found.setdefault(path, one)
        if lost:
            raise CaseError(lost)
        # Later entries of a list first, so that the places of the others stay what they were.
        for path in sorted(
            found,
            key=lambda path: tuple((isinstance(step, int), step) for step in path),
            reverse=True,
        ):
            self._leave(path, found[path])

    def _worked_out(self, words: str) -> Iterator[Path]:
        """Yield what stands behind a value that is worked out and lies outside its bounds."""
        what, _, rest = words.partition(".")
        if what == "facts" and rest in self.new.facts:
            yield from (
                ("facts", name) for name in _read(self.new, rest) if name in self.document["facts"]
            )
        for name, register in (
            (self.document.get("records") or {}).items() if what == "records" else ()
        ):
            for number, row in enumerate(_rows(register)):
                head = f"{name}.{row.get('id')}."
                if rest.startswith(head):
                    yield ("records", name, "rows", number, rest.removeprefix(head))

    def _leave(self, path: Path, why: Fault) -> None:
        match path:
            case ("facts", str(name), *_):
                self._note(
                    "fact",
                    name,
                    self.old.facts,
                    why,
                    asked=name in self.new.facts and self.new.facts[name].derived is None,
                )
                self.document["facts"].pop(name, None)
            case ("waivers", int(number), *_):
                entry = _pop(self.document["waivers"], number)
                if entry is not None:
                    self._note(
                        "waiver", str(entry.get("rule", "")), self.old.rules, why, asked=False
                    )
            case ("parties", int(number), str(key), *_) if key not in {"id", "kind", "name"}:
                entry = _at(self.document["parties"], number)
                if entry is not None and not self._blank(
                    entry, key, f"{entry['id']}.{key}", entry["kind"], why
                ):
                    self._party(number, why)
            case ("parties", int(number), *_):
                self._party(number, why)
            case ("records", str(name), "rows", int(number), str(key), *_) if key != "id":
                row = _at(_rows(self.document["records"].get(name)), number)
                if row is not None and not self._blank(
                    row, key, f"{name}/{row.get('id')}.{key}", name, why
                ):
                    self._record(name, number, why)
            case ("records", str(name), "rows", int(number), *_):
                self._record(name, number, why)
            case ("records", str(name), *_):
                self._note(
                    "register", name, self.old.registers, why, asked=name in self.new.registers
                )
                self.document["records"].pop(name, None)

    def _blank(self, entry: dict[str, Any], key: str, name: str, owner: str, why: Fault) -> bool:
        """Make a field unknown, or take it away where the new book has none such; tell whether that
        changed anything.
        """
        new = (self.new.registers.get(owner) or self.new.kinds[owner]).fields.get(key)
        was = self.old.registers.get(owner) or self.old.kinds.get(owner)
        if new is not None and new.derived is None:
            if entry.get(key) == _UNKNOWN:
                return False
            entry[key] = _UNKNOWN
        elif key in entry:
            del entry[key]
        else:
            return False
        self._note(
            "field",
            name,
            {name: was.fields[key]} if was is not None and key in was.fields else {},
            why,
            asked=new is not None,
        )
        return True

    def _party(self, number: int, why: Fault) -> None:
        entry = _pop(self.document["parties"], number)
        if entry is not None:
            self._note("party", str(entry["id"]), {}, why, asked=entry["kind"] in self.new.kinds)

    def _record(self, name: str, number: int, why: Fault) -> None:
        register = self.document["records"].get(name)
        row = _pop(_rows(register), number)
        if row is not None:
            # What cannot be read did happen: more records exist than those that are left.
            register["complete"] = False
            self._note("record", f"{name}/{row.get('id')}", {}, why, asked=True)

    def _note(
        self, what: str, name: str, titled: Mapping[str, Any], why: Fault, *, asked: bool
    ) -> None:
        title = titled[name].title if name in titled else Title(name, name)
        said = why._replace(place="", near="")
        words = (
            Title(said.text(translator("zh")), said.text(translator("en"))) if asked else _NOT_ASKED
        )
        self.left.setdefault((what, name), Left(what, name, title, asked, words))


def _open(entry: dict[str, Any], earlier: Mapping[str, Field], fields: Mapping[str, Field]) -> None:
    for key, slot in fields.items():
        if (
            key in entry
            or slot.derived is not None
            or slot.default is not None
            or slot.missing != "none"
        ):
            continue
        was = earlier.get(key)
        if was is None or was.missing != "none" or was.derived is not None:
            entry[key] = _UNKNOWN


def _rows(register: object) -> list[Any]:
    rows = register.get("rows") if isinstance(register, dict) else register
    return rows if isinstance(rows, list) else []


def _at(items: list[Any], number: int) -> dict[str, Any] | None:
    return items[number] if number < len(items) and isinstance(items[number], dict) else None


def _pop(items: list[Any], number: int) -> dict[str, Any] | None:
    entry = _at(items, number)
    if entry is not None:
        del items[number]
    return entry


def _read(book: RuleBook, name: str) -> set[str]:
    """Return the collected facts that a worked-out one reads."""
    fact = book.facts[name]
    if fact.derived is None:
        return {name}
    inner = {
        node.name for node in walk(fact.derived) if isinstance(node, Name) and node.kind == "fact"
    }
    return {one for other in inner if other in book.facts for one in _read(book, other)}


def gaps(case: Case, old: RuleBook, carried: Case, new: RuleBook) -> Iterator[Gap]:
    """Yield what a book asks that a case does not tell: facts, registers that may hold more, fields
    of its records.
    """
    for fact in new.collected:
        if fact.id not in carried.given:
            yield Gap(
                "fact",
                fact.id,
                fact.title,
                _is_new(old.facts.get(fact.id)) or fact.id in case.given,
            )
    for name, register in new.registers.items():
        rows = carried.registers[name]
        if not rows.complete:
            was = case.registers.get(name)
            yield Gap("register", name, register.title, was is None or was.complete)
        earlier = old.registers[name].fields if name in old.registers else {}
        if rows.rows:
            for key, slot in register.fields.items():
                if slot.derived is None and slot.default is None and _is_new(earlier.get(key)):
                    yield Gap("field", f"{name}.{key}", slot.title, True)


def _is_new(was: Fact | Field | None) -> bool:
    return was is None or was.derived is not None
