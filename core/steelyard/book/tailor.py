"""What an authority changes in the books that it extends: figures set, rules dropped with their reason, added, replaced."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from decimal import ROUND_FLOOR, Decimal, InvalidOperation
from typing import NamedTuple

from steelyard.book.cite import citable, cite
from steelyard.errors import Fault, fault, nearest
from steelyard.marked import Items, Table, Text, Value, key_place, mark, place_of

LISTED = ("sections", "rules", "limiters", "stages", "ladder", "grades")
KEYED = ("parameters", "facts", "parties", "records", "measures")
INNER: Mapping[str, tuple[tuple[str, ...], str]] = {
    "items": (("rules",), "checklist"), "deliverables": (("stages",), "deliverables"), "fields": (("records", "parties"), ""),
}  # fmt: skip
"""What can be added inside an entry: the parts that hold such entries, and the list's key there."""
_MOST, _FINEST = 10**9, 9
_WAYS = ("set", "drop", "add", "replace")


class Tailored(NamedTuple):
    """The changed mapping; whose each changed figure is; what was dropped and why; which sections lost a rule."""

    table: Table
    changed: dict[str, str]
    dropped: dict[str, Value]
    shrunk: frozenset[str]


def tailor(base: Table, said: Value, whose: str, faults: list[Fault]) -> Tailored:
    """Give a book's mapping with an authority's changes; what does not fit is noted in `faults`.

    `set` changes figures: `parameters: {name: figure or dated figures}`, `points: {rule or section: points}`, by part
    (`rules: {training: {points: 6}}`), or straight by name. `drop` maps rules and limiters to reasons. `add` and
    `replace` hold entries by part, or a list of rules.
    """
    work = _Work(copy_of(base), whose, faults)
    if isinstance(said, Table):
        for way in said:
            if way not in _WAYS:
                place = f"{key_place(said, way, '')}: tailor"
                faults.append(fault(place, "unknown key `{key}`", nearest(way, _WAYS), key=way))
        work.set(said.get("set"))
        work.drop(said.get("drop"), key_place(said, "drop", ""))
        work.entries(said.get("replace"), key_place(said, "replace", ""), "replace", work.replace)
        work.entries(said.get("add"), key_place(said, "add", ""), "add", work.add)
    elif said is not None:
        faults.append(fault(f"{place_of(said, '')}: tailor", "a mapping with set, drop, add or replace is wanted"))
    return Tailored(work.table, work.changed, work.dropped, frozenset(work.shrunk))


