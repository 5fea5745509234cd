"""Rules, grades, limiters and stages of a book, built on its vocabulary."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from steelyard.book.model import (
    Deliverable,
    Grade,
    Limiter,
    Measure,
    Rule,
    Rung,
    Section,
    Stage,
)
from steelyard.book.reading.consequences import Consequences
from steelyard.book.reading.declared import notes_of, remark_of
from steelyard.book.reading.grades import Grades
from steelyard.book.reading.vocabulary import Vocabulary
from steelyard.errors import ExpressionError, Plural, nearest
from steelyard.expression.confidence import confident
from steelyard.expression.parse import Scope, condition, parse, quantity
from steelyard.expression.tree import Name, Node
from steelyard.expression.types import Choice, Number, units_of
from steelyard.forms.check import faults_of
from steelyard.forms.form import Form, Lowered, Lowering, keys_of
from steelyard.forms.phrases import titled as title_of
from steelyard.forms.table import Forms

if TYPE_CHECKING:
    from steelyard.book.document import BookEntry

Z_SQUARED: Mapping[Decimal, int] = {
    Decimal("0.8"): 1642374,
    Decimal("0.9"): 2705543,
    Decimal("0.95"): 3841459,
    Decimal("0.99"): 6634897,
}
"""The square of the two-sided normal quantile in millionths, by confidence."""

_LIMIT = Decimal(10) ** 9
Reader = Callable[[str, Scope, str], Node]


class Rules:
    """Builds everything that scores or follows; faults go to the vocabulary's list."""

    def __init__(
        self,
        entry: BookEntry,
        vocabulary: Vocabulary,
        measures: Mapping[str, Measure],
        forms: Forms,
    ) -> None:
        """Take the book as written, its names, the measures that plugins bring, and the forms in
        which rules may be written.
        """
        self.entry = entry
        self.forms = forms
        self.words = vocabulary
        self.place = vocabulary.place
        self.add = vocabulary.add
        self.sections: dict[str, Section] = {}
        self.rules: dict[str, Rule] = {}
        self.stages: dict[str, Stage] = {}
        self.grades: tuple[Grade, ...] = ()
        self.limiters: list[Limiter] = []
        self.ladder: list[Rung] = []
        self.points = self.units(entry.points, self.place("points"))
        self.ceiling = (
            0 if entry.bonus is None else self.units(entry.bonus.ceiling, self.place("bonus"))
        )
        self.open = vocabulary.scope()
        self.claimed = vocabulary.scope(claimed=True)
        self.consequences = Consequences(vocabulary, measures, self.open, self._condition)

    def build(self) -> None:
        """Fill the tables, in an order in which each finds what it names."""
        self._grades()
        self._sections()
        self._stages()
        for entry in self.entry.rules:
            with self.words.told(self.place("rules", entry.id)):
                self._rule(entry)
        self._sums()
        self._limiters()
        self.consequences.build(self.entry)
        self._ladder()

    def units(self, points: Decimal, place: str) -> int:
        """Return points in units of the book's decimals; faults where they have more places or are
        out of range.
        """
        units = units_of(points, self.entry.decimals) if points.copy_abs() <= _LIMIT else None
        if units is None or units < 0:
            self.add(
                place,
                Plural(
                    "`{points}` cannot be points: at least 0, with at most {count} decimal",
                    "`{points}` cannot be points: at least 0, with at most {count} decimals",
                ),
                points=points,
                count=self.entry.decimals,
            )
            return 0
        return units

    def _condition(self, text: str | None, scope: Scope, place: str) -> Node | None:
        return None if text is None else self.read(condition, text, scope, place)

    def read(self, reader: Reader, text: str, scope: Scope, place: str) -> Node | None:
        """Return the typed tree that `reader` makes of a text, or None after noting faults."""
        try:
            return reader(text, scope, place)
        except ExpressionError as error:
            self.words.faults.extend(error.faults)
            return None

    def _grades(self) -> None:
        def needs(text: str | None, place: str) -> Node | None:
            return self._condition(text, self.open, place)

        self.grades = Grades(self.words, self.points, self.units, needs).read(self.entry.grades)

    def _sections(self) -> None:
        for entry in self.entry.sections:
            place = self.place("sections", entry.id)
            if entry.id in self.sections:
                self.add(place, "`{id}` stands twice", id=entry.id)
            if entry.id == "book":
                # The ledger calls the whole so.
                self.add(place, "`{id}` cannot name a section", id=entry.id)
            self.sections[entry.id] = Section(
                id=entry.id,
                title=title_of(entry.title, entry.id),
                points=self.units(entry.points, place),
                responsible=entry.responsible,
            )

    def _stages(self) -> None:
        for entry in self.entry.stages:
            place = self.place("stages", entry.id)
            if entry.id in self.stages:
                self.add(place, "`{id}` stands twice", id=entry.id)
            window = entry.window
            first, last = (window.first, window.last) if window else (None, None)
            if window and window.months and (first or last):
                self.add(f"{place}.window", "gives both months and days")
            if first and last and first > last:
                self.add(f"{place}.window", "ends before it begins")
            self.stages[entry.id] = Stage(
                id=entry.id,
                title=title_of(entry.title, entry.id),
                first=first,
                last=last,
                cites=self.words.cites(entry.cites, place),
                months=tuple(sorted(set(window.months))) if window else (),
                deliverables=tuple(
                    Deliverable(
                        id=d.id,
                        title=title_of(d.title, d.id),
                        cites=self.words.cites(d.cites, self.place("stages", entry.id, d.id)),
                        method=d.method,
                    )
                    for d in entry.deliverables
                ),
                notes=remark_of(entry.notes),
            )

    def _rule(self, entry: Any) -> None:
        draft = _Draft(self, entry)
        if entry.id in self.rules:
            self.add(draft.place, "`{id}` stands twice", id=entry.id)
        said = [form for key, form in self.forms.items() if getattr(entry, key) is not None]
        if len(said) != 1:
            self.add(
                draft.place,
                "a rule has exactly one form ({forms}), not {count}",
                forms=tuple(self.forms),
                count=len(said),
            )
            return
        form = said[0]
        self._strangers(entry, form, draft.place)
        if entry.section is None:
            if entry.bonus is None:
                self.add(draft.place, "has no section")
        elif entry.section not in self.sections:
            near = nearest(entry.section, self.sections)
            self.add(f"{draft.place}.section", "unknown section `{id}`", near, id=entry.section)
        full = self._full(entry, form, draft)
        read = form.read(entry, draft)
        if read is None or draft.faulty():
            return
        bonus = entry.bonus is not None
        self.rules[entry.id] = Rule(
            id=entry.id,
            title=title_of(entry.title, entry.id),
            section=None if bonus else entry.section,
            dimension=entry.dimension,
            points=full,
            form=read,
            lowered=self._lowered(entry, read, full, draft),
            full=full,
            weight=entry.weight or 0,
            cites=self.words.cites(entry.cites, draft.place),
            method=entry.method,
            notes=notes_of(entry.notes),
            basis=entry.basis,
            responsible=entry.responsible,
            effort=entry.effort,
            not_applicable=self._condition(
                entry.not_applicable, self.open, f"{draft.place}.not_applicable"
            ),
            when_undefined=entry.when_undefined,
            bonus=bonus,
            group=entry.bonus.group if bonus else "",
            place=draft.place,
        )

    def _strangers(self, entry: Any, form: type[Form], place: str) -> None:
        """Note keys that belong to other forms than the rule's own."""
        own = keys_of(form).model_fields.keys()
        for other in self.forms.values():
            for key in keys_of(other).model_fields.keys() - own - self.forms.keys():
                if getattr(entry, key) is not None:
                    self.add(f"{place}.{key}", "does not go with `{form}`", form=form.key)
        if entry.confident is not None and not form.surveys:
            self.add(f"{place}.confident", "does not go with `{form}`", form=form.key)

    def _full(self, entry: Any, form: type[Form], draft: _Draft) -> int:
        """Return the form's own full mark; with a weight, 1 unless its points are a scale."""
        if entry.weight is not None:
            if entry.bonus is not None:
                self.add(f"{draft.place}.weight", "a bonus rule has points, not a weight")
            if not form.scaled:
                if entry.points is not None:
                    message = "a rule with a weight has no points, unless they are a scale"
                    self.add(f"{draft.place}.points", message)
                return int(10**self.entry.decimals)
        full = form.mark(entry, draft)
        if full == 0 and not draft.faulty():
            self.add(draft.place, "earns nothing: its points are 0")
        return full

    def _lowered(self, entry: Any, form: Form, full: int, draft: _Draft) -> Lowered:
        facts = self.claimed.names if draft.claimed else self.open.names
        context = Lowering(entry.id, full, self.entry.decimals, draft.claimed, facts, self.stages)
        lowered = form.lower(context)
        if form.plugin:
            # Ours are held to it by tests, a plugin's here.
            found = faults_of(form, entry, lowered, context)
            self.words.faults.extend(one.under(draft.place) for one in found)
        return lowered

    def _weights(self) -> None:
        """Share the points of sections whose rules have weights; all have one, or none has."""
        for section in list(self.sections.values()):
            rules = [rule for rule in self.rules.values() if rule.section == section.id]
            weighing = [rule for rule in rules if rule.weight]
            if not weighing:
                continue
            for rule in rules:
                if not rule.weight:
                    self.add(
                        rule.place, "has points where other rules of its section have a weight"
                    )
            self.sections[section.id] = replace(section, weighted=True)
            parts = apportioned(section.points, [rule.weight for rule in rules])
            for rule, points in zip(rules, parts, strict=True):
                self.rules[rule.id] = replace(rule, points=points)

    def _sums(self) -> None:
        def text(units: int) -> str:
            return str(Decimal(units).scaleb(-self.entry.decimals).normalize().__format__("f"))

        self._weights()
        if self.words.faults:
            return
        for section in self.sections.values():
            total = sum(rule.points for rule in self.rules.values() if rule.section == section.id)
            if total != section.points:
                self.add(
                    self.place("sections", section.id, "points").removesuffix(".points"),
                    Plural(
                        "its rules add up to {total} point, not {points}",
                        "its rules add up to {total} points, not {points}",
                        "total",
                    ),
                    total=text(total),
                    points=text(section.points),
                )
        total = sum(section.points for section in self.sections.values())
        if total != self.points:
            self.add(
                self.place("sections"),
                Plural(
                    "the sections add up to {total} point, not {points}",
                    "the sections add up to {total} points, not {points}",
                    "total",
                ),
                total=text(total),
                points=text(self.points),
            )
        if self.ceiling == 0 and any(rule.bonus for rule in self.rules.values()):
            self.add(
                self.place("rules"), "there are bonus rules but the book gives no `bonus` ceiling"
            )

    def _limiters(self) -> None:
        ids = [grade.id for grade in self.grades]
        for entry in self.entry.limiters:
            place, effect = self.place("limiters", entry.id), entry.effect
            if entry.id in {limiter.id for limiter in self.limiters} or entry.id in self.rules:
                self.add(place, "`{id}` stands twice", id=entry.id)
            if not (effect.veto or effect.not_rated or effect.cap_grade or effect.downgrade):
                self.add(
                    f"{place}.effect",
                    "does nothing: veto, not_rated, cap_grade or downgrade is wanted",
                )
            if effect.cap_grade is not None and effect.cap_grade not in ids:
                self.add(
                    f"{place}.effect",
                    "unknown grade `{id}`",
                    nearest(effect.cap_grade, ids),
                    id=effect.cap_grade,
                )
            if entry.when is None and effect.min_section is None:
                self.add(place, "has neither `when` nor `min_section`")
            floor = None
            for section, points in (effect.min_section or {}).items():
                if section not in self.sections:
                    self.add(
                        f"{place}.effect",
                        "unknown section `{id}`",
                        nearest(section, self.sections),
                        id=section,
                    )
                floor = (section, self.units(points, f"{place}.effect"))
                most = self.sections[section].points if section in self.sections else floor[1]
                if floor[1] > most:
                    self.add(
                        f"{place}.effect",
                        "`{points}` is more than section `{id}` can earn",
                        points=points,
                        id=section,
                    )
            self.limiters.append(
                Limiter(
                    id=entry.id,
                    title=title_of(entry.title, entry.id),
                    veto=effect.veto,
                    not_rated=effect.not_rated,
                    when=self._condition(entry.when, self.open, f"{place}.when"),
                    cap=effect.cap_grade,
                    downgrade=effect.downgrade,
                    floor=floor,
                    cites=self.words.cites(entry.cites, place),
                    basis=entry.basis,
                    notes=notes_of(entry.notes),
                )
            )

    def _ladder(self) -> None:
        ids = tuple(grade.id for grade in reversed(self.grades))
        names = dict(self.open.names)
        names["grade"] = Name(
            type=Choice(("vetoed", *ids), ordered=True), kind="outcome", name="grade"
        )
        names["score"] = Name(
            type=Number(self.entry.decimals, 0, self.points), kind="outcome", name="score"
        )
        scope = replace(self.open, names=names, constants=frozenset(ids))
        for entry in self.entry.ladder:
            place = self.place("ladder", entry.id)
            if entry.id in {rung.id for rung in self.ladder}:
                self.add(place, "`{id}` stands twice", id=entry.id)
            needs = self._condition(entry.needs, scope, f"{place}.needs")
            if needs is not None:
                self.ladder.append(
                    Rung(
                        id=entry.id,
                        title=title_of(entry.title, entry.id),
                        year=entry.year,
                        needs=needs,
                        cites=self.words.cites(entry.cites, place),
                        notes=remark_of(entry.notes),
                    )
                )


