"""Rules, grades, limiters, consequences and stages of a book, built on its vocabulary."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from steelyard.book.model import (
    Consequence,
    Deliverable,
    Grade,
    Limiter,
    Measure,
    Rule,
    Rung,
    Section,
    Stage,
)
from steelyard.book.reading.grades import Grades
from steelyard.book.reading.vocabulary import Vocabulary, notes_of, remark_of
from steelyard.errors import ExpressionError, nearest
from steelyard.expression.confidence import confident
from steelyard.expression.parse import Scope, condition, parse, quantity
from steelyard.expression.tree import Name, Node, Over, Reach, walk
from steelyard.expression.types import Choice, Number, PartyOf, units_of
from steelyard.forms.check import faults_of
from steelyard.forms.form import Form, Lowered, Lowering, keys_of
from steelyard.forms.phrases import titled as title_of
from steelyard.forms.table import Forms

if TYPE_CHECKING:
    from steelyard.book.document import BookEntry, ConsequenceEntry

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
        self.known = dict(measures)
        self.sections: dict[str, Section] = {}
        self.rules: dict[str, Rule] = {}
        self.stages: dict[str, Stage] = {}
        self.grades: tuple[Grade, ...] = ()
        self.limiters: list[Limiter] = []
        self.measures: dict[str, Measure] = {}
        self.consequences: list[Consequence] = []
        self.ladder: list[Rung] = []
        self.points = self.units(entry.points, self.place("points"))
        self.ceiling = (
            0 if entry.bonus is None else self.units(entry.bonus.ceiling, self.place("bonus"))
        )
        self.open = vocabulary.scope()
        self.claimed = vocabulary.scope(claimed=True)

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
        self._measures()
        for number, row in enumerate(self.entry.consequences, 1):
            self._consequence(number, row)
        self._ladder()

    def units(self, points: Decimal, place: str) -> int:
        """Return points in units of the book's decimals; faults where they have more places or are
        out of range.
        """
        units = units_of(points, self.entry.decimals) if points.copy_abs() <= _LIMIT else None
        if units is None or units < 0:
            self.add(
                place,
                "`{points}` cannot be points: at least 0, with at most {count} decimals",
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
                        cites=self.words.cites(d.cites, place),
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
                forms=", ".join(self.forms),
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
                    "its rules add up to {total} points, not {points}",
                    total=text(total),
                    points=text(section.points),
                )
        total = sum(section.points for section in self.sections.values())
        if total != self.points:
            self.add(
                self.place("sections"),
                "the sections add up to {total} points, not {points}",
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

    def _measures(self) -> None:
        for name, entry in self.entry.measures.items():
            self.measures[name] = Measure(
                id=name,
                kind=entry.kind,
                title=title_of(entry.title, name),
                lasts=entry.lasts,
                excludes=tuple(entry.excludes),
                entails=tuple(entry.entails),
                cites=self.words.cites(entry.cites, self.place("measures", name)),
                notes=notes_of(entry.notes),
            )
        self.known |= self.measures
        for measure in self.measures.values():
            for other in (*measure.excludes, *measure.entails):
                if other not in self.known or other == measure.id:
                    self.add(
                        self.place("measures", measure.id),
                        "unknown measure `{id}`",
                        nearest(other, self.known),
                        id=other,
                    )

    def _consequence(self, number: int, entry: ConsequenceEntry) -> None:
        place = self.place("consequences", number - 1)
        scope, kind = self._standing(entry, place)
        if scope is None:
            return
        when = self._condition(entry.when, scope, f"{place}.when")
        owners = self._owners(entry, when, place) if kind == "party" else {}
        landed = self._landing(entry, scope, f"{place}.falls_on")
        if landed is None:
            return
        falls_on, party_kind, members = landed
        self.consequences.append(
            Consequence(
                number=number,
                on=entry.on,
                scope=kind,
                when=when,
                falls_on=falls_on,
                kind=party_kind,
                members=members,
                options=self._options(entry, place),
                owners=owners,
                cites=self.words.cites(entry.cites, place),
                basis=entry.basis,
                notes=notes_of(entry.notes),
                place=place,
            )
        )

    def _standing(
        self, entry: ConsequenceEntry, place: str
    ) -> tuple[Scope | None, Literal["register", "subject", "party"]]:
        if entry.by is not None and entry.on not in self.words.kinds:
            self.add(f"{place}.by", "`by` goes with a kind of party")
        if entry.on == "subject":
            return self.open, "subject"
        if entry.on in self.words.registers:
            return replace(self.open, record=entry.on), "register"
        if entry.on in self.words.kinds:
            return replace(self.open, party=entry.on), "party"
        known = ["subject", *self.words.registers, *self.words.kinds]
        self.add(
            f"{place}.on",
            "`{name}` is neither a register, a kind of party nor `subject`",
            nearest(entry.on, known),
            name=entry.on,
        )
        return None, "subject"

    def _owners(self, entry: ConsequenceEntry, when: Node | None, place: str) -> dict[str, str]:
        """State by which field each register that the condition reads belongs to a party of the
        kind.
        """
        owners: dict[str, str] = {}
        read = (
            {part.register for part in walk(when) if isinstance(part, Over)}
            if when is not None
            else set()
        )
        for name in sorted(read):
            fields = self.words.registers[name].fields
            typed = [f.id for f in fields.values() if f.type == PartyOf(entry.on)]
            if entry.by is not None and entry.by in fields:
                if entry.by not in typed:
                    self.add(
                        f"{place}.by",
                        "`{field}` of {register} names no {kind}",
                        field=entry.by,
                        register=name,
                        kind=entry.on,
                    )
                owners[name] = entry.by
            elif entry.on in typed:
                owners[name] = entry.on
            elif len(typed) == 1:
                owners[name] = typed[0]
            else:
                self.add(
                    place,
                    "{register} does not say which {kind} a record belongs to; say so with `by`",
                    register=name,
                    kind=entry.on,
                )
        return owners

    def _landing(
        self, entry: ConsequenceEntry, scope: Scope, place: str
    ) -> tuple[Node | None, str, tuple[str, str] | None] | None:
        """Return the node that names the party (None: the subject), the kind it falls on, and the
        members' field.
        """
        path = entry.falls_on.strip()
        if path == "subject":
            return None, "subject", None
        base, dot, last = path.rpartition(".")
        group = bool(dot) and last == "members"
        try:
            node = parse(base if group else path, scope, place)
        except ExpressionError as error:
            self.words.faults.extend(error.faults)
            return None
        if not isinstance(node.type, PartyOf) or not isinstance(node, (Name, Reach)):
            self.add(place, "`{path}` names no party", path=path)
            return None
        if not group:
            return node, node.type.kind, None
        homes = [
            (kind.id, f.id)
            for kind in self.words.kinds.values()
            for f in kind.fields.values()
            if f.type == node.type
        ]
        named = [home for home in homes if home[1] == node.type.kind]
        chosen = named if len(named) == 1 else homes
        if len(chosen) != 1:
            self.add(
                place,
                "`{path}` is not clear: {count} fields name a {kind}",
                path=path,
                count=len(homes),
                kind=node.type.kind,
            )
            return None
        return node, chosen[0][0], chosen[0]

    def _options(self, entry: ConsequenceEntry, place: str) -> tuple[tuple[str, ...], ...]:
        if (entry.all is None) == (entry.one_of is None):
            self.add(place, "wants either `all` or `one_of`")
            return ()
        bundles = [entry.all] if entry.all is not None else entry.one_of or []
        for bundle in bundles:
            for name in bundle:
                if name not in self.known:
                    self.add(place, "unknown measure `{id}`", nearest(name, self.known), id=name)
                elif set(self.known[name].excludes) & set(bundle):
                    other = min(set(self.known[name].excludes) & set(bundle))
                    self.add(
                        place,
                        "`{id}` excludes `{other}`, and one bundle holds both",
                        id=name,
                        other=other,
                    )
            if len(set(bundle)) != len(bundle):
                self.add(place, "a bundle names a measure twice")
        return tuple(tuple(bundle) for bundle in bundles)

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
            known = ", ".join(str(one) for one in Z_SQUARED)
            message = "`{level}` is not one of {known}"
            self.add(f"{self.place}.confident", message, level=level, known=known)
        return found or 0

    def confident(self, node: Node, z_squared: int) -> Node | None:
        try:
            return confident(node, z_squared, f"{self.place}.confident")
        except ExpressionError as error:
            self._rules.words.faults.extend(error.faults)
            return node