class _Work:
    """One tailoring under way."""

    def __init__(self, table: Table, whose: str, faults: list[Fault]) -> None:
        self.table = table
        self.whose = whose
        self.faults = faults
        self.changed: dict[str, str] = {}
        self.dropped: dict[str, Value] = {}
        self.shrunk: set[str] = set()

    def note(self, place: str, message: str, near: str = "", **values: object) -> None:
        self.faults.append(fault(place, message, near, **values))

    def set(self, said: Value) -> None:
        if not isinstance(said, Table):
            if said is not None:
                self.note(f"{place_of(said, '')}: tailor.set", "a mapping of what changes is wanted")
            return
        for key, value in said.items():
            place = f"{key_place(said, key, '')}: tailor.set.{key}"
            if key == "cites" and isinstance(value, Table):
                for name, clauses in value.items():
                    self._cite(name, clauses, f"{key_place(value, name, '')}: tailor.set.cites.{name}")
            elif key in {"cites", "points"} or key in LISTED or key in KEYED:
                if not isinstance(value, Table):
                    self.note(place, "a mapping of what changes is wanted")
                    continue
                for name, change in value.items():
                    here = f"{key_place(value, name, '')}: tailor.set.{key}.{name}"
                    self._change(name, change, here, () if key == "points" else (key,))
            else:
                self._change(key, value, place, ())

    def _change(self, name: str, change: Value, place: str, parts: tuple[str, ...]) -> None:
        part = next((part for part in parts or (*KEYED[:1], *LISTED, *KEYED[1:]) if name in self._names(part)), None)
        if part is None:
            known = [one for part in parts or (*KEYED, *LISTED) for one in self._names(part)]
            self.note(place, "there is no `{id}` to tailor", nearest(name, known), id=name)
            return
        if part == "parameters":
            self._parameter(name, change)
        elif isinstance(change, Table) and not self._is_graded(part, name, change):
            self._write(part, name, changed(self._entry(part, name), change))
            for key in change:
                self.changed[f"{part}.{name}.{key}"] = self.whose
        else:
            key = "at_least" if part == "grades" else "points"
            if part not in {"rules", "sections", "grades"}:
                self.note(place, "a mapping of what changes is wanted")
                return
            self._figure(part, name, key, change)

    def _cite(self, name: str, clauses: Value, place: str) -> None:
        """Say which clauses of this scheme a thing carries out: a rule, an item, a fact, `register.field`, a measure, …."""
        found = cite(self.table, name, clauses)
        if found is None:
            self.note(place, "there is no `{id}` to tailor", nearest(name, list(citable(self.table))), id=name)
        else:
            self.table = found

    def _is_graded(self, part: str, name: str, change: Table) -> bool:
        """Tell whether a mapping gives points by grade, rather than keys of the rule that change."""
        entry = self._entry(part, name)
        points = entry.get("points") if isinstance(entry, Table) else None
        return isinstance(points, Table) and set(change) <= set(points)

    def _figure(self, part: str, name: str, key: str, value: Value) -> None:
        entry = self._entry(part, name)
        if part == "rules" and isinstance(entry, Table) and isinstance(value, Text) and _has_steps(entry):
            with suppress(InvalidOperation, ValueError, ZeroDivisionError):
                self._write(part, name, raised_to(entry, Decimal(str(value)), _unit(self.table)))
                self.changed[f"{part}.{name}.{key}"] = self.whose
                return
        change = Table({key: value})
        change.place, change.keys_at, change.size = place_of(value, ""), {}, 1
        self._write(part, name, changed(self._entry(part, name), change))
        self.changed[f"{part}.{name}.{key}"] = self.whose

    def _parameter(self, name: str, change: Value) -> None:
        entry = self._entry("parameters", name)
        if not isinstance(entry, Table):
            entry = mark({"0001-01-01": entry}, place_of(entry, ""))
        about = {"values", "title", "cites", "notes"}
        if isinstance(change, Table) and set(change) & about:
            figures, rest = change.get("values"), changed(None, change)
            rest.pop("values", None)
        else:
            figures, rest = change, _empty(change)
        if figures is not None and not isinstance(figures, Table):
            # A bare figure holds from the beginning: it takes the place of all that stood there.
            figures, old = mark({"0001-01-01": figures}, place_of(figures, "")), None
        else:
            old = entry.get("values", entry) if isinstance(entry, Table) else None
        long = entry if isinstance(entry, Table) and "values" in entry else None
        whole = changed(long, rest) if long is not None or rest else None
        values = changed(old, figures) if isinstance(figures, Table) else old
        if whole is None:
            self._write("parameters", name, values)
        else:
            whole["values"] = values
            self._write("parameters", name, whole)
        self.changed[f"parameters.{name}"] = self.whose

    def drop(self, said: Value, at: str) -> None:
        for name, reason, place in self._drops(said, at):
            part = next((part for part in ("rules", "limiters") if name in self._names(part)), None)
            if part is None:
                known = [*self._names("rules"), *self._names("limiters")]
                self.note(place, "there is no rule or limiter `{id}` to drop", nearest(name, known), id=name)
                continue
            if reason is None:
                self.note(place, "wants the reason for which it is dropped")
            entry = self._entry(part, name)
            if part == "rules" and isinstance(entry, Table) and entry.get("bonus") is None:
                self.shrunk.add(str(entry.get("section", "")))
            kept = list_of(self.table.get(part))
            kept[:] = [one for one in kept if id_of(one) != name]
            self.table[part] = kept
            self.dropped[name] = reason

    def _drops(self, said: Value, at: str) -> Iterator[tuple[str, Value, str]]:
        if isinstance(said, Table):
            for name, reason in said.items():
                yield name, reason, f"{key_place(said, name, at)}: tailor.drop.{name}"
        elif isinstance(said, Items):
            for entry in said:
                if isinstance(entry, Table):
                    name = str(entry.get("rule") or entry.get("limiter") or entry.get("id") or "")
                    yield name, entry.get("reason"), f"{entry.place}: tailor.drop.{name}"
                else:
                    yield str(entry), None, f"{place_of(entry, at)}: tailor.drop.{entry}"
        elif said is not None:
            self.note(f"{place_of(said, at)}: tailor.drop", "a mapping of rules to reasons is wanted")

    def entries(self, said: Value, at: str, way: str, take: Callable[[str, str, Value, str], None]) -> None:
        """Give every entry of `add` or `replace`, by part and id, to a method of this work."""
        parts: Table | dict[str, Value] = said if isinstance(said, Table) else {"rules": said} if isinstance(said, Items) else {}
        if said is not None and not isinstance(said, (Table, Items)):
            self.note(f"{place_of(said, at)}: tailor.{way}", "entries by part, or a list of rules, are wanted")
        for part, entries in parts.items():
            place = f"{key_place(said, part, at)}: tailor.{way}"
            if part in LISTED and isinstance(entries, Items):
                for entry in entries:
                    take(part, id_of(entry), entry, f"{place_of(entry, at)}: tailor.{way}.{part}.{id_of(entry)}")
            elif part in KEYED and isinstance(entries, Table):
                for name, entry in entries.items():
                    take(part, name, entry, f"{key_place(entries, name, at)}: tailor.{way}.{part}.{name}")
            elif part == "consequences" and isinstance(entries, Items) and way == "add":
                both = list_of(self.table.get(part))
                both.extend(entries)
                self.table[part] = both
            elif part in INNER and isinstance(entries, Table) and way == "add":
                for name, inner in entries.items():
                    self._join(part, name, inner, f"{key_place(entries, name, at)}: tailor.{way}.{part}.{name}")
            else:
                self.note(f"{place}.{part}", "cannot be tailored so")

    def replace(self, part: str, name: str, entry: Value, place: str) -> None:
        if name not in self._names(part):
            self.note(place, "there is no `{id}` to replace", nearest(name, self._names(part)), id=name)
            return
        self._write(part, name, entry)
        self.changed[f"{part}.{name}"] = self.whose

    def add(self, part: str, name: str, entry: Value, place: str) -> None:
        if name in self._names(part):
            self.note(place, "`{id}` stands already; use `replace` or `set`", id=name)
        elif part in LISTED:
            both = list_of(self.table.get(part))
            both.append(entry)
            self.table[part] = both
        else:
            self._write(part, name, entry)
        self.changed[f"{part}.{name}"] = self.whose

    def _join(self, kind: str, name: str, inner: Value, place: str) -> None:
        """Add items to a checklist, deliverables to a stage, or fields to a register or kind of party."""
        parts, key = INNER[kind]
        part = next((part for part in parts if name in self._names(part)), None)
        entry = self._entry(part, name) if part is not None else None
        if part is None or not isinstance(entry, Table):
            known = [one for part in parts for one in self._names(part)]
            self.note(place, "there is no `{id}` to tailor", nearest(name, known), id=name)
            return
        there = list_of(entry.get(key))
        said = [(id_of(one), one) for one in inner] if isinstance(inner, Items) else inner.items() if isinstance(inner, Table) else []
        if isinstance(inner, Items) != bool(key) or not said:
            self.note(place, "cannot be tailored so")
            return
        whole = copy_of(entry)
        for one, value in said:
            if one in ({id_of(old) for old in there} if key else entry):
                self.note(place, "`{id}` stands already; use `replace` or `set`", id=one)
            elif key:
                there.append(value)
            else:
                whole[one] = value
                whole.keys_at[one] = place_of(value, place)
        if key:
            whole[key] = there
        self._write(part, name, whole)

    def _names(self, part: str) -> list[str]:
        held = self.table.get(part)
        if isinstance(held, Table):
            return list(held)
        return [id_of(one) for one in held] if isinstance(held, Items) else []

    def _entry(self, part: str, name: str) -> Value:
        held = self.table.get(part)
        if isinstance(held, Table):
            return held.get(name)
        return next((one for one in list_of(held) if id_of(one) == name), None)

    def _write(self, part: str, name: str, entry: Value) -> None:
        write(self.table, part, name, entry)


