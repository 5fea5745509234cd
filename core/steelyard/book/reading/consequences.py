"""What follows, as a book writes it: its measures, and the decision table that imposes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from steelyard.book.model import Consequence, Measure
from steelyard.book.reading.declared import notes_of
from steelyard.book.reading.vocabulary import Vocabulary
from steelyard.errors import ExpressionError, nearest
from steelyard.expression.parse import Scope, parse
from steelyard.expression.tree import Name, Node, Over, Reach, walk
from steelyard.expression.types import PartyOf
from steelyard.forms.phrases import titled as title_of

if TYPE_CHECKING:
    from steelyard.book.document import BookEntry, ConsequenceEntry


class Consequences:
    """Reads the measures and the decision table of one book; faults go to the vocabulary's list."""

    def __init__(
        self,
        words: Vocabulary,
        measures: Mapping[str, Measure],
        scope: Scope,
        condition: Callable[[str | None, Scope, str], Node | None],
    ) -> None:
        """Take the book's names, the measures that plugins bring, the names open to a row at the
        subject, and what reads a condition.
        """
        self.words = words
        self.place = words.place
        self.add = words.add
        self.known = dict(measures)
        self.open = scope
        self.condition = condition
        self.measures: dict[str, Measure] = {}
        self.rows: list[Consequence] = []

    def build(self, entry: BookEntry) -> None:
        """Fill the tables."""
        self._measures(entry)
        for number, row in enumerate(entry.consequences, 1):
            self._row(number, row)

    def _measures(self, entry: BookEntry) -> None:
        for name, said in entry.measures.items():
            self.measures[name] = Measure(
                id=name,
                kind=said.kind,
                title=title_of(said.title, name),
                lasts=said.lasts,
                excludes=tuple(said.excludes),
                entails=tuple(said.entails),
                cites=self.words.cites(said.cites, self.place("measures", name)),
                notes=notes_of(said.notes),
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

    def _row(self, number: int, entry: ConsequenceEntry) -> None:
        place = self.place("consequences", number - 1)
        scope, kind = self._standing(entry, place)
        if scope is None:
            return
        when = self.condition(entry.when, scope, f"{place}.when")
        owners = self._owners(entry, when, place) if kind == "party" else {}
        landed = self._landing(entry, scope, f"{place}.falls_on")
        if landed is None:
            return
        falls_on, party_kind, members = landed
        self.rows.append(
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
