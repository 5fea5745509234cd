"""Reading a rule book: text in, an immutable book out, or every fault of the text with its
place.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, get_args

from steelyard.book.model import Fact, Measure, Rule, RuleBook
from steelyard.book.rollup_fields import expand
from steelyard.book.tailoring.inherit import Base, no_base, plain, resolve
from steelyard.errors import BookError, Fault, Word, fault, nearest
from steelyard.expression.tree import Arithmetic, Name, Node, Over, children, walk
from steelyard.expression.types import Number, Survey
from steelyard.forms.table import FORMS, Forms
from steelyard.located_yaml import Items, Table, key_place, place_of
from steelyard.messages import Title

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError
    from pydantic_core import ErrorDetails

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
            [*faults, *(one for one in _faults(error, raw, name, shape) if one.place not in told)]
        ) from None
    if faults:
        raise BookError(faults)
    place = _Places(raw, name)
    words = Vocabulary(entry, place, inventory, forms)
    words.build()
    rules = Rules(entry, words, measures, forms)
    rules.build()
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
    canonical = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
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
        measures=rules.known,
        consequences=tuple(rules.consequences),
        stages=rules.stages,
        ladder=tuple(rules.ladder),
        grades=rules.grades,
        bonus_ceiling=rules.ceiling,
        offices=words.offices,
        effective=(entry.effective.first, entry.effective.last),
        accepts=tuple(entry.accepts),
        extends=tuple(entry.extends),
        notes=_notes(entry.notes),
        changed=changed,
        dropped={key: _notes(plain(reason)) for key, reason in dropped.items()},
        digest="sha256:" + hashlib.sha256(canonical.encode()).hexdigest(),
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
    return _Places(resolve(text, name, base).table, name)


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


class _Places:
    """Finds file:line and the field for a path such as ("rules", "training", "requires")."""

    def __init__(self, raw: Table, name: str) -> None:
        self.raw = raw
        self.name = name

    def __call__(self, *path: str | int) -> str:
        at, words = _locate(self.raw, path, self.name)
        return f"{at}: {words}" if words else at


def _locate(raw: object, path: tuple[str | int, ...], name: str) -> tuple[str, str]:
    """Return the nearest known file:line of a path and the path in the book's own words."""
    at, words, value = place_of(raw, name), "", raw
    for step in path:
        if isinstance(value, Table):
            at = key_place(value, str(step), at)
            inner: Any = value.get(str(step))
            if str(step) not in value and step in {"values", "type"}:
                continue
            words += f".{step}" if words else str(step)
        elif isinstance(value, Items):
            inner, label = _element(value, step)
            words += label
        else:
            if isinstance(step, str) and value is None:
                words += f".{step}" if words else step
            continue
        value = inner
        at = place_of(value, at)
    return at, words


def _element(items: Items, step: str | int) -> tuple[Any, str]:
    if isinstance(step, int):
        inner = items[step] if step < len(items) else None
        name = inner.get("id") if isinstance(inner, Table) else None
        return inner, f".{name}" if name else f"[{step + 1}]"
    for inner in items:
        if isinstance(inner, Table) and inner.get("id") == step:
            return inner, f".{step}"
    return None, f".{step}"


def _faults(error: ValidationError, raw: Table, name: str, shape: type[BaseModel]) -> list[Fault]:
    said: dict[str, Fault] = {}
    for one in error.errors(include_url=False, include_context=True):
        found = _fault(one, raw, name, shape)
        # A value that fits none of several kinds is one fault, not one for each kind.
        said.setdefault(
            found.text() if one["type"] in {"missing", "extra_forbidden"} else found.place, found
        )
    return list(said.values())