def write(book: Table, part: str, name: str, entry: Value) -> None:
    """Put an entry into a part of a book's mapping, in the place of the one of that id."""
    held = book.get(part)
    if part in KEYED:
        table = copy_of(held) if isinstance(held, Table) else _empty(entry)
        table[name] = entry
        table.keys_at[name] = place_of(entry, table.place)
        book[part] = table
    else:
        items = list_of(held)
        items[[id_of(one) for one in items].index(name)] = entry
        book[part] = items


def share(table: Table, sections: frozenset[str], fixed: frozenset[str]) -> dict[str, str]:
    """Share the points of dropped rules over the rest of their section, in proportion to the points there.

    `fixed` rules keep theirs. Gives the paths of changed points with a word for why. What cannot be shared exactly in
    the book's decimals goes to the largest remainders; where nothing can take it, the sums are left for the loader.
    """
    changed_: dict[str, str] = {}
    unit = _unit(table)
    for name in sections:
        rules = [
            one for one in list_of(table.get("rules")) if isinstance(one, Table) and one.get("section") == name and one.get("bonus") is None
        ]
        section = next((one for one in list_of(table.get("sections")) if isinstance(one, Table) and id_of(one) == name), None)
        try:
            whole = _decimal(section.get("points")) if section is not None else Decimal(0)
            worth = {id_of(entry): _points(entry) for entry in rules}
        except (InvalidOperation, ValueError):
            continue
        missing = whole - sum(worth.values())
        open_ = {rule: points for rule, points in worth.items() if rule not in fixed and points > 0}
        if missing <= 0 or not open_:
            continue
        total = sum(open_.values())
        exact = {rule: points + missing * points / total for rule, points in open_.items()}
        given = {rule: points.quantize(unit, ROUND_FLOOR) for rule, points in exact.items()}
        left = int((sum(open_.values()) + missing - sum(given.values())) / unit)
        for one in sorted(exact, key=lambda rule: given[rule] - exact[rule])[:left]:
            given[one] += unit
        for entry in rules:
            if id_of(entry) in given:
                all_rules = list_of(table.get("rules"))
                all_rules[[id_of(one) for one in all_rules].index(id_of(entry))] = raised_to(entry, given[id_of(entry)], unit)
                table["rules"] = all_rules
                changed_[f"rules.{id_of(entry)}.points"] = "shared"
    return changed_


