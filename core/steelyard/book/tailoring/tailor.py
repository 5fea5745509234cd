"""What an authority changes in the books that it extends: figures set, rules dropped with their
reason, added, replaced.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from steelyard.book.entries import (
    KEYED,
    LISTED,
    changed,
    copy_of,
    empty,
    entry_of,
    id_of,
    list_of,
    names_of,
    shape_of,
    write,
)
from steelyard.book.tailoring.cite import citable, cite
from steelyard.book.tailoring.shares import has_steps, raised_to, unit_of
from steelyard.errors import Fault, fault, nearest
from steelyard.located_yaml import Items, Table, Text, Value, key_place, mark, place_of

INNER: Mapping[str, tuple[tuple[str, ...], str]] = {
    "items": (("rules",), "checklist"),
    "deliverables": (("stages",), "deliverables"),
    "fields": (("records", "parties"), ""),
}
"""What can be added inside an entry: the parts that hold such entries, and the list's key there."""
_WAYS = ("set", "drop", "add", "replace")
_FIGURES: Mapping[str, tuple[str, ...]] = {"points": (), "weight": ("rules",)}
"""The keys of `set` that hold figures by id, and the parts in which such ids stand; any for
none.
"""


class Tailored(NamedTuple):
    """The changed mapping; whose each changed figure is; what was dropped and why; which sections
    lost a rule.
    """

    table: Table
    changed: dict[str, str]
    dropped: dict[str, Value]
    shrunk: frozenset[str]


