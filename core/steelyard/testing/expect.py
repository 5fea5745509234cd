"""What an entry expects of its case: checked against the book, then compared with the
assessment.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import NamedTuple, TypeVar, get_args

from steelyard.book.model import Outcome, RuleBook
from steelyard.errors import Fault, fault, nearest
from steelyard.located_yaml import Items, Table, Text, Value, key_place, place_of

_NUMBER = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,20})?")
T = TypeVar("T")
KEYS = ("findings", "score", "grade", "veto", "not_rated", "coverage", "consequences", "ladder")
FINDING = ("outcome", "points", "because")
ROW = ("all", "certain")
OUTCOMES: tuple[str, ...] = get_args(Outcome)
VETOES = ("no", "possible", "yes")
RUNGS = ("yes", "no", "open")
_RATED: Mapping[str, str] = {**{one: one for one in VETOES}, "true": "yes", "false": "no"}
_TRUTHS: Mapping[str, bool] = {"yes": True, "true": True, "no": False, "false": False}
SUBJECT = "subject"

ONLY = "only"
Options = tuple[tuple[str, ...], ...]
"""The option lists of one consequence."""


class Row(NamedTuple):
    """One consequence that is expected: its option lists, and whether it is certain where that is
    said.
    """

    options: Options
    certain: bool | None = None


class Wanted(NamedTuple):
    """What is expected of one rule; an end that is None is not looked at."""

    outcome: str | None = None
    low: Decimal | None = None
    high: Decimal | None = None
    because: str | None = None


class Expected(NamedTuple):
    """What an entry expects, typed; None and empty ends are not looked at.

    `consequences` holds what follows by party (`subject` for the unit); with `only`, and where it
    is empty, nothing may follow for anybody who is not named.
    """

    findings: Mapping[str, Wanted]
    score: tuple[Decimal | None, Decimal | None] = (None, None)
    grade: tuple[str | None, str | None] = (None, None)
    veto: str | None = None
    not_rated: str | None = None
    coverage: Decimal | None = None
    consequences: Mapping[str, tuple[Row, ...]] | None = None
    only: bool = False
    ladder: Mapping[str, str] | None = None


class Reading:
    """Reads what an entry expects; faults gather until the end."""

    def __init__(self, book: RuleBook) -> None:
        """Take the book whose names may stand in it."""
        self.book = book
        self.faults: list[Fault] = []

    def read(self, said: Table) -> Expected:
        """Return what is expected; what could not be read is left out, and told in `faults`."""
        self._keys(said, KEYS, said.place)
        findings: dict[str, Wanted] = {}
        for rule, wanted in self._mapping(said, "findings").items():
            place = f"{key_place(said['findings'], rule, said.place)}: {rule}"
            if rule in self.book.rules:
                findings[rule] = self._wanted(wanted, place)
            else:
                self._unknown(place, "unknown rule `{name}`", rule, self.book.rules)
        names = [*(one.id for one in self.book.grades), "vetoed"]
        return Expected(
            findings,
            score=self._ends(said.get("score"), self._at(said, "score"), self._number),
            grade=self._ends(
                said.get("grade"),
                self._at(said, "grade"),
                lambda value, place: self._word(value, place, names),
            ),
            veto=self._word(said.get("veto"), self._at(said, "veto"), VETOES),
            not_rated=_RATED.get(
                self._word(said.get("not_rated"), self._at(said, "not_rated"), _RATED) or ""
            ),
            coverage=self._number(said.get("coverage"), self._at(said, "coverage")),
            consequences=self._consequences(said) if "consequences" in said else None,
            only=self._only(said),
            ladder=self._ladder(said),
        )

    def _wanted(self, said: Value, place: str) -> Wanted:
        if not isinstance(said, Table):
            return Wanted(self._word(said, place, OUTCOMES))
        self._keys(said, FINDING, place)
        low, high = self._ends(said.get("points"), f"{place}.points", self._number)
        because = said.get("because")
        if because is not None and not isinstance(because, Text):
            self.faults.append(fault(f"{place}.because", "a single value is wanted here"))
        return Wanted(
            self._word(said.get("outcome"), f"{place}.outcome", OUTCOMES),
            low,
            high,
            str(because) if isinstance(because, Text) else None,
        )

    def _ends(
        self, said: Value, place: str, read: Callable[[Value, str], T | None]
    ) -> tuple[T | None, T | None]:
        """Return both ends as `read` gives them: of one value, of a list of two, or of `low` and
        `high`.
        """
        if isinstance(said, Table):
            self._keys(said, ("low", "high"), place)
            return read(said.get("low"), f"{place}.low"), read(said.get("high"), f"{place}.high")
        if not isinstance(said, Items):
            both = read(said, place)
            return both, both
        if len(said) == 2:
            return read(said[0], place), read(said[1], place)
        self.faults.append(fault(place, "a list here holds the least and the most"))
        return None, None

    def _only(self, said: Table) -> bool:
        """Whether nothing else may follow; a party cannot be called `only`."""
        wanted = said.get("consequences")
        if not isinstance(wanted, Table):
            return False
        place = f"{key_place(wanted, ONLY, said.place)}: consequences.{ONLY}"
        return _TRUTHS.get(self._word(wanted.get(ONLY), place, _TRUTHS) or "") or not wanted

    def _consequences(self, said: Table) -> dict[str, tuple[Row, ...]]:
        found: dict[str, tuple[Row, ...]] = {}
        wanted = self._mapping(said, "consequences")
        for party, rows in wanted.items():
            if party == ONLY:
                continue
            place = f"{key_place(wanted, party, said.place)}: consequences.{party}"
            if rows is not None and not isinstance(rows, Items):
                self.faults.append(
                    fault(place, "a list of consequences is wanted, each a list of options")
                )
                continue
            found[party] = tuple(sorted((self._row(row, place) for row in rows or ()), key=str))
        return found

    def _row(self, row: Value, place: str) -> Row:
        """Return one consequence: its options alone, or `all` of them beside `certain`."""
        if not isinstance(row, Table):
            return Row(self._options(row, place))
        self._keys(row, ROW, place)
        certain = self._word(row.get("certain"), f"{place}.certain", _TRUTHS)
        return Row(self._options(row.get("all"), place), _TRUTHS.get(certain or ""))

    def _options(self, row: Value, place: str) -> Options:
        """Return the options of one consequence; measures that stand bare in it are its only
        option.
        """
        if not isinstance(row, Items):
            self.faults.append(
                fault(
                    place_of(row, place),
                    "a consequence is a list of options, and an option a list of measures",
                )
            )
            return ()
        bundles = row if any(isinstance(one, Items) for one in row) else [row]
        return tuple(
            tuple(
                self._measure(name, place)
                for name in (bundle if isinstance(bundle, Items) else [bundle])
            )
            for bundle in bundles
        )

    def _measure(self, said: Value, place: str) -> str:
        name = str(said)
        if not isinstance(said, Text) or name not in self.book.measures:
            self._unknown(place, "unknown measure `{name}`", name, self.book.measures)
        return name

    def _ladder(self, said: Table) -> dict[str, str] | None:
        if "ladder" not in said:
            return None
        rungs = {one.id for one in self.book.ladder}
        found: dict[str, str] = {}
        for rung, met in self._mapping(said, "ladder").items():
            place = f"{key_place(said['ladder'], rung, said.place)}: ladder.{rung}"
            if rung not in rungs:
                self._unknown(place, "unknown rung `{name}`", rung, rungs)
            found[rung] = self._word(met, place, RUNGS) or ""
        return found

    def _mapping(self, said: Table, key: str) -> Table:
        value = said.get(key)
        if isinstance(value, Table):
            return value
        if value is not None:
            self.faults.append(fault(self._at(said, key), "a mapping is wanted"))
        empty = Table()
        empty.place, empty.keys_at, empty.size = said.place, {}, 1
        return empty

    def _keys(self, said: Table, known: tuple[str, ...], place: str) -> None:
        for key in said:
            if key not in known:
                self._unknown(key_place(said, key, place), "unknown key `{name}`", key, known)

    def _word(self, said: Value, place: str, known: Iterable[str]) -> str | None:
        if said is None:
            return None
        if isinstance(said, Text) and said in known:
            return str(said)
        word = str(said) if isinstance(said, Text) else ""
        self.faults.append(
            fault(
                place,
                "`{name}` is not one of {known}",
                nearest(word, known),
                name=word,
                known=tuple(known),
            )
        )
        return None

    def _number(self, said: Value, place: str) -> Decimal | None:
        if said is None:
            return None
        if isinstance(said, Text) and _NUMBER.fullmatch(said):
            return Decimal(said)
        self.faults.append(
            fault(place, "`{text}` is not a number", text=said if isinstance(said, Text) else "")
        )
        return None

    def _unknown(self, place: str, message: str, name: str, known: Iterable[str]) -> None:
        self.faults.append(fault(place, message, nearest(name, known), name=name))

    def _at(self, said: Table, key: str) -> str:
        return f"{key_place(said, key, said.place)}: {key}"
