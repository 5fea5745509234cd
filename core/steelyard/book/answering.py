"""Who answers for what is collected, and how it is shown: as the book says of the thing itself,
else of all the rules that ask for it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from steelyard.book.model import METHODS, Fact, Register, Rule, RuleBook
from steelyard.book.offices import responsible_of
from steelyard.expression.tree import Name, Node, Over, walk


def asking_rules(book: RuleBook) -> Mapping[str, tuple[str, ...]]:
    """Return for each fact and register the rules that read it, directly or through derived facts,
    in the book's order; facts and registers never share an id.
    """
    readers: dict[str, list[str]] = defaultdict(list)
    for rule in book.rules.values():
        todo = list(_nodes(rule))
        seen: set[str] = set()
        while todo:
            for part in walk(todo.pop()):
                name = _read(part, book)
                if name and name not in seen:
                    seen.add(name)
                    readers[name].append(rule.id)
                    derived = book.facts[name].derived if name in book.facts else None
                    if derived is not None:
                        todo.append(derived)
    return {name: tuple(rules) for name, rules in readers.items()}


def _read(part: Node, book: RuleBook) -> str:
    if isinstance(part, Name) and part.kind == "fact" and part.name in book.facts:
        return part.name
    return part.register if isinstance(part, Over) else ""


def _nodes(rule: Rule) -> Iterator[Node]:
    yield rule.lowered.points
    if rule.not_applicable is not None:
        yield rule.not_applicable


class Answering:
    """Whose each fact and register of a book is, and by which method it is shown."""

    def __init__(self, book: RuleBook) -> None:
        """Look through the rules once."""
        self.book = book
        self.asking = asking_rules(book)

    def office(self, thing: Fact | Register) -> str:
        """Return the id of the office that must show a thing, empty where the book names none or
        its rules name several.
        """
        own = responsible_of(self.book, thing)
        return own or _one(responsible_of(self.book, rule) for rule in self._rules(thing))

    def offices(self, thing: Fact | Register) -> frozenset[str]:
        """Return the offices that have a part in a thing: of a register also those of its fields;
        an empty id where there is none.
        """
        own = self.office(thing)
        fields = thing.fields.values() if isinstance(thing, Register) else ()
        found = {own, *(field.responsible for field in fields)} - {""}
        return frozenset(found) or frozenset({""})

    def method(self, thing: Fact | Register) -> str:
        """Return the method by which a thing is shown, empty where the book names none or several
        at once.
        """
        if isinstance(thing, Fact) and thing.method:
            return thing.method
        fields = thing.fields.values() if isinstance(thing, Register) else ()
        said = [field.method or "" for field in fields]
        # Of a register the fields come before its rules.
        return _one(filter(None, said)) or _one(rule.method or "" for rule in self._rules(thing))

    def methods(self, thing: Fact | Register) -> frozenset[str]:
        """Return the methods of a thing: one, or an empty id."""
        found = self.method(thing)
        return frozenset({found if found in METHODS else ""})

    def _rules(self, thing: Fact | Register) -> list[Rule]:
        if isinstance(thing, Fact) and thing.owner in self.book.rules:
            return [self.book.rules[thing.owner]]
        return [self.book.rules[name] for name in self.asking.get(thing.id, ())]


def _one(said: Iterable[str]) -> str:
    """Return what all say alike, empty where they do not."""
    found = set(said)
    return found.pop() if len(found) == 1 else ""