def _points(rule: Table) -> Decimal:
    """Give the most that a rule can earn, as written."""
    bands, points = rule.get("bands"), rule.get("points")
    if isinstance(bands, Items):
        return max(_decimal(band.get("points")) for band in bands if isinstance(band, Table))
    if isinstance(points, Table):
        return max(_decimal(one) for one in points.values())
    return _decimal(points)


def _decimal(value: Value) -> Decimal:
    """Give points as written; what cannot be points raises, and is left for the loader to name."""
    number = Decimal(str(value))
    if not number.is_finite() or number.copy_abs() > _MOST or int(number.as_tuple().exponent) < -_FINEST:
        raise ValueError
    return number


def _unit(table: Table) -> Decimal:
    """Give the least step of a book's points."""
    said = str(table.get("decimals"))
    return Decimal(1).scaleb(-int(said) if said in {"0", "1", "2", "3", "4"} else -2)


def _has_steps(rule: Table) -> bool:
    return isinstance(rule.get("bands"), Items) or isinstance(rule.get("points"), Table)


def raised_to(rule: Table, most: Decimal, unit: Decimal) -> Table:
    """Give a rule that earns `most` at best, its bands and grades in proportion, in steps of `unit`."""
    old, new = _points(rule), copy_of(rule)

    def raised(value: Value) -> Text:
        text = Text((Decimal(str(value)) * most / old).quantize(unit).normalize().__format__("f"))
        text.place = place_of(value, rule.place)
        return text

    bands, points = rule.get("bands"), rule.get("points")
    if isinstance(bands, Items):
        moved = list_of(bands)
        for place, band in enumerate(moved):
            if isinstance(band, Table):
                copy = copy_of(band)
                copy["points"] = raised(band.get("points"))
                moved[place] = copy
        new["bands"] = moved
    elif isinstance(points, Table):
        copy = copy_of(points)
        for option, value in points.items():
            copy[option] = raised(value)
        new["points"] = copy
    else:
        new["points"] = raised(points)
    return new


def _empty(beside: Value) -> Table:
    table = Table()
    table.place, table.keys_at, table.size = place_of(beside, ""), {}, 0
    return table


def copy_of(table: Table) -> Table:
    """Give a copy of a marked mapping; what it holds is shared."""
    copy = Table(table)
    copy.place, copy.keys_at, copy.size = table.place, dict(table.keys_at), table.size
    return copy


def list_of(value: Value, place: str = "") -> Items:
    """Give a copy of a marked sequence; an empty one for anything else."""
    items = Items(value if isinstance(value, Items) else [])
    items.place, items.size = place_of(value, place), 0
    return items


def id_of(entry: Value) -> str:
    """Give the id of an entry, as text; empty where it has none."""
    return str(entry.get("id", "")) if isinstance(entry, Table) else ""


def changed(entry: Value, change: Table) -> Table:
    """Give an entry with some keys said anew."""
    result = copy_of(entry) if isinstance(entry, Table) else copy_of(change)
    for key, value in change.items():
        result[key] = value
        result.keys_at[key] = change.keys_at.get(key, change.place)
    return result