def apportioned(whole: int, weights: list[int]) -> list[int]:
    """Return shares of `whole` in proportion to weights, what is left over to the largest rests."""
    total = sum(weights)
    if not total:
        return [0 for _ in weights]
    shares = [whole * weight // total for weight in weights]
    rests = [whole * weight % total for weight in weights]
    for place in sorted(range(len(weights)), key=lambda one: -rests[one])[: whole - sum(shares)]:
        shares[place] += 1
    return shares


class _Draft:
    """What a form is read with; see `steelyard.forms.form.Draft`."""

    def __init__(self, rules: Rules, entry: Any) -> None:
        self._rules = rules
        self._entry = entry
        self.place = rules.place("rules", entry.id)
        self.claimed = entry.bonus is not None
        self.scope = rules.claimed if self.claimed else rules.open
        self.registers = rules.words.registers
        self.stages = rules.stages
        self.add = rules.add
        self.units = rules.units

    def faulty(self) -> bool:
        return any(one.place.startswith(self.place) for one in self._rules.words.faults)

    def cites(self, said: Iterable[str], place: str) -> tuple[str, ...]:
        return self._rules.words.cites(said, place)

    def condition(self, text: str | None, place: str, *, record: str | None = None) -> Node | None:
        return None if text is None else self._read(condition, text, place, record)

    def quantity(self, text: str, place: str, *, record: str | None = None) -> Node | None:
        return self._read(quantity, text, place, record)

    def node(self, text: str, place: str) -> Node | None:
        return self._read(parse, text, place, None)

    def _read(self, reader: Reader, text: str, place: str, record: str | None) -> Node | None:
        return self._rules.read(reader, text, replace(self.scope, record=record), place)

    def z_squared(self) -> int:
        level = self._entry.confident
        if level is None:
            return 0
        found = Z_SQUARED.get(level)
        if found is None:
            known = tuple(str(one) for one in Z_SQUARED)
            message = "`{level}` is not one of {known}"
            self.add(f"{self.place}.confident", message, level=level, known=known)
        return found or 0

    def confident(self, node: Node, z_squared: int) -> Node | None:
        try:
            return confident(node, z_squared, f"{self.place}.confident")
        except ExpressionError as error:
            self._rules.words.faults.extend(error.faults)
            return node
