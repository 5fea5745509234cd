"""The rules of red and black lists, read from YAML."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from importlib.resources import files
from typing import Any, Literal, NamedTuple, cast

from steelyard.book.model import DIMENSIONS
from steelyard.comparison.shares import PLACES, share_in
from steelyard.errors import Fault, UsageError, fault, nearest
from steelyard.located_yaml import Items, Table, Text, Value, key_place, load, mark, place_of
from steelyard.messages import Title

OVERALL = "overall"
SCORE = "score"
MEASURES: tuple[str, ...] = (OVERALL, SCORE, *DIMENSIONS)
_WITHIN = ("all", "sector", "book")
_KEYS = (
    "id",
    "title",
    "by",
    "within",
    "top",
    "bottom",
    "at_least",
    "below",
    "min_coverage",
    "min_units",
    "vetoed",
    "steps",
)
_STEP_KEYS = ("after", "title")
_ID = re.compile(r"[a-z][a-z0-9-]{0,49}")
_MOST = 1_000_000
_LONGEST = 200


class Step(NamedTuple):
    """What follows from so many appearances in a row."""

    after: int
    title: Title


class ListRule(NamedTuple):
    """Who is listed: the `most` best or worst of each group, beyond a threshold, or both.

    A good list goes by the low end of the measure, which is earned whatever is still shown, a bad
    one by the high end; shares between 0 and 1. A group of fewer than `min_units` gets no list.
    `vetoed` units are listed, whatever their points, on a bad list that says so.
    """

    id: str
    title: Title
    good: bool
    by: str
    within: Literal["all", "sector", "book"]
    most: int | None
    threshold: Decimal | None
    min_coverage: Decimal
    min_units: int
    vetoed: bool
    steps: tuple[Step, ...]

    def document(self) -> dict[str, Any]:
        """Return the rule as it is written."""
        found: dict[str, Any] = {
            "id": self.id,
            "title": self.title._asdict(),
            "by": self.by,
            "within": self.within,
        }
        if self.most is not None:
            found["top" if self.good else "bottom"] = self.most
        if self.threshold is not None:
            found["at_least" if self.good else "below"] = f"{self.threshold:f}"
        found |= {"min_coverage": f"{self.min_coverage:f}", "min_units": self.min_units}
        if not self.good:
            found["vetoed"] = "listed" if self.vetoed else "excluded"
        return found | {
            "steps": [{"after": one.after, "title": one.title._asdict()} for one in self.steps]
        }


def default_rules() -> tuple[ListRule, ...]:
    """Return the lists that ship with Steelyard."""
    file = files("steelyard.comparison") / "lists.yaml"
    return read_rules(file.read_text("utf-8"), "lists.yaml")


def read_rules(text: str, name: str) -> tuple[ListRule, ...]:
    """Read a file of lists; raises UsageError with all its faults."""
    return _Reading(name).rules(load(text, name, UsageError))


def rules_of(documents: list[dict[str, Any]]) -> tuple[ListRule, ...]:
    """Return the lists that a method kept."""
    return _Reading("lists").rules(mark({"lists": documents}, "lists"))


class _Reading:
    """One file on its way; every fault is kept until the end."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.faults: list[Fault] = []

    def rules(self, document: Value) -> tuple[ListRule, ...]:
        if not isinstance(document, Table) or not isinstance(document.get("lists"), Items):
            raise UsageError(
                [fault(place_of(document, self.name), "needs `lists`: one entry for each list")]
            )
        self._keys(document, ("lists",), "")
        found: dict[str, ListRule] = {}
        for number, entry in enumerate(cast("Items", document["lists"]), 1):
            where = f"lists[{number}]"
            if not isinstance(entry, Table):
                self._add(place_of(entry, self.name), where, "must be a table of keys and values")
                continue
            rule = self._rule(entry, where)
            if rule.id in found:
                self._add(
                    key_place(entry, "id", self.name), where, "list `{id}` stands twice", id=rule.id
                )
            found[rule.id] = rule
        if self.faults:
            raise UsageError(self.faults)
        return tuple(found.values())

    def _rule(self, entry: Table, where: str) -> ListRule:
        self._keys(entry, _KEYS, where)
        name = self._text(entry, "id", where)
        if name and not _ID.fullmatch(name):
            self._at(entry, "id", where, "`{text}` is not an id such as red-list", text=name)
        by = self._choice(entry, "by", where, MEASURES, OVERALL)
        within = self._choice(entry, "within", where, _WITHIN, "all")
        if by == SCORE and within != "book":
            self._at(
                entry,
                "within",
                where,
                "lists by `score` are made within a book: scores of different books are "
                "never set side by side",
            )
        good, bad = (entry.keys() & keys for keys in ({"top", "at_least"}, {"bottom", "below"}))
        if bool(good) == bool(bad):
            self._add(
                place_of(entry, self.name),
                where,
                "needs `top` or `at_least` for a good list, or `bottom` or `below` for a bad one",
            )
        count = next(
            (self._whole(entry, key, where, 1) for key in ("top", "bottom") if key in entry), None
        )
        threshold = next(
            (self._share(entry, key, where) for key in ("at_least", "below") if key in entry), None
        )
        vetoed = self._choice(entry, "vetoed", where, ("listed", "excluded"), "excluded")
        if vetoed == "listed" and good:
            self._at(entry, "vetoed", where, "a vetoed unit cannot stand on a good list")
        return ListRule(
            id=name,
            title=self._title(entry, where, name),
            good=bool(good),
            by=by,
            within=cast("Any", within),
            most=count,
            threshold=threshold,
            min_coverage=self._share(entry, "min_coverage", where)
            if "min_coverage" in entry
            else Decimal("0.6"),
            min_units=self._whole(entry, "min_units", where, 1) if "min_units" in entry else 8,
            vetoed=vetoed == "listed",
            steps=self._steps(entry, where),
        )

    def _steps(self, entry: Table, where: str) -> tuple[Step, ...]:
        given = entry.get("steps")
        if given is None:
            return ()
        if not isinstance(given, Items):
            self._at(
                entry, "steps", where, "must be a list of steps, each with `after` and `title`"
            )
            return ()
        steps: list[Step] = []
        for number, one in enumerate(given, 1):
            at = f"{where}.steps[{number}]"
            if not isinstance(one, Table):
                self._add(place_of(one, self.name), at, "must be a table of keys and values")
                continue
            self._keys(one, _STEP_KEYS, at)
            step = Step(self._whole(one, "after", at, 1), self._title(one, at, ""))
            if steps and step.after <= steps[-1].after:
                self._at(
                    one,
                    "after",
                    at,
                    "steps run upwards, and {after} comes after {before}",
                    after=step.after,
                    before=steps[-1].after,
                )
            steps.append(step)
        return tuple(steps)

    def _title(self, entry: Table, where: str, otherwise: str) -> Title:
        given = entry.get("title")
        if isinstance(given, Text):
            return Title(str(given), str(given))
        if isinstance(given, Table):
            self._keys(given, ("zh", "en"), f"{where}.title")
            said = {
                key: value
                for key, value in given.items()
                if isinstance(value, Text) and value.strip()
            }
            if said:
                first = next(iter(said.values()))
                return Title(
                    str(said.get("zh", first))[:_LONGEST], str(said.get("en", first))[:_LONGEST]
                )
        if given is not None or not otherwise:
            self._at(entry, "title", where, "must be a text, or a table with `zh` and `en`")
        return Title(otherwise, otherwise)

    def _text(self, entry: Table, key: str, where: str) -> str:
        value = entry.get(key)
        if isinstance(value, Text):
            return str(value)
        self._at(entry, key, where, "must be a text" if key in entry else "is missing")
        return ""

    def _choice(
        self, entry: Table, key: str, where: str, known: tuple[str, ...], otherwise: str
    ) -> str:
        if key not in entry:
            return otherwise
        value = self._text(entry, key, where)
        if value in known:
            return value
        if value:
            self._at(
                entry,
                key,
                where,
                "`{text}` is none of {known}",
                nearest(value, known),
                text=value,
                known=tuple(known),
            )
        return otherwise

    def _whole(self, entry: Table, key: str, where: str, least: int) -> int:
        value = entry.get(key)
        if (
            isinstance(value, Text)
            and value.isascii()
            and value.isdigit()
            and len(value) < 9
            and least <= int(value) <= _MOST
        ):
            return int(value)
        if value is None:
            self._at(entry, key, where, "is missing")
        else:
            self._at(
                entry,
                key,
                where,
                "must be a whole number from {least} to {most}",
                least=least,
                most=_MOST,
            )
        return least

    def _share(self, entry: Table, key: str, where: str) -> Decimal:
        value = entry.get(key)
        if not isinstance(value, Text):
            self._at(entry, key, where, "must be a share such as 0.6 or 60%")
            return Decimal(0)
        place = f"{key_place(entry, key, self.name)}: {where}.{key}"
        found = share_in(value, PLACES, place)
        if isinstance(found, Fault):
            self.faults.append(found)
            return Decimal(0)
        return found

    def _keys(self, table: Table, known: tuple[str, ...], where: str) -> None:
        for key in table:
            if key not in known:
                self._add(
                    key_place(table, key, self.name),
                    where,
                    "unknown key `{key}`",
                    nearest(key, known),
                    key=key,
                )

    def _at(
        self,
        table: Mapping[str, Value],
        key: str,
        where: str,
        message: str,
        near: str = "",
        **values: object,
    ) -> None:
        self._add(key_place(table, key, self.name), f"{where}.{key}", message, near, **values)

    def _add(self, place: str, where: str, message: str, near: str = "", **values: object) -> None:
        self.faults.append(fault(f"{place}: {where}" if where else place, message, near, **values))
