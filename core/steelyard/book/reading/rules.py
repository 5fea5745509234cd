"""Rules, grades, limiters, consequences and stages of a book, built on its vocabulary."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Literal, cast

from steelyard.book.model import (
    Band,
    Banded,
    Checklist,
    Consequence,
    Deliverable,
    Demerit,
    Form,
    Grade,
    Graded,
    Item,
    Judged,
    Limiter,
    Measure,
    Proportional,
    Requires,
    Rule,
    Rung,
    Section,
    Stage,
    Staged,
)
from steelyard.book.reading.grades import Grades
from steelyard.book.reading.vocabulary import Vocabulary, notes_of, remark_of, title_of
from steelyard.errors import ExpressionError, nearest
from steelyard.expression.confidence import confident
from steelyard.expression.parse import Scope, condition, parse, quantity
from steelyard.expression.tree import Name, Node, Over, Reach, walk
from steelyard.expression.types import Choice, Number, PartyOf, Survey, units_of

if TYPE_CHECKING:
    from steelyard.book.document import BookEntry, ConsequenceEntry, RuleEntry

Z_SQUARED: Mapping[Decimal, int] = {
    Decimal("0.8"): 1642374,
    Decimal("0.9"): 2705543,
    Decimal("0.95"): 3841459,
    Decimal("0.99"): 6634897,
}
"""The square of the two-sided normal quantile in millionths, by confidence."""

_FORMS = ("requires", "checklist", "graded", "banded", "proportional", "demerit", "stage", "judged")
_LIMIT = Decimal(10) ** 9


class Rules:
    """Builds everything that scores or follows; faults go to the vocabulary's list."""

    def __init__(
        self, entry: BookEntry, vocabulary: Vocabulary, measures: Mapping[str, Measure]
    ) -> None:
        """Take the book as written, its names, and the measures that plugins bring."""
        self.entry = entry
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
        if text is None:
            return None
        try:
            return condition(text, scope, place)
        except ExpressionError as error:
            self.words.faults.extend(error.faults)
            return None

    def _quantity(self, text: str, scope: Scope, place: str) -> Node | None:
        try:
            return quantity(text, scope, place)
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

    def _rule(self, entry: RuleEntry) -> None:
        place = self.place("rules", entry.id)
        if entry.id in self.rules:
            self.add(place, "`{id}` stands twice", id=entry.id)
        said = [form for form in _FORMS if getattr(entry, form) is not None]
        if len(said) != 1:
            self.add(
                place,
                "a rule has exactly one form ({forms}), not {count}",
                forms=", ".join(_FORMS),
                count=len(said),
            )
            return
        extra = {"bands": "banded", "late": "stage", "confident": ("requires", "banded")}
        for key, belongs in extra.items():
            if getattr(entry, key) is not None and said[0] not in belongs:
                self.add(f"{place}.{key}", "does not go with `{form}`", form=said[0])
        if entry.section is None:
            if entry.bonus is None:
                self.add(place, "has no section")
        elif entry.section not in self.sections:
            self.add(
                f"{place}.section",
                "unknown section `{id}`",
                nearest(entry.section, self.sections),
                id=entry.section,
            )
        scope = self.claimed if entry.bonus is not None else self.open
        points = self._points(entry, said[0], place)
        form = self._form(entry, said[0], scope, points, place)
        if form is None:
            return
        self.rules[entry.id] = Rule(
            id=entry.id,
            title=title_of(entry.title, entry.id),
            section=entry.section if entry.bonus is None else None,
            dimension=entry.dimension,
            points=points,
            form=form,
            cites=self.words.cites(entry.cites, place),
            method=entry.method,
            notes=notes_of(entry.notes),
            basis=entry.basis,
            responsible=entry.responsible,
            effort=entry.effort,
            not_applicable=self._condition(
                entry.not_applicable, self.open, f"{place}.not_applicable"
            ),
            when_undefined=entry.when_undefined,
            bonus=entry.bonus is not None,
            group=entry.bonus.group if entry.bonus else "",
            place=place,
        )

    def _points(self, entry: RuleEntry, form: str, place: str) -> int:
        """Return the most that the rule can earn."""
        if form == "banded":
            if entry.points is not None:
                self.add(f"{place}.points", "bands carry their own points")
            return max(
                (self.units(band.points, f"{place}.bands") for band in entry.bands or ()), default=0
            )
        if form == "graded":
            if not isinstance(entry.points, dict):
                self.add(
                    f"{place}.points",
                    "`graded` wants points for each grade, such as {{A: 10, B: 6, C: 0}}",
                )
                return 0
            return max(
                (self.units(value, f"{place}.points") for value in entry.points.values()), default=0
            )
        if isinstance(entry.points, dict) or entry.points is None:
            self.add(
                place,
                "has no points" if entry.points is None else "only `graded` has points by grade",
            )
            return 0
        return self.units(entry.points, f"{place}.points")

    def _form(
        self, entry: RuleEntry, form: str, scope: Scope, points: int, place: str
    ) -> Form | None:
        if points == 0 and not any(one.place.startswith(place) for one in self.words.faults):
            self.add(place, "earns nothing: its points are 0")
        match form:
            case "requires":
                return self._requires(entry, scope, place)
            case "checklist":
                return self._checklist(entry, place)
            case "graded":
                return self._graded(entry, scope, place)
            case "banded":
                return self._banded(entry, scope, place)
            case "proportional":
                rate = self._quantity(entry.proportional or "", scope, f"{place}.proportional")
                return None if rate is None else Proportional(rate)
            case "demerit":
                return self._demerit(entry, scope, place)
            case "stage":
                return self._staged(entry, place)
            case _:
                return Judged(entry.judged or "")

    def _z_squared(self, entry: RuleEntry, place: str) -> int:
        if entry.confident is None:
            return 0
        found = Z_SQUARED.get(entry.confident)
        if found is None:
            known = ", ".join(str(level) for level in Z_SQUARED)
            self.add(
                f"{place}.confident",
                "`{level}` is not one of {known}",
                level=entry.confident,
                known=known,
            )
        return found or 0

    def _requires(self, entry: RuleEntry, scope: Scope, place: str) -> Form | None:
        node = self._condition(entry.requires, scope, f"{place}.requires")
        z_squared = self._z_squared(entry, place)
        if node is not None and z_squared:
            try:
                node = confident(node, z_squared, f"{place}.confident")
            except ExpressionError as error:
                self.words.faults.extend(error.faults)
        return None if node is None else Requires(node)

    def _checklist(self, entry: RuleEntry, place: str) -> Form:
        items = [
            Item(
                id=i.id,
                title=title_of(i.title, i.id),
                weight=i.weight,
                cites=self.words.cites(i.cites, place),
                method=i.method,
            )
            for i in entry.checklist or ()
        ]
        if entry.when_undefined:
            self.add(f"{place}.when_undefined", "does not go with `{form}`", form="checklist")
        return Checklist(tuple(items))

    def _graded(self, entry: RuleEntry, scope: Scope, place: str) -> Form | None:
        try:
            node = parse(entry.graded or "", scope, f"{place}.graded")
        except ExpressionError as error:
            self.words.faults.extend(error.faults)
            return None
        points = entry.points if isinstance(entry.points, dict) else {}
        if not isinstance(node, Name) or node.kind != "fact" or not isinstance(node.type, Choice):
            self.add(
                f"{place}.graded", "`{text}` is not a fact with listed values", text=entry.graded
            )
            return None
        options = node.type.options
        for option in points:
            if option not in options:
                self.add(
                    f"{place}.points",
                    "`{option}` is not one of {options}",
                    nearest(option, options),
                    option=option,
                    options=", ".join(options),
                )
        for option in options:
            if option not in points and isinstance(entry.points, dict):
                self.add(f"{place}.points", "says nothing of `{option}`", option=option)
        return Graded(
            node, {option: self.units(value, f"{place}.points") for option, value in points.items()}
        )

    def _banded(self, entry: RuleEntry, scope: Scope, place: str) -> Form | None:
        node = self._quantity(entry.banded or "", scope, f"{place}.banded")
        if not entry.bands:
            self.add(place, "`banded` wants `bands`")
            return None
        bands: list[Band] = []
        for band in entry.bands:
            if (band.at_least is None) == (band.above is None):
                self.add(f"{place}.bands", "a band has either `at_least` or `above`")
                continue
            edge = band.at_least if band.at_least is not None else cast("Decimal", band.above)
            scale = max(0, -int(edge.as_tuple().exponent))
            threshold = units_of(edge, scale)
            if scale > 6 or threshold is None or edge.copy_abs() > _LIMIT * 1000:
                self.add(
                    f"{place}.bands",
                    "`{text}` is larger, or has more decimals, than this number may have",
                    text=edge,
                )
                continue
            bands.append(
                Band(
                    threshold,
                    scale,
                    band.above is not None,
                    self.units(band.points, f"{place}.bands"),
                )
            )
        bands.sort(key=lambda band: (Decimal(band.threshold).scaleb(-band.scale), band.above))
        edges = [(Decimal(band.threshold).scaleb(-band.scale), band.above) for band in bands]
        if len(set(edges)) != len(edges):
            self.add(f"{place}.bands", "two bands begin at one threshold")
        z_squared = self._z_squared(entry, place)
        if node is None:
            return None
        if z_squared and not (isinstance(node, Name) and isinstance(node.type, Survey)):
            self.add(f"{place}.confident", "`confident` wants a survey compared with a threshold")
        return Banded(node, tuple(bands), z_squared)

    def _demerit(self, entry: RuleEntry, scope: Scope, place: str) -> Form | None:
        said = entry.demerit
        if said is None:
            return None
        if said.over not in self.words.registers:
            self.add(
                f"{place}.demerit.over",
                "unknown register `{name}`",
                nearest(said.over, self.words.registers),
                name=said.over,
            )
            return None
        inner = replace(scope, record=said.over)
        where = self._condition(said.when, inner, f"{place}.demerit.when")
        each = self._quantity(said.each, inner, f"{place}.demerit.each")
        if each is None or (said.when is not None and where is None):
            return None
        for node in (part for part in (where, each) if part is not None):
            if any(isinstance(part, Over) for part in walk(node)):
                self.add(
                    f"{place}.demerit",
                    "looks at other records; a demerit looks at each record alone",
                )
        low = each.type.low if isinstance(each.type, Number) else 0
        if low < 0:
            self.add(
                f"{place}.demerit.each",
                "`{text}` could be less than 0, and nothing is won by a breach",
                text=said.each,
            )
        return Demerit(said.over, where, each)

    def _staged(self, entry: RuleEntry, place: str) -> Form | None:
        if entry.stage not in self.stages:
            self.add(
                f"{place}.stage",
                "unknown stage `{id}`",
                nearest(entry.stage or "", self.stages),
                id=entry.stage,
            )
            return None
        if not self.stages[entry.stage].deliverables:
            self.add(f"{place}.stage", "stage `{id}` has no deliverables", id=entry.stage)
        late = Decimal("0.5") if entry.late is None else entry.late
        units = units_of(late, 6) if 0 <= late <= 1 else None
        if units is None:
            self.add(f"{place}.late", "`{text}` is not a share between 0 and 1", text=late)
        return Staged(entry.stage, units or 0)

    def _sums(self) -> None:
        def text(units: int) -> str:
            return str(Decimal(units).scaleb(-self.entry.decimals).normalize().__format__("f"))

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