def _fault(one: ErrorDetails, raw: Table, name: str, shape: type[BaseModel]) -> Fault:
    kind, given = one["type"], one["input"]
    loc = tuple(
        step
        for step in one["loc"]
        if not (isinstance(step, str) and (step in _UNION or step.startswith(_KINDS)))
    )
    if kind in {"extra_forbidden", "missing"}:
        # The key is the user's own, whatever it looks like.
        loc = (*(loc[:-1] if loc and loc[-1] == one["loc"][-1] else loc), one["loc"][-1])
        at, words = _locate(raw, loc if kind == "extra_forbidden" else loc[:-1], name)
        key = str(loc[-1])
        if kind == "missing":
            return fault(f"{at}: {words}" if words else at, "`{key}` is missing", key=key)
        parent = words.rpartition(".")[0]
        place, near = f"{at}: {parent}" if parent else at, nearest(key, _siblings(shape, loc))
        if not near and loc[0] == "rules" and len(loc) == 3:
            message = "unknown key `{key}`; were it a form, the plugin that brings it is not in use"
            return fault(place, message, key=key)
        return fault(place, "unknown key `{key}`", near, key=key)
    at, words = _locate(raw, loc, name)
    place = f"{at}: {words}" if words else at
    text = given if isinstance(given, (str, Decimal)) else _shape(given)
    if kind == "literal_error":
        expected = (
            str(one.get("ctx", {}).get("expected", "")).replace("'", "").replace(" or ", ", ")
        )
        return fault(
            place,
            "`{text}` is not one of {options}",
            nearest(str(text), expected.split(", ")),
            text=text,
            options=expected,
        )
    said = _SAID if isinstance(given, (str, Decimal)) else _SHAPED
    return fault(
        place,
        said.get(
            kind, "`{text}` does not fit here" if said is _SAID else "{text} does not fit here"
        ),
        text=text,
    )


_UNION = frozenset({"str", "constrained-str", "decimal", "TitleEntry", "[key]"})
_KINDS = ("list[", "dict[", "function-")
_SAID: Mapping[str, str] = {
    "decimal_parsing": "`{text}` is not a number",
    "decimal_type": "`{text}` is not a number",
    "finite_number": "`{text}` is not a number",
    "int_parsing": "`{text}` is not a whole number",
    "int_type": "`{text}` is not a whole number",
    "int_from_float": "`{text}` is not a whole number",
    "greater_than_equal": "`{text}` is too small",
    "less_than_equal": "`{text}` is too large",
    "bool_parsing": "`{text}` is neither true nor false",
    "bool_type": "`{text}` is neither true nor false",
    "date_from_datetime_parsing": "`{text}` is not a date such as 2026-03-01",
    "date_parsing": "`{text}` is not a date such as 2026-03-01",
    "date_type": "`{text}` is not a date such as 2026-03-01",
    "value_error": "`{text}` is not a date such as 2026-03-01",
    "string_too_long": "the text is too long",
    "string_pattern_mismatch": "`{text}` is not written as an id",
    "list_type": "a list is wanted, not `{text}`",
    "dict_type": "a mapping is wanted, not `{text}`",
    "model_type": "a mapping is wanted, not `{text}`",
    "model_attributes_type": "a mapping is wanted, not `{text}`",
    "too_short": "is empty",
    "too_long": "has too many entries",
}
_SHAPED: Mapping[str, str] = {
    "decimal_parsing": "a number is wanted, not {text}",
    "decimal_type": "a number is wanted, not {text}",
    "int_parsing": "a whole number is wanted, not {text}",
    "int_type": "a whole number is wanted, not {text}",
    "bool_parsing": "true or false is wanted, not {text}",
    "bool_type": "true or false is wanted, not {text}",
    "date_type": "a date such as 2026-03-01 is wanted, not {text}",
    "date_parsing": "a date such as 2026-03-01 is wanted, not {text}",
    "string_type": "text is wanted, not {text}",
    "list_type": "a list is wanted, not {text}",
    "dict_type": "a mapping is wanted, not {text}",
    "model_type": "a mapping is wanted, not {text}",
    "model_attributes_type": "a mapping is wanted, not {text}",
    "too_short": "is empty",
    "too_long": "has too many entries",
}


def _shape(given: object) -> str:
    return (
        Word("a mapping")
        if isinstance(given, dict)
        else Word("a list")
        if isinstance(given, list)
        else Word("nothing")
    )


def _siblings(model: type[BaseModel], loc: tuple[str | int, ...]) -> list[str]:
    """Return the keys that could have stood where an unknown one stands."""
    from steelyard.book.document import Columns, FactEntry

    for step in loc[:-1]:
        field = next((f for n, f in model.model_fields.items() if (f.alias or n) == step), None)
        inner = None if field is None else _model_in(field.annotation)
        if inner is not None:
            model = inner
        elif field is None and model is Columns and loc.index(step) > 1:
            model = FactEntry
    return [field.alias or name for name, field in model.model_fields.items()]


def _model_in(annotation: object) -> type[BaseModel] | None:
    """Return the first model that stands in an annotation."""
    from pydantic import BaseModel

    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for one in get_args(annotation) if (found := _model_in(one))), None)
