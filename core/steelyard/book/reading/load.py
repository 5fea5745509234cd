"""Reading a rule book: text in, an immutable book out, or every fault of the text with its
place.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from steelyard.book.model import Fact, Measure, Rule, RuleBook
from steelyard.book.reading.misfits import misfits
from steelyard.book.reading.places import Places
from steelyard.book.rollup_fields import expand
from steelyard.book.tailoring.inherit import Base, no_base, plain, resolve
from steelyard.canonical import canonical, known_by
from steelyard.errors import BookError, Fault, fault
from steelyard.expression.tree import Arithmetic, Name, Node, Over, children, walk
from steelyard.expression.types import Number, Survey
from steelyard.forms.table import FORMS, Forms
from steelyard.located_yaml import place_of
from steelyard.messages import Title

_NO_MEASURES: Mapping[str, Measure] = MappingProxyType({})
_GONE = frozenset({"extends", "tailor", "forms"})
"""What a resolved book no longer says, or says as it is now."""


def parse_book(
    text: str,
    name: str,
    *,
    base: Base = no_base,
    plugin: str = "",
    measures: Mapping[str, Measure] = _NO_MEASURES,
    inventory: Sequence[str] = (),
    forms: Forms = FORMS,
) -> RuleBook:
    """Return the rule book that `text` holds.

    `name` stands for the file in places; `base` finds the books that it extends; `measures` are
    those that plugins bring; `inventory` the ids of the scheme's clauses in order; `forms` those in
    which its rules may be written. Raises BookError with every fault: form, names, types,
    expressions, points that do not add up.
    """
    from pydantic import ValidationError

    from steelyard.book.document import book_entry
    from steelyard.book.reading.exceptions import exceptions
    from steelyard.book.reading.rules import Rules
    from steelyard.book.reading.vocabulary import Vocabulary
    from steelyard.forms.phrases import titled as title_of

    raw, changed, dropped = resolve(text, name, base)
    faults: list[Fault] = []
    raw = expand(raw, lambda reference: resolve(*base(reference), base).table, name, faults)
    absent = list(_absent(raw.get("forms"), f"{place_of(raw, name)}: forms", forms))
    if absent:
        # Whatever else is amiss follows from it.
        raise BookError(absent)
    shape = book_entry(tuple(forms.values()))
    try:
        entry = shape.model_validate(raw)
    except ValidationError as error:
        told = {one.place for one in faults}
        raise BookError(
            [*faults, *(one for one in misfits(error, raw, name, shape) if one.place not in told)]
        ) from None
    if faults:
        raise BookError(faults)
    place = Places(raw, name)
    words = Vocabulary(entry, place, inventory, forms)
    words.build()
    rules = Rules(entry, words, measures, forms)
    rules.build()
    meant = exceptions(rules)
    if (
        entry.effective.first
        and entry.effective.last
        and entry.effective.first > entry.effective.last
    ):
        words.add(place("effective"), "ends before it begins")
    if words.faults:
        raise BookError(_first(_once(words.faults), entry.facts))
    document = {key: plain(value) for key, value in raw.items() if key not in _GONE}
    foreign = {rule.form.key: rule.form.distribution for rule in rules.rules.values()}
    if any(foreign.values()):
        # Whoever reads the book by its digest knows by what its rules are lowered.
        document["forms"] = {key: said for key, said in sorted(foreign.items()) if said}
    return RuleBook(
        id=entry.book,
        version=entry.version,
        title=title_of(entry.title, entry.book),
        sector=entry.sector,
        points=rules.points,
        decimals=entry.decimals,
        facts=words.facts,
        parameters=words.parameters,
        kinds=words.kinds,
        registers=words.registers,
        sections=rules.sections,
        rules=rules.rules,
        limiters=tuple(rules.limiters),
        measures=rules.consequences.known,
        consequences=tuple(rules.consequences.rows),
        stages=rules.stages,
        ladder=tuple(rules.ladder),
        grades=rules.grades,
        bonus_ceiling=rules.ceiling,
        offices=words.offices,
        options=words.said.options,
        effective=(entry.effective.first, entry.effective.last),
        accepts=tuple(entry.accepts),
        exceptions=meant,
        extends=tuple(entry.extends),
        notes=_notes(entry.notes),
        changed=changed,
        dropped={key: _notes(plain(reason)) for key, reason in dropped.items()},
        digest=known_by(canonical(document)),
        origin=name,
        plugin=plugin,
        document=document,
        remarks=tuple(remarks(words.facts, rules.rules)),
    )


def stored_book(
    document: Mapping[str, Any],
    name: str,
    *,
    measures: Mapping[str, Measure] = _NO_MEASURES,
    forms: Forms = FORMS,
) -> RuleBook:
    """Return a book as it was when it was used, from its resolved document.

    Raises BookError where a form that its rules have is not at hand, or of another version.
    """
    return parse_book(
        json.dumps(document, ensure_ascii=False), name, measures=measures, forms=forms
    )


def _absent(said: object, place: str, forms: Forms) -> Iterator[Fault]:
    """Name the forms that a resolved book was made with and that are not here as they were."""
    for key, distribution in said.items() if isinstance(said, Mapping) else ():
        form = forms.get(key)
        if form is None or not form.plugin:
            message = "form `{form}` is brought by {distribution}, which is not in use"
            yield fault(place, message, form=key, distribution=distribution)
        elif form.distribution != str(distribution):
            message = "form `{form}` was brought by {distribution}, and {now} is in use"
            yield fault(place, message, form=key, distribution=distribution, now=form.distribution)


def places_in(text: str, name: str, base: Base) -> Callable[..., str]:
    """Return what finds file:line and the field of a path such as ("rules", "training") in a book
    that loads.
    """
    return Places(resolve(text, name, base).table, name)


def remarks(facts: Mapping[str, Fact], rules: Mapping[str, Rule]) -> Iterator[Fault]:
    """Point out where bounds are wider than they need be: a fact that occurs twice in one
    calculation is read as two.
    """
    nodes = [(fact.place, fact.derived) for fact in facts.values() if fact.derived is not None]
    nodes += [(rule.place, rule.lowered.points) for rule in rules.values()]
    said: set[tuple[str, str]] = set()
    for place, node in nodes:
        for part in _calculations(node):
            names = [
                one.name
                for one in walk(part)
                if isinstance(one, Name)
                and one.kind == "fact"
                and isinstance(one.type, (Number, Survey))
            ]
            for name in dict.fromkeys(name for name in names if names.count(name) > 1):
                if (place, name) in said:
                    continue
                said.add((place, name))
                yield fault(
                    place,
                    "`{name}` occurs twice and is read as two values, so bounds may be wide",
                    name=name,
                )


def _calculations(node: Node) -> Iterator[Node]:
    """Yield the outermost calculations of an expression."""
    lost = any(isinstance(part, Over) and part.listed for part in children(node))
    if isinstance(node, Arithmetic) and not lost:
        yield node
        return
    for child in children(node):
        yield from _calculations(child)


def _notes(entry: object) -> Title:
    if isinstance(entry, dict):
        return Title(str(entry.get("zh", "")), str(entry.get("en", "")))
    return (
        Title(entry, entry)
        if isinstance(entry, str)
        else Title(getattr(entry, "zh", ""), getattr(entry, "en", ""))
    )


def _once(faults: list[Fault]) -> list[Fault]:
    seen: set[str] = set()
    return [one for one in faults if not (one.text() in seen or seen.add(one.text()))]  # type: ignore[func-returns-value]


def _first(faults: list[Fault], written: Mapping[str, object]) -> list[Fault]:
    """Leave out what only follows from another fault: that a fact which could not be read is not
    known.
    """
    first = [
        one
        for one in faults
        if not (one.message == "unknown name `{name}`" and one.values.get("name") in written)
    ]
    return first or faults