def tailor(base: Table, said: Value, whose: str, faults: list[Fault]) -> Tailored:
    """Return a book's mapping with an authority's changes; what does not fit is noted in `faults`.

    `set` changes figures: `parameters: {name: figure or dated figures}`,
    `points: {rule or section: points}`, `weight: {rule: weight}`, by part (`rules: {training:
    {points: 6}}`), or straight by
    name. `drop` maps rules and limiters to reasons. `add` and `replace` hold entries by part, or a
    list of rules.
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
        faults.append(
            fault(
                f"{place_of(said, '')}: tailor",
                "a mapping with set, drop, add or replace is wanted",
            )
        )
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
                self.note(
                    f"{place_of(said, '')}: tailor.set", "a mapping of what changes is wanted"
                )
            return
        for key, value in said.items():
            place = f"{key_place(said, key, '')}: tailor.set.{key}"
            if key == "cites" and isinstance(value, Table):
                for name, clauses in value.items():
                    self._cite(
                        name, clauses, f"{key_place(value, name, '')}: tailor.set.cites.{name}"
                    )
            elif key == "cites" or key in _FIGURES or key in LISTED or key in KEYED:
                if not isinstance(value, Table):
                    self.note(place, "a mapping of what changes is wanted")
                    continue
                for name, change in value.items():
                    here = f"{key_place(value, name, '')}: tailor.set.{key}.{name}"
                    self._change(
                        name,
                        change,
                        here,
                        _FIGURES.get(key, (key,)),
                        "weight" if key == "weight" else "",
                    )
            else:
                self._change(key, value, place, ())

    def _change(
        self, name: str, change: Value, place: str, parts: tuple[str, ...], figure: str = ""
    ) -> None:
        part = next(
            (
                part
                for part in parts or (*KEYED[:1], *LISTED, *KEYED[1:])
                if name in self._names(part)
            ),
            None,
        )
        if part is None:
            known = [one for part in parts or (*KEYED, *LISTED) for one in self._names(part)]
            known += (
                []
                if parts or place.endswith(f".points.{name}")
                else ["cites", *_FIGURES, *KEYED, *LISTED]
            )
            self.note(place, "there is no `{id}` to tailor", nearest(name, known), id=name)
            return
        if part == "parameters":
            self._parameter(name, change)
        elif isinstance(change, Table) and not self._is_graded(part, name, change):
            self._write(part, name, changed(self._entry(part, name), change))
            for key in change:
                self.changed[f"{part}.{name}.{key}"] = self.whose
        else:
            key = figure or ("at_least" if part == "grades" else "points")
            if part not in {"rules", "sections", "grades"}:
                self.note(place, "a mapping of what changes is wanted")
                return
            self._figure(part, name, key, change)

    def _cite(self, name: str, clauses: Value, place: str) -> None:
        """Name which clauses of this scheme a thing carries out: a rule, an item, a fact,
        `register.field`, a measure, ….
        """
        found = cite(self.table, name, clauses)
        if found is None:
            self.note(
                place,
                "there is no `{id}` to tailor",
                nearest(name, list(citable(self.table))),
                id=name,
            )
        else:
            self.table = found

    def _is_graded(self, part: str, name: str, change: Table) -> bool:
        """Whether a mapping gives points by grade, rather than keys of the rule that change."""
        entry = self._entry(part, name)
        points = entry.get("points") if isinstance(entry, Table) else None
        return isinstance(points, Table) and set(change) <= set(points)

    def _figure(self, part: str, name: str, key: str, value: Value) -> None:
        entry = self._entry(part, name)
        if (
            part == "rules"
            and key == "points"
            and isinstance(entry, Table)
            and isinstance(value, Text)
            and has_steps(entry)
        ):
            with suppress(InvalidOperation, ValueError, ZeroDivisionError):
                self._write(part, name, raised_to(entry, Decimal(str(value)), unit_of(self.table)))
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
            figures, rest = change, empty(change)
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
                self.note(
                    place,
                    "there is no rule or limiter `{id}` to drop",
                    nearest(name, known),
                    id=name,
                )
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
            self.note(
                f"{place_of(said, at)}: tailor.drop", "a mapping of rules to reasons is wanted"
            )

    def entries(
        self, said: Value, at: str, way: str, take: Callable[[str, str, Value, str], None]
    ) -> None:
        """Pass every entry of `add` or `replace`, by part and id, to a method of this work."""
        parts: Table | dict[str, Value] = (
            said if isinstance(said, Table) else {"rules": said} if isinstance(said, Items) else {}
        )
        if said is not None and not isinstance(said, (Table, Items)):
            self.note(
                f"{place_of(said, at)}: tailor.{way}",
                "entries by part, or a list of rules, are wanted",
            )
        for part, entries in parts.items():
            place = f"{key_place(said, part, at)}: tailor.{way}"
            if part in LISTED and isinstance(entries, Items):
                for entry in entries:
                    take(
                        part,
                        id_of(entry),
                        entry,
                        f"{place_of(entry, at)}: tailor.{way}.{part}.{id_of(entry)}",
                    )
            elif part in KEYED and isinstance(entries, Table):
                for name, entry in entries.items():
                    take(
                        part,
                        name,
                        entry,
                        f"{key_place(entries, name, at)}: tailor.{way}.{part}.{name}",
                    )
            elif part == "consequences" and isinstance(entries, Items) and way == "add":
                both = list_of(self.table.get(part))
                both.extend(entries)
                self.table[part] = both
            elif part in INNER and isinstance(entries, Table) and way == "add":
                for name, inner in entries.items():
                    self._join(
                        part,
                        name,
                        inner,
                        f"{key_place(entries, name, at)}: tailor.{way}.{part}.{name}",
                    )
            elif way == "replace" and part in (*INNER, "consequences"):
                self.note(f"{place}.{part}", "can be added, and not replaced")
            elif part in (*LISTED, "consequences"):
                self.note(f"{place}.{part}", "a list is wanted, not {text}", text=shape_of(entries))
            elif part in (*KEYED, *INNER):
                self.note(
                    f"{place}.{part}", "a mapping is wanted, not {text}", text=shape_of(entries)
                )
            else:
                self.note(
                    place,
                    "unknown key `{key}`",
                    nearest(part, (*LISTED, *KEYED, "consequences", *INNER)),
                    key=part,
                )

    def replace(self, part: str, name: str, entry: Value, place: str) -> None:
        if name not in self._names(part):
            self.note(
                place, "there is no `{id}` to replace", nearest(name, self._names(part)), id=name
            )
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
        """Add items to a checklist, deliverables to a stage, or fields to a register or kind of
        party.
        """
        parts, key = INNER[kind]
        part = next((part for part in parts if name in self._names(part)), None)
        entry = self._entry(part, name) if part is not None else None
        if part is None or not isinstance(entry, Table):
            known = [one for part in parts for one in self._names(part)]
            self.note(place, "there is no `{id}` to tailor", nearest(name, known), id=name)
            return
        there = list_of(entry.get(key))
        said = (
            [(id_of(one), one) for one in inner]
            if isinstance(inner, Items)
            else inner.items()
            if isinstance(inner, Table)
            else []
        )
        if isinstance(inner, Items) != bool(key) or not said:
            wanted = "a list is wanted, not {text}" if key else "a mapping is wanted, not {text}"
            self.note(place, wanted, text=shape_of(inner))
            return
        if kind == "items" and key not in entry:
            self.note(place, "`{id}` has no checklist", id=name)
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
        return names_of(self.table.get(part))

    def _entry(self, part: str, name: str) -> Value:
        return entry_of(self.table.get(part), name)

    def _write(self, part: str, name: str, entry: Value) -> None:
        write(self.table, part, name, entry)
